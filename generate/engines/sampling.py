"""Choosing the next token of each candidate from its own random numbers."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from generate.engine import Sampling

NUCLEUS = 1024
"""Tokens among which the nucleus nearly always lies; sorting all of them costs a CPU as much as the model."""


class Draws:
    """One stream of uniform numbers for each candidate, from its seed alone.

    Python promises that `random.Random(seed).random()` stays the same between versions; PyTorch
    promises no such thing for its generators.
    """

    def __init__(self, seeds: Sequence[int]) -> None:
        self._streams = [random.Random(seed) for seed in seeds]

    def next(self, rows: Sequence[int]) -> list[float]:
        """The next number of each named candidate."""
        return [self._streams[row].random() for row in rows]


def next_tokens(logits: "torch.Tensor", draws: Sequence[float], sampling: "Sampling") -> list[int]:
    """The next token of each row of `logits`: nucleus sampling by inverting the cumulative distribution.

    The nucleus is the smallest set of most likely tokens that together reach `top_p` (Holtzman et al.
    2020, https://arxiv.org/abs/1904.09751). Temperature 0 takes the most likely token.
    """
    if sampling.temperature == 0:
        return logits.argmax(-1).tolist()
    # float64: a float32 sum over 100,000 tokens is off by more than the rarest of them weighs.
    probabilities = (logits.double() / sampling.temperature).softmax(-1)
    if sampling.top_p >= 1:
        return _drawn(probabilities.cumsum(-1), draws).squeeze(-1).tolist()
    ordered, tokens = _most_likely(probabilities, sampling.top_p)
    before = ordered.cumsum(-1) - ordered
    places = _drawn(ordered.masked_fill(before >= sampling.top_p, 0).cumsum(-1), draws)
    return tokens.gather(-1, places).squeeze(-1).tolist()


def _most_likely(probabilities: "torch.Tensor", share: float) -> tuple["torch.Tensor", "torch.Tensor"]:
    """The most likely tokens that together reach a share in every row: all are sorted only where need be."""
    size = probabilities.shape[-1]
    if size > NUCLEUS:
        ordered, tokens = probabilities.topk(NUCLEUS)
        if bool((ordered.sum(-1) > share).all()):
            return ordered, tokens
    return probabilities.sort(dim=-1, descending=True, stable=True)


def _drawn(cumulative: "torch.Tensor", draws: Sequence[float]) -> "torch.Tensor":
    """The place in each row's cumulative distribution that its number falls on."""
    import torch

    aim = torch.tensor(draws, dtype=torch.float64, device=cumulative.device).unsqueeze(-1)
    places = torch.searchsorted(cumulative, aim * cumulative[:, -1:], right=True)
    return places.clamp_(max=cumulative.shape[-1] - 1)
