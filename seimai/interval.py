"""How sure a share is that was found in a sample.

Intervals are Wilson's (1927), which hold for small counts and shares near 0 and 1, where the textbook's
normal interval fails.
"""

from dataclasses import dataclass
from math import inf, sqrt

Z = 1.959963984540054
"""95 %, two-sided."""


@dataclass(frozen=True)
class Share:
    """A share, with the bounds of its 95 % interval."""

    share: float
    low: float
    high: float


def wilson(hits: int, told: float, size: float = inf) -> Share:
    """The share of hits among `size` rows, `told` of which were looked at, drawn at random.

    Of the rows only `size - told` are unknown: told counts as told (size - 1) / (size - told), the finite
    population correction, so rows that were all looked at have no interval left.

    >>> s = wilson(8, 10)
    >>> f"{s.low:.3f} {s.share:.1f} {s.high:.3f}"
    '0.490 0.8 0.943'
    >>> wilson(8, 10, 10)
    Share(share=0.8, low=0.8, high=0.8)
    >>> f"{wilson(0, 20).low:.3f} {wilson(0, 20).high:.3f}"
    '0.000 0.161'
    """
    share = hits / told
    m = told * (size - 1) / (size - told) if told < size < inf else told
    if told >= size:
        return Share(share, share, share)
    centre = (share + Z * Z / (2 * m)) / (1 + Z * Z / m)
    half = Z / (1 + Z * Z / m) * sqrt(share * (1 - share) / m + Z * Z / (4 * m * m))
    return Share(share, min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share))
