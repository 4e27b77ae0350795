"""BigScience's share of repeated n-grams, as HojiChar computes it."""

import numpy as np
import numpy.typing as npt
from numba import boolean, float64, int64, njit, uint32, uint64


@njit(boolean(uint32[::1], int64, int64, int64), cache=True, nogil=True, inline="always")
def equal(points: npt.NDArray[np.uint32], a: int, b: int, n: int) -> np.bool_:
    """Whether the n-grams that end at two places are the same."""
    for k in range(n):
        if points[a - k] != points[b - k]:
            return np.bool_(False)
    return np.bool_(True)


@njit(float64[::1](uint32[::1], int64[::1], int64, uint64), cache=True, nogil=True)
def frequent_share(
    points: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], n: int, factor: np.uint64
) -> npt.NDArray[np.float64]:
    """Per document: occurrences of the commonest n-grams that repeat, among all occurrences.

    Of the kinds of n-grams at most the square root of their number is taken, so that a long text is not
    blamed for its length. `factor` is odd and spreads n-grams over a table; no value depends on it.
    """
    documents = starts.size - 1
    most = np.int64(0)
    for d in range(documents):
        most = max(most, starts[d + 1] - starts[d])
    slots = np.int64(4)
    while slots < 2 * most:
        slots *= 2
    last = np.empty(slots, np.int64)  # where the n-gram of a slot ended first
    times = np.empty(slots, np.int64)
    owner = np.full(slots, -1, np.int64)  # the document that last wrote the slot: nothing to clear
    used = np.empty(most + 1, np.int64)
    share = np.zeros(documents, np.float64)
    leaving = np.uint64(1)
    for _ in range(n):
        leaving *= factor
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
            rolling = rolling * factor + np.uint64(points[i] + np.uint32(1))
            if i - starts[d] >= n:
                rolling -= leaving * np.uint64(points[i - n] + np.uint32(1))
            if i - starts[d] < n - 1:
                continue
            h = (rolling ^ (rolling >> np.uint64(32))) * factor
            slot = np.int64((h >> np.uint64(20)) & np.uint64(size - 1))
            while owner[slot] == d and not equal(points, last[slot], i, n):
                slot = (slot + 1) & (size - 1)
            if owner[slot] != d:
                owner[slot] = d
                last[slot] = i
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
