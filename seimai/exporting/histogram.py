"""Counts of values in buckets: small, the same for any order of the rows, good for quantiles and a picture.

A bucket is the leading 20 bits of a number's double-precision form: sign, exponent and eight bits of the
mantissa, so its width is 0.4 % of the value, and whole numbers up to 512 have buckets of their own. (The
idea of HdrHistogram and DDSketch: relative instead of absolute accuracy.)
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_SHIFT = 44
_BARS = "▁▂▃▄▅▆▇█"
QUANTILES = (0.0, 0.05, 0.5, 0.95, 1.0)


@dataclass
class Histogram:
    """How many values fall into each bucket."""

    counts: dict[int, int] = field(default_factory=dict[int, int])
    least: float = math.inf
    most: float = -math.inf

    def add(self, values: "NDArray[np.float64]") -> None:
        """Count values; NaN is none."""
        some = values[~np.isnan(values)] + 0.0  # of -0.0 this makes 0.0
        if not len(some):
            return
        self.least, self.most = min(self.least, float(some.min())), max(self.most, float(some.max()))
        bits = some.view(np.int64)
        ordered = bits ^ ((bits >> 63) & np.int64(0x7FFF_FFFF_FFFF_FFFF))
        for bucket, count in zip(
            *(a.tolist() for a in np.unique(ordered >> _SHIFT, return_counts=True)), strict=True
        ):
            self.counts[bucket] = self.counts.get(bucket, 0) + count

    def merge(self, other: "Histogram") -> None:
        """Add the counts of another one."""
        self.least, self.most = min(self.least, other.least), max(self.most, other.most)
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count

    @property
    def total(self) -> int:
        """How many values were counted."""
        return sum(self.counts.values())

    def quantiles(self, shares: Sequence[float] = QUANTILES) -> list[float]:
        """Values that these shares of the values do not exceed, to 0.4 %; least and most are exact.

        >>> h = Histogram()
        >>> h.add(np.arange(1.0, 101.0))
        >>> h.quantiles()
        [1.0, 5.0, 50.0, 95.0, 100.0]
        """
        buckets = np.array(sorted(self.counts), np.int64)
        reached = np.cumsum([self.counts[int(b)] for b in buckets])
        wanted: NDArray[np.float64] = np.ceil(np.array(shares) * reached[-1]).clip(1)
        found = _values(buckets[np.searchsorted(reached, wanted)]).clip(self.least, self.most)
        return np.where(np.array(shares) == 1, self.most, found).tolist()

    def bars(self, number: int = 16) -> str:
        """A row of bars from the 1st to the 99th percentile; logarithmic where the upper end is far off.

        >>> h = Histogram()
        >>> h.add(np.repeat(np.arange(1.0, 9.0), np.arange(1, 9)))
        >>> h.bars(8)
        '▁▂▃▄▅▆▇█'
        """
        low, high = self.quantiles((0.01, 0.99))
        if low == high:
            return _BARS[-1]
        buckets = np.array(sorted(self.counts), np.int64)
        weights = np.array([self.counts[int(b)] for b in buckets])
        places = _values(buckets).clip(low, high)
        if self.logarithmic:
            low, high, places = np.log(low), np.log(high), np.log(places)
        cells = ((places - low) / (high - low) * number).astype(int).clip(0, number - 1)
        heights = np.bincount(cells, weights, number)
        # An empty cell is a gap, a single value among millions still shows.
        steps = np.ceil(heights / heights.max() * len(_BARS)).astype(int)
        return "".join(_BARS[s - 1] if s else " " for s in steps)

    @property
    def logarithmic(self) -> bool:
        """Whether equal steps of the picture are equal ratios."""
        low, middle, high = self.quantiles((0.01, 0.5, 0.99))
        return low > 0 and high > 10 * middle


def _values(buckets: "NDArray[np.int64]") -> "NDArray[np.float64]":
    """The lower end of buckets (of negative numbers the end further from 0)."""
    ordered = buckets << _SHIFT
    low = np.where(buckets < 0, ordered | ((1 << _SHIFT) - 1), ordered)
    return (low ^ ((low >> 63) & np.int64(0x7FFF_FFFF_FFFF_FFFF))).view(np.float64)
