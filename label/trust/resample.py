"""Intervals by the bootstrap over pairs.

Answers to the same pair hang together, so pairs are drawn again, each with all its answers, never single
answers: an interval from single answers would be too narrow by the number of reviewers.
"""

import numpy as np
import numpy.typing as npt

from label.trust.votes import Floats
from seimai.interval import Share

ROUNDS = 1000
"""Enough for percentiles at 2.5 % (Efron & Tibshirani 1993, chapter 13)."""


def weights(units: int, *, seed: int, rounds: int = ROUNDS) -> Floats:
    """How often each of the units was drawn in each round: rounds x units."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(units, np.full(units, 1 / units), size=rounds).astype(np.float64)


def bounds(values: Floats) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile along the rounds, without those that have no value."""
    kept = values[np.isfinite(values)]
    if not kept.size:
        return float("nan"), float("nan")
    low, high = np.percentile(kept, [2.5, 97.5])
    return float(low), float(high)


def share_over_units(hits: npt.ArrayLike, told: npt.ArrayLike, *, seed: int) -> Share | None:
    """The share of hits in all that was told, several a unit; None where nothing was.

    >>> s = share_over_units([3, 0, 3, 0], [3, 3, 3, 3], seed=17)
    >>> s.share, s.low, s.high
    (0.5, 0.0, 1.0)
    """
    hit, n = np.asarray(hits, dtype=np.float64), np.asarray(told, dtype=np.float64)
    hit, n = hit[n > 0], n[n > 0]
    if not n.size:
        return None
    drawn = weights(n.size, seed=seed)
    low, high = bounds((drawn @ hit) / (drawn @ n))
    return Share(float(hit.sum() / n.sum()), low, high)
