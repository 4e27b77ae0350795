"""How many documents a threshold would keep, over the range of the signal that it bounds."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seimai.signal import named
from seimai.tuning.decide import KEPT, UNDECIDED, Decider
from seimai.tuning.lineage import Entry
from seimai.tuning.thresholds import Moved, Threshold, value_in, with_threshold

POINTS = 33
"""Points of a curve, evenly spread; the present and the new threshold are added."""
TAIL = 0.005
"""Share of the values left out at either end of a curve."""
LONG_TAIL = 10
"""A range that ends beyond this many medians is shown on a logarithmic scale."""
BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Point:
    """What one value of a threshold keeps."""

    value: float
    kept: int
    undecided: int
    chars: float
    """Characters kept; NaN where they are not stored."""


@dataclass(frozen=True)
class Curve:
    """A threshold's effect, all others being as they are in the changed recipe."""

    threshold: Threshold
    new: float
    points: tuple[Point, ...]
    """In the order of their values."""
    even: tuple[int, ...]
    """Numbers of the points that are evenly spread: those of a line of characters."""
    logarithmic: bool


def curve(decider: Decider, threshold: Threshold, now: Entry, new: Entry) -> Curve | None:
    """The curve of one threshold; None where no value of its signal is stored.

    The range is that of the signal's quantiles, widened to the present and the new threshold; for a rule
    that compares no value with its threshold (`kuten < chars / threshold`), a quarter to four times that.
    """
    values = stored_values(decider, threshold)
    here, there = value_in(now, threshold), value_in(new, threshold)
    if here is None or there is None:
        return None
    if all(moved.compared is None for moved in threshold.moves):
        low, middle, high = here / 4, here, here * 4
    elif values.size:
        low, middle, high = (float(q) for q in np.quantile(values, [TAIL, 0.5, 1 - TAIL]))
    else:
        return None
    low, high = min(low, here, there), max(high, here, there)
    logarithmic = low >= 0 and high > 100 and high > LONG_TAIL * max(middle, 1)
    marks = _spread(low, high, logarithmic=logarithmic)
    if threshold.whole:
        marks = np.unique(np.round(marks))
    every = np.unique([*marks, here, there])
    points: list[Point] = []
    even: list[int] = []
    for value in every:
        moved = with_threshold(new, threshold, float(value))
        if moved is None:
            continue
        sides = decider.decide(moved, brief=True)
        kept = sides.side == KEPT
        undecided = int((sides.side == UNDECIDED).sum())
        if value in marks:
            even.append(len(points))
        points.append(Point(float(value), int(kept.sum()), undecided, float(decider.chars[kept].sum())))
    if len(even) < 2:
        return None
    return Curve(threshold, there, tuple(points), tuple(even), logarithmic)


def _spread(low: float, high: float, *, logarithmic: bool) -> npt.NDArray[np.float64]:
    if low == high:
        low, high = low - abs(low) / 2, high + abs(high) / 2 or 1.0
    if logarithmic:
        return np.expm1(np.linspace(math.log1p(low), math.log1p(high), POINTS))
    return np.linspace(low, high, POINTS)


def stored_values(decider: Decider, threshold: Threshold) -> npt.NDArray[np.float64]:
    """The values, as thresholds, of all rows that have them."""
    found = [values_of(decider, moved) for moved in threshold.moves]
    values = np.concatenate([np.zeros(0), *found])
    return values[~np.isnan(values)]


def values_of(decider: Decider, moved: Moved) -> npt.NDArray[np.float64]:
    """For each row the threshold at which a reason begins to hold; NaN where that is not stored."""
    found = np.full(decider.stored.rows.height, np.nan)
    if moved.compared is None:
        return found
    for group in decider.groups:
        rows, absent = decider.view(group, moved.place, named([moved.compared.value]))
        if not absent:
            value = moved.compared.value.cast(pl.Float64).fill_null(float("nan")).alias("value")
            bounds = rows.select(value).to_series().to_numpy()
            found[group.index] = (bounds - moved.shift) / moved.scale
    return found


def sparkline(heights: list[float]) -> str:
    """A line of bars from the least to the greatest height.

    >>> sparkline([0, 1, 2, 4])
    '▁▃▅█'
    """
    low, high = min(heights), max(heights)
    if low == high:
        return BARS[3] * len(heights)
    return "".join(BARS[round((h - low) / (high - low) * (len(BARS) - 1))] for h in heights)
