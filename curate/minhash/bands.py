"""Bands: which parts of two signatures must be equal for two documents to be compared.

A signature is cut into bands of a few rows. Documents of similarity s share a band of r rows with
probability s^r, so b bands find them with 1 - (1 - s^r)^b: the more rows, the fewer chance meetings, the
more pairs missed.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import int64, njit, uint32, uint64

from curate.minhash.signature import Signatures

Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
Chances = npt.NDArray[np.float64]

FOUND_AT_THRESHOLD = 0.98
"""Least chance that a pair exactly at the threshold is found; every pair above it has a better one."""

_WEIGHTS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)


class Layout(NamedTuple):
    """How a signature is cut: `bands` times `rows` of its values are used."""

    bands: int
    rows: int

    def recall(self, similarity: float) -> float:
        """Chance that two documents of this similarity meet in a band."""
        return 1 - (1 - similarity**self.rows) ** self.bands


@cache
def layout(threshold: float, num_perm: int) -> Layout:
    """The optimum of datasketch, with the least weight on missed pairs that misses few enough.

    Its own weight (0.5) would cut 128 values into 9 bands of 13 for a threshold of 0.8: 40 of 100 pairs
    at 0.8 are found. Chance meetings cost only time here, because every pair is verified.

    >>> layout(0.8, 128), round(layout(0.8, 128).recall(0.8), 3)
    (Layout(bands=17, rows=7), 0.982)
    """
    cuts = [Layout(b, r) for b in range(1, num_perm + 1) for r in range(1, num_perm // b + 1)]
    found, missed = _chances(cuts, threshold, num_perm)
    best = Layout(num_perm, 1)
    for weight in _WEIGHTS:
        cut = cuts[int(np.argmin((1 - weight) * found + weight * missed))]
        if cut.recall(threshold) >= FOUND_AT_THRESHOLD:
            return cut
        best = max(best, cut, key=lambda c: c.recall(threshold))
    return best


def _chances(cuts: list[Layout], threshold: float, num_perm: int) -> tuple[Chances, Chances]:
    """Per layout its recall summed below the threshold, and what it misses above, as areas.

    Recall is a polynomial of degree bands * rows at most: this many places integrate it exactly.
    """
    places, weights = np.polynomial.legendre.leggauss(num_perm // 2 + 1)
    bands, rows = np.array(cuts, np.float64).T[:, :, None]
    below = (places + 1) / 2 * threshold
    above = threshold + (places + 1) / 2 * (1 - threshold)
    found = (1 - (1 - below**rows) ** bands) @ weights * threshold / 2
    missed = (1 - above**rows) ** bands @ weights * (1 - threshold) / 2
    return found, missed


@njit(uint64[:, ::1](uint32[:, ::1], int64, int64), cache=True, nogil=True)
def band_keys(signatures: Signatures, bands: int, rows: int) -> Keys:
    """64 bits of hash of each band: one row a band, one column a document."""
    keys = np.empty((bands, signatures.shape[0]), np.uint64)
    for d in range(signatures.shape[0]):
        for band in range(bands):
            h = np.uint64(0x9E3779B97F4A7C15)
            for i in range(band * rows, (band + 1) * rows):
                h = (h ^ np.uint64(signatures[d, i])) * np.uint64(0xD6E8FEB86659FD93)
                h ^= h >> np.uint64(32)
            keys[band, d] = h
    return keys


class Buckets(NamedTuple):
    """Documents that share a band: bucket i holds `members[offsets[i]:offsets[i + 1]]`, in dataset order."""

    members: Rows
    offsets: Rows


def buckets(keys: Keys, rows: Rows) -> Buckets:
    """Group rows (ascending) by the keys of one band; a row alone in its bucket is left out."""
    order = np.argsort(keys)
    ordered = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sizes = np.diff(np.append(starts, keys.size))
    shared = np.repeat(sizes > 1, sizes)
    offsets = np.zeros(int((sizes > 1).sum()) + 1, np.int64)
    np.cumsum(sizes[sizes > 1], out=offsets[1:])
    # Two quick sorts, of keys and of places within buckets, take a third of the time of a stable one.
    bucket = np.repeat(np.arange(offsets.size - 1), np.diff(offsets))
    places = np.sort(bucket << 32 | order[shared]) & 0xFFFFFFFF
    return Buckets(rows[places], offsets)
