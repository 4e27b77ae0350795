"""From answers to shares with intervals.

Of each stratum Wilson's interval for finite populations. Strata are joined by their sizes, and their
intervals by MOVER (Zou and Donner 2008): the distances from the estimate to the bound, weighted and added as
squares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from seimai.interval import Share, wilson


@dataclass(frozen=True)
class Judged:
    """One stratum's answers: those who could not tell are in neither number."""

    size: int
    """Rows of the stratum."""
    told: int
    bad: int


def joined(strata: Sequence[Judged]) -> Share | None:
    """The share of bad rows in all strata together; None if a stratum has rows and no answer."""
    strata = [s for s in strata if s.size]
    if not strata or any(not s.told for s in strata):
        return None
    total = sum(s.size for s in strata)
    shares = [(s.size / total, wilson(s.bad, s.told, s.size)) for s in strata]
    share = sum(w * s.share for w, s in shares)
    below = sqrt(sum((w * (s.share - s.low)) ** 2 for w, s in shares))
    above = sqrt(sum((w * (s.high - s.share)) ** 2 for w, s in shares))
    return Share(share, max(share - below, 0.0), min(share + above, 1.0))
