"""BigScience's share of repeated n-grams, as HojiChar computes it."""

import numpy as np
import numpy.typing as npt
from numba import float64, int64, njit, uint32


@njit(float64[::1](uint32[::1], int64[::1], int64), cache=True, nogil=True)
def frequent_share(
    points: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], n: int
) -> npt.NDArray[np.float64]:
    """Per document: occurrences of the commonest n-grams that repeat, among all occurrences.

    Of the kinds of n-grams at most the square root of their number is taken, so that a long text is not
    blamed for its length. n-grams are compared by a 64-bit rolling hash.
    """
    documents = starts.size - 1
    most = np.int64(0)
    for d in range(documents):
        most = max(most, starts[d + 1] - starts[d])
    slots = np.int64(4)
    while slots < 2 * most:
        slots *= 2
    keys = np.empty(slots, np.uint64)
    times = np.empty(slots, np.int64)
    owner = np.full(slots, -1, np.int64)  # the document that last wrote the slot: nothing to clear
    used = np.empty(most + 1, np.int64)
    share = np.zeros(documents, np.float64)
    base = np.uint64(0x9E3779B97F4A7C15)
    leaving = np.uint64(1)
    for _ in range(n):
        leaving *= base
    for d in range(documents):
        occurrences = starts[d + 1] - starts[d] - n + 1
        if occurrences <= 0:
            continue
        size = np.int64(4)
        while size < 2 * (starts[d + 1] - starts[d]):
            size *= 2
        rolling = np.uint64(0)
        kinds = np.int64(0)
        repeated = np.int64(0)
        highest = np.int64(1)
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
            if owner[slot] != d:
                owner[slot] = d
                keys[slot] = rolling
                times[slot] = 1
                kinds += 1
                continue
            times[slot] += 1
            if times[slot] == 2:
                used[repeated] = slot
                repeated += 1
            highest = max(highest, times[slot])
        # How many n-grams occur how often, from which the commonest are taken without sorting.
        often = np.zeros(highest + 1, np.int64)
        for k in range(repeated):
            often[times[used[k]]] += 1
        left = min(np.int64(np.sqrt(np.float64(kinds))), repeated)
        total = np.int64(0)
        t = highest
        while left > 0:
            taken = min(left, often[t])
            total += taken * t
            left -= taken
            t -= 1
        share[d] = total / occurrences
    return share
