"""Words counted by what they are made of."""

import numpy as np
import numpy.typing as npt
from numba import int64, njit, uint32

COUNTS = 7
"""Words; code points of words; words with a letter; words that are no symbols, and their code points; words
with a letter or digit, and theirs."""


@njit(int64[:, ::1](uint32[::1], int64[::1], int64[::1], int64[::1], uint32[::1]), cache=True, nogil=True)
def counts(
    points: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    kinds: npt.NDArray[np.uint32],
) -> npt.NDArray[np.int64]:
    """One row a document: the counts, then the bits of the stop words that occur.

    `kinds` has bits for code points: 1 a letter, 2 a symbol, 4 a letter or digit; above, the stop word that
    the code point is by itself.
    """
    found = np.zeros((offsets.size - 1, 8), np.int64)
    for d in range(offsets.size - 1):
        for w in range(offsets[d], offsets[d + 1]):
            some = np.uint32(0)
            every = np.uint32(0xFFFFFFFF)
            for i in range(first[w], end[w]):
                kind = kinds[points[i]] if points[i] < kinds.size else np.uint32(0)
                some |= kind
                every &= kind
            size = end[w] - first[w]
            found[d, 0] += 1
            found[d, 1] += size
            if some & np.uint32(1):
                found[d, 2] += 1
            if not every & np.uint32(2):
                found[d, 3] += 1
                found[d, 4] += size
            if some & np.uint32(4):
                found[d, 5] += 1
                found[d, 6] += size
            if size == 1:
                found[d, 7] |= np.int64(some >> np.uint32(8))
    return found
