"""Where given words stand; at one place the longest, and none within another."""

import numpy as np
import numpy.typing as npt
from numba import int64, njit, types, uint8, uint32

_POINTS = uint32[::1]


@njit(
    types.UniTuple(int64[::1], 2)(_POINTS, int64[::1], _POINTS, int64[::1], int64[::1], uint8[::1]),
    cache=True,
    nogil=True,
)
def find_words(
    points: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    letters: npt.NDArray[np.uint32],
    words: npt.NDArray[np.int64],
    groups: npt.NDArray[np.int64],
    group: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The place and the length of each word found.

    Word w is `letters[words[w]:words[w + 1]]`, two or more, ASCII ones small; the words that begin with a
    code point c are `groups[g]` to `groups[g + 1]` for g = `group[c]` (0: none do), the longest first.
    """
    place = np.empty(points.size // 2, np.int64)
    lengths = np.empty(points.size // 2, np.int64)
    n = 0
    for d in range(starts.size - 1):
        i = starts[d]
        stop = starts[d + 1]
        while i < stop:
            p = points[i]
            g = group[p] if p < 0x10000 else 0
            length = np.int64(0)
            if g > 0:
                for w in range(groups[g], groups[g + 1]):
                    size = words[w + 1] - words[w]
                    if i + size > stop:
                        continue
                    k = np.int64(0)
                    while k < size:
                        c = points[i + k]
                        if c >= 0x41 and c <= 0x5A:
                            c += np.uint32(0x20)
                        if c != letters[words[w] + k]:
                            break
                        k += 1
                    if k == size:
                        length = size
                        break
            if length > 0:
                place[n] = i
                lengths[n] = length
                n += 1
            i += max(length, 1)
    return place[:n], lengths[:n]
