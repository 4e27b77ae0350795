"""From answers to shares with intervals.

Intervals are Wilson's (1927), which hold for small counts and shares near 0 and 1, where the textbook's
normal interval fails. Of a stratum with N rows, m of which were judged, only N - m are unknown: m counts as
m (N - 1) / (N - m), the finite population correction, so a stratum that was judged completely has no interval
left. Strata are joined by their sizes, and their intervals by MOVER (Zou and Donner 2008): the distances from
the estimate to the bound, weighted and added as squares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

Z = 1.959964
"""95 %, two-sided."""


@dataclass(frozen=True)
class Share:
    """A share of bad documents, with the bounds of its 95 % interval."""

    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Judged:
    """One stratum's answers: those who could not tell are in neither number."""

    size: int
    """Rows of the stratum."""
    told: int
    bad: int


def wilson(bad: int, told: float, size: float = inf) -> Share:
    """The share of bad ones among `size` rows, `told` of which were judged at random.

    >>> s = wilson(8, 10)
    >>> f"{s.low:.3f} {s.share:.1f} {s.high:.3f}"
    '0.490 0.8 0.943'
    >>> wilson(8, 10, 10)
    Share(share=0.8, low=0.8, high=0.8)
    """
    share = bad / told
    m = told * (size - 1) / (size - told) if told < size < inf else told
    if told >= size:
        return Share(share, share, share)
    centre = (share + Z * Z / (2 * m)) / (1 + Z * Z / m)
    half = Z / (1 + Z * Z / m) * sqrt(share * (1 - share) / m + Z * Z / (4 * m * m))
    return Share(share, min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share))


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
