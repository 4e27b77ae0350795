"""Krippendorff's alpha: agreement beyond chance, of any number of reviewers, with answers missing.

Own code rather than the package `krippendorff`: that one is under the GPL and has no interval.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from label.trust.resample import bounds, weights
from label.trust.votes import Floats

Level = Literal["nominal", "ordinal", "interval"]


@dataclass(frozen=True)
class Alpha:
    """The coefficient and the bounds of its 95 % interval, by the bootstrap over pairs."""

    value: float
    low: float
    high: float
    units: int
    """Pairs with two answers or more: only those say anything about agreement."""


def alpha(ratings: npt.ArrayLike, level: Level, *, seed: int = 0) -> Alpha | None:
    """Alpha of a table units x reviewers, NaN where an answer is missing.

    None where it is not defined: no unit has two answers, or all answers are the same, which says nothing of
    what reviewers do when something else is right.

    Sources: Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), whose coincidence matrices
    these are; the bootstrap over units, Zapf et al., BMC Medical Research Methodology 16:93 (2016).

    >>> alpha([[1, 1], [2, 2], [3, 3], [1, 2]], "nominal").units
    4
    """
    table = np.asarray(ratings, dtype=np.float64)
    values = np.unique(table[~np.isnan(table)])
    counts = np.stack([(table == value).sum(axis=1) for value in values], axis=1) if values.size else table
    counts = counts[counts.sum(axis=1) >= 2].astype(np.float64)
    if not counts.size:
        return None
    coincidences = _coincidences(counts)
    value = _alphas(coincidences.sum(axis=0)[None], values, level)[0]
    if np.isnan(value):
        return None
    drawn = np.tensordot(weights(len(counts), seed=seed), coincidences, axes=1)
    low, high = bounds(_alphas(drawn, values, level))
    return Alpha(float(value), low, high, len(counts))


def _coincidences(counts: Floats) -> Floats:
    """Units x values x values: pairs of answers within a unit, each answer counted once in all."""
    products = counts[:, :, None] * counts[:, None, :]
    products -= counts[:, :, None] * np.eye(counts.shape[1])
    return products / (counts.sum(axis=1) - 1)[:, None, None]


def _alphas(coincidences: Floats, values: Floats, level: Level) -> Floats:
    """Alpha of each of several coincidence matrices; NaN where all answers are the same."""
    totals = coincidences.sum(axis=2)
    distance = _distances(totals, values, level)
    observed = (coincidences * distance).sum(axis=(1, 2))
    expected = (totals[:, :, None] * totals[:, None, :] * distance).sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - (totals.sum(axis=1) - 1) * observed / expected


def _distances(totals: Floats, values: Floats, level: Level) -> Floats:
    """Squared differences between values; ordinal ones depend on how often each value is given."""
    if level == "nominal":
        return np.broadcast_to(1.0 - np.eye(values.size), (len(totals), values.size, values.size))
    if level == "interval":
        square = np.square(values[:, None] - values[None, :])
        return np.broadcast_to(square, (len(totals), values.size, values.size))
    # Values between two, and half of those two: the difference of the middles of their ranks.
    middle = np.cumsum(totals, axis=1) - totals / 2
    return np.square(middle[:, :, None] - middle[:, None, :])
