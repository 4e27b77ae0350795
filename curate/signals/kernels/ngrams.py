"""Repeated character n-grams of each document."""

import numpy as np
import numpy.typing as npt
from numba import int64, njit, types, uint32


@njit(
    types.Tuple((int64[::1], int64[::1], int64[::1]))(uint32[::1], int64[::1], int64),
    cache=True,
    nogil=True,
)
def ngrams(
    points: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], n: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Per document: distinct n-grams, those that occur more than once, occurrences of the commonest.

    n-grams are compared by a 64-bit rolling hash.
    """
    documents = starts.size - 1
    most = np.int64(0)
    for d in range(documents):
        most = max(most, starts[d + 1] - starts[d])
    slots = np.int64(4)
    while slots < 2 * most:
        slots *= 2
    keys = np.empty(slots, np.uint64)
    times = np.empty(slots, np.int32)
    owner = np.full(slots, -1, np.int32)  # the document that last wrote the slot: nothing to clear
    distinct = np.zeros(documents, np.int64)
    repeated = np.zeros(documents, np.int64)
    commonest = np.zeros(documents, np.int64)
    base = np.uint64(0x9E3779B97F4A7C15)
    leaving = np.uint64(1)
    for _ in range(n):
        leaving *= base
    for d in range(documents):
        size = np.int64(4)
        while size < 2 * (starts[d + 1] - starts[d]):
            size *= 2
        rolling = np.uint64(0)
        for i in range(starts[d], starts[d + 1]):
            rolling = rolling * base + np.uint64(points[i] + np.uint32(1))
            if i - starts[d] >= n:
                rolling -= leaving * np.uint64(points[i - n] + np.uint32(1))
            if i - starts[d] < n - 1:
                continue
            h = rolling ^ (rolling >> np.uint64(32))
            slot = np.int64((h * np.uint64(0xD6E8FEB86659FD93) >> np.uint64(20)) & np.uint64(size - 1))
            while owner[slot] == d and keys[slot] != rolling:
                slot = (slot + 1) & (size - 1)
            if owner[slot] == d:
                times[slot] += 1
                if times[slot] == 2:
                    repeated[d] += 1
            else:
                owner[slot] = d
                keys[slot] = rolling
                times[slot] = 1
                distinct[d] += 1
            commonest[d] = max(commonest[d], np.int64(times[slot]))
    return distinct, repeated, commonest
