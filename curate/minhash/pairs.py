"""Which documents of a bucket are worth an exact comparison.

In a bucket of up to `_SMALL` documents all pairs are. In a larger one each document is taken to the
bucket's leaders (documents that resemble no earlier leader) until one resembles it: a cluster of n copies
costs n comparisons and not n^2. Pairs that are in one cluster already, that were compared before, or whose
signatures rule the threshold out, are left out.
"""

import math

import numpy as np
import numpy.typing as npt
from numba import boolean, int64, njit, types, uint32, uint64

from curate.minhash.bands import Buckets
from curate.minhash.signature import Signatures

Rows = npt.NDArray[np.int64]

_SMALL = 16
_LEADERS = 64
"""Leaders of one bucket: a page's boilerplate brings thousands together that are no duplicates."""


def least_agreement(threshold: float, num_perm: int) -> int:
    """Least number of equal values in two signatures whose documents may reach the threshold.

    Three standard deviations below it: of the pairs exactly at the threshold, 1 of 700 is missed.

    >>> least_agreement(0.8, 128)
    89
    """
    deviation = math.sqrt(threshold * (1 - threshold) / num_perm)
    return math.ceil(num_perm * (threshold - 3 * deviation))


def pairs(
    found: Buckets,
    roots: Rows,
    signatures: Signatures,
    least: int,
    tested: npt.NDArray[np.uint64],
    *,
    again: bool,
) -> tuple[Rows, Rows]:
    """Pairs of rows to compare, the earlier one first, each pair once.

    Args:
        found: the buckets of a band.
        roots: the cluster of each row.
        signatures: of all rows.
        least: equal values of the signatures that make a pair worth comparing.
        tested: keys (`pair_keys`) of pairs that were compared, sorted.
        again: only large buckets, after the pairs of a first call were compared.
    """
    if not found.members.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return _pairs(found.members, found.offsets, roots, signatures, least, tested, again)


def pair_keys(a: Rows, b: Rows, documents: int) -> npt.NDArray[np.uint64]:
    """One number a pair of rows."""
    return a.astype(np.uint64) * np.uint64(documents) + b.astype(np.uint64)


_SIGNATURES = types.Array(uint32, 2, "C", readonly=True)


@njit(boolean(_SIGNATURES, int64, int64, int64), cache=True, nogil=True)
def _alike(signatures: Signatures, a: int, b: int, least: int) -> bool:
    equal = np.int32(0)
    for p in range(signatures.shape[1]):
        equal += np.int32(signatures[a, p] == signatures[b, p])
    return bool(equal >= least)


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
        int64[::1], int64[::1], int64[::1], _SIGNATURES, int64, uint64[::1], boolean
    ),
    cache=True,
    nogil=True,
)
def _pairs(
    members: Rows,
    offsets: Rows,
    roots: Rows,
    signatures: Signatures,
    least: int,
    tested: npt.NDArray[np.uint64],
    again: bool,  # noqa: FBT001 - Numba calls by position
) -> tuple[Rows, Rows]:
    room = np.int64(0)
    for bucket in range(offsets.size - 1):
        size = offsets[bucket + 1] - offsets[bucket]
        room += size * (size - 1) // 2 if size <= _SMALL else size
    first, second = np.empty(room, np.int64), np.empty(room, np.int64)
    documents = np.uint64(signatures.shape[0])
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
                key = np.uint64(leader) * documents + np.uint64(row)
                if not joined and _alike(signatures, leader, row, least) and not _among(tested, key):
                    first[n], second[n] = leader, row
                    n += 1
                    joined = True
                if joined and not small:
                    break
            if small or (not joined and led < _LEADERS):
                leaders[led] = row
                led += 1
    return first[:n].copy(), second[:n].copy()
