"""Does a model find the chosen answer likelier than the rejected one? Measured on held-out pairs.

Taken from the plain log-probabilities of the policy, so that it means something before training too; DPO's
own reward is a difference to the reference model and 0 there by construction.
"""

from dataclasses import dataclass
from statistics import fmean
from typing import Any

from train.likelihood import Scored, log_likelihoods

Messages = list[dict[str, str]]


@dataclass(frozen=True)
class EncodedPair:
    """Prompt and chosen answer, prompt and rejected answer, as tokens of which the answer's count."""

    chosen: Scored
    rejected: Scored
    truncated: bool

    @property
    def is_same(self) -> bool:
        """Whether nothing is left to tell the two apart."""
        return self.chosen.ids == self.rejected.ids


@dataclass(frozen=True)
class Preference:
    """Held-out preference.

    `accuracy` is the share of pairs whose chosen answer has the higher mean log-probability a token, and
    `margin` the mean of that difference (nats a token): a longer answer is less likely as a whole without
    being worse. `*_of_sums` is the same from the whole answers' log-probabilities, which DPO trains.
    """

    pairs: int
    accuracy: float
    margin: float
    accuracy_of_sums: float
    margin_of_sums: float


def encode(tokenizer: Any, pair: dict[str, Messages], *, max_length: int) -> EncodedPair:
    """A pair as tokens, cut to `max_length` from the start as TRL does."""
    prompt: list[int] = tokenizer.apply_chat_template(
        pair["prompt"], add_generation_prompt=True, return_dict=False
    )
    sides: list[Scored] = []
    truncated = False
    for side in ("chosen", "rejected"):
        ids: list[int] = tokenizer.apply_chat_template(pair["prompt"] + pair[side], return_dict=False)
        shared = next((i for i, (a, b) in enumerate(zip(prompt, ids, strict=False)) if a != b), len(prompt))
        truncated |= len(ids) > max_length
        ids = ids[:max_length]
        sides.append(Scored(ids, [i >= shared for i in range(len(ids))]))
    return EncodedPair(sides[0], sides[1], truncated)


def preference(model: Any, pairs: list[EncodedPair]) -> Preference:
    """Measure it on pairs of which none is the same on both sides."""
    sequences = [side for pair in pairs for side in (pair.chosen, pair.rejected)]
    sums = log_likelihoods(model, sequences)
    means = [value / max(s.tokens, 1) for value, s in zip(sums, sequences, strict=True)]
    by_mean = [c - r for c, r in zip(means[::2], means[1::2], strict=True)]
    by_sum = [c - r for c, r in zip(sums[::2], sums[1::2], strict=True)]
    return Preference(
        pairs=len(pairs),
        accuracy=fmean(d > 0 for d in by_mean),
        margin=fmean(by_mean),
        accuracy_of_sums=fmean(d > 0 for d in by_sum),
        margin_of_sums=fmean(by_sum),
    )
