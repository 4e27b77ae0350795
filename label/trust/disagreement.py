"""Pairs that need another pair of eyes."""

from dataclasses import dataclass

import numpy as np

from label.trust.dawid_skene import Truths
from label.trust.votes import Votes
from label.verdict import KINDS

SURE = 0.8
"""Posterior below which a pair goes to an adjudicator: one answer in five would be wrong."""


@dataclass(frozen=True)
class Disagreement:
    """A pair for an adjudicator."""

    pair: str
    why: tuple[str, ...]
    """`no_majority`: no answer has more than half of the votes; `unsure`: the model of the reviewers'
    reliability gives no answer more than SURE."""
    votes: dict[str, int]
    likeliest: str
    posterior: float


def disagreements(votes: Votes, truths: Truths, *, sure: float = SURE) -> list[Disagreement]:
    """The pairs to look at again, the least sure first."""
    counts = (votes.codes[:, :, None] == np.arange(len(KINDS))).sum(axis=1)
    found: list[Disagreement] = []
    for pair, count, posterior in zip(votes.pairs, counts, truths.posterior, strict=True):
        split, unsure = 2 * count.max() <= count.sum(), posterior.max() < sure
        why = tuple(name for name, holds in (("no_majority", split), ("unsure", unsure)) if holds)
        if why:
            given = {kind: int(n) for kind, n in zip(KINDS, count, strict=True)}
            best = int(posterior.argmax())
            found.append(Disagreement(pair, why, given, KINDS[best], float(posterior[best])))
    return sorted(found, key=lambda d: (d.posterior, d.pair))
