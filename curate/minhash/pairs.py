"""Which documents of a bucket are worth an exact comparison.

In a bucket of up to `_SMALL` documents all pairs are. In a larger one each document is taken to the
bucket's leaders (documents that resemble no earlier leader) until one resembles it: a cluster of n copies
costs n comparisons and not n^2. Pairs that are in one cluster already, that were compared before, or whose
signatures rule the threshold out, are left out.
"""

import math

import numpy as np
import numpy.typing as npt
from numba import boolean, int64, njit, types, uint8, uint64

from curate.minhash.bands import Buckets

Rows = npt.NDArray[np.int64]
Sketches = npt.NDArray[np.uint8]

_SMALL = 16
_LEADERS = 64
"""Leaders of one bucket: a page's boilerplate brings thousands together that are no duplicates."""


def least_agreement(threshold: float, num_perm: int) -> int:
    """Least number of equal bytes in two sketches whose documents may reach the threshold.

    Three standard deviations below it: of the pairs exactly at the threshold, 1 of 700 is missed.

    >>> least_agreement(0.8, 128)
    89
    """
    deviation = math.sqrt(threshold * (1 - threshold) / num_perm)
    return math.ceil(num_perm * (threshold - 3 * deviation))


def pairs(
    found: Buckets,
    roots: Rows,
    sketches: Sketches,
    least: int,
    tested: npt.NDArray[np.uint64],
    *,
    own: int,
    again: bool,
) -> tuple[Rows, Rows]:
    """Pairs of rows to compare, the earlier one first, each pair once.

    Args:
        found: buckets of rows, numbered as the sketches are.
        roots: the cluster of each row.
        sketches: of the rows.
        least: equal bytes of the sketches that make a pair worth comparing.
        tested: keys (`pair_keys`) of pairs that were compared, sorted.
        own: rows from here on belong to an index; two of them are no pair.
        again: only large buckets, after the pairs of a first call were compared.
    """
    if not found.members.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return _pairs(found.members, found.offsets, roots, sketches, least, tested, own, again)


def pair_keys(a: Rows, b: Rows, documents: int) -> npt.NDArray[np.uint64]:
    """One number a pair of rows."""
    return a.astype(np.uint64) * np.uint64(documents) + b.astype(np.uint64)


_READ = types.Array(uint8, 2, "C", readonly=True)


@njit(int64(_READ, int64, int64), cache=True, nogil=True)
def _equal(sketches: Sketches, a: int, b: int) -> int:
    equal = np.int32(0)
    for p in range(sketches.shape[1]):
        equal += np.int32(sketches[a, p] == sketches[b, p])
    return int(equal)


@njit(int64[::1](_READ, int64[::1], int64[::1]), cache=True, nogil=True)
def equal_bytes(sketches: Sketches, a: Rows, b: Rows) -> Rows:
    """Equal bytes of the sketches of each pair."""
    found = np.empty(a.size, np.int64)
    for i in range(a.size):
        found[i] = _equal(sketches, a[i], b[i])
    return found


@njit(boolean(uint64[::1], uint64), cache=True, nogil=True)
def _among(sorted_keys: npt.NDArray[np.uint64], key: np.uint64) -> bool:
    low = np.int64(0)
    high = np.int64(sorted_keys.size)
    while low < high:
        middle = (low + high) // 2
        if sorted_keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return bool(low < sorted_keys.size and sorted_keys[low] == key)


@njit(
    types.UniTuple(int64[::1], 2)(
        int64[::1], int64[::1], int64[::1], _READ, int64, uint64[::1], int64, boolean
    ),
    cache=True,
    nogil=True,
)
def _pairs(
    members: Rows,
    offsets: Rows,
    roots: Rows,
    sketches: Sketches,
    least: int,
    tested: npt.NDArray[np.uint64],
    own: int,
    again: bool,  # noqa: FBT001 - Numba calls by position
) -> tuple[Rows, Rows]:
    room = np.int64(0)
    for bucket in range(offsets.size - 1):
        size = offsets[bucket + 1] - offsets[bucket]
        room += size * (size - 1) // 2 if size <= _SMALL else size
    first, second = np.empty(room, np.int64), np.empty(room, np.int64)
    documents = np.uint64(sketches.shape[0])
    leaders = np.empty(_LEADERS, np.int64)
    n = np.int64(0)
    for bucket in range(offsets.size - 1):
        small = offsets[bucket + 1] - offsets[bucket] <= _SMALL
        if small and again:
            continue
        led = np.int64(0)
        for i in range(offsets[bucket], offsets[bucket + 1]):
            row = members[i]
            joined = False
            for k in range(led):
                leader = leaders[k]
                joined = roots[row] == roots[leader]
                if joined or leader >= own:  # the leader is the earlier one
                    if joined and not small:
                        break
                    continue
                key = np.uint64(leader) * documents + np.uint64(row)
                if _equal(sketches, leader, row) >= least and not _among(tested, key):
                    first[n], second[n] = leader, row
                    n += 1
                    joined = True
                if joined and not small:
                    break
            if small or (not joined and led < _LEADERS):
                leaders[led] = row
                led += 1
    return first[:n].copy(), second[:n].copy()
