"""Choosing the next token of each candidate from its own random numbers."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from generate.engine import Sampling


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
    import torch

    if sampling.temperature == 0:
        return logits.argmax(-1).tolist()
    # float64: a float32 sum over 100,000 tokens is off by more than the rarest of them weighs.
    probabilities = (logits.double() / sampling.temperature).softmax(-1)
    ordered, tokens = probabilities.sort(dim=-1, descending=True, stable=True)
    cumulative = ordered.cumsum(-1)
    nucleus = ordered.masked_fill(cumulative - ordered >= sampling.top_p, 0).cumsum(-1)
    aim = torch.tensor(draws, dtype=torch.float64, device=logits.device).unsqueeze(-1) * nucleus[:, -1:]
    places = torch.searchsorted(nucleus, aim, right=True).clamp_(max=logits.shape[-1] - 1)
    return tokens.gather(-1, places).squeeze(-1).tolist()
