"""Words of a trie in text, by the rules of the projects whose lists they are."""

import numpy as np
import numpy.typing as npt
from numba import boolean, int8, int32, int64, njit, uint32, uint64

EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
"""A slot of the trie's edges that holds none."""


@njit(int64(uint64[::1], int32[::1], int64, uint32), cache=True, nogil=True, inline="always")
def step(
    keys: npt.NDArray[np.uint64], child: npt.NDArray[np.int32], node: np.int64, point: np.uint32
) -> np.int64:
    """The node that a code point leads to, or -1; edges lie in a hash table under (node, code point)."""
    key = (np.uint64(node) << np.uint64(32)) | np.uint64(point)
    mask = np.uint64(keys.size - 1)
    slot = ((key ^ (key >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32)) & mask
    while keys[slot] != EMPTY:
        if keys[slot] == key:
            return np.int64(child[slot])
        slot = (slot + np.uint64(1)) & mask
    return np.int64(-1)


@njit(boolean(uint32), cache=True, nogil=True, inline="always")
def katakana_letter(point: np.uint32) -> np.bool_:
    """ァ to ヴ, and ー: what HojiChar's ignore_confused takes for katakana."""
    return np.bool_((point >= 0x30A1 and point <= 0x30F4) or point == 0x30FC)


@njit(
    int64[:, ::1](
        uint32[::1], int64[::1], boolean[::1], uint64[::1], int32[::1], int32[::1], int8[::1], int32[::1],
        boolean[::1], boolean[::1], boolean[::1], int64,
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def words(
    points: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    first: npt.NDArray[np.bool_],
    keys: npt.NDArray[np.uint64],
    child: npt.NDArray[np.int32],
    ends: npt.NDArray[np.int32],
    category: npt.NDArray[np.int8],
    rank: npt.NDArray[np.int32],
    katakana: npt.NDArray[np.bool_],
    allow: npt.NDArray[np.bool_],
    lettered: npt.NDArray[np.bool_],
    longest: int,
) -> npt.NDArray[np.int64]:
    """Per document: matches of each category apart, those anywhere, then code points of NG words.

    Words that end at node n are `ends[n]` to `ends[n + 1]`. Within a category matches do not overlap; at
    one place the word of the lowest rank wins, as in a regular expression `first|second`. *Apart*: a word
    of katakana has no katakana beside it and nothing lies within a harmless word; words of katakana come
    after all others there (their ranks are raised). Code points are those of the longest word at each
    place, of the categories that are `lettered`.
    """
    kinds = lettered.size
    raised = np.int64(rank.size)
    found = np.zeros((starts.size - 1, 2 * kinds + 1), np.int64)
    matched = np.empty(longest, np.int64)
    until = np.empty(longest, np.int64)
    covered = np.zeros(kinds, np.int64)
    free = np.zeros(2 * kinds, np.int64)
    best = np.zeros(2 * kinds, np.int64)
    stop = np.zeros(2 * kinds, np.int64)
    for d in range(starts.size - 1):
        end = starts[d + 1]
        free_letters = starts[d]
        for i in range(starts[d], end):
            if not first[points[i] & np.uint32(0xFFFF)]:
                continue
            n = 0
            node = np.int64(0)
            j = i
            while j < end:
                node = step(keys, child, node, points[j])
                if node < 0:
                    break
                j += 1
                for x in range(ends[node], ends[node + 1]):
                    matched[n] = x
                    until[n] = j
                    n += 1
            if n == 0:
                continue
            for m in range(n):
                if allow[matched[m]]:
                    c = category[matched[m]]
                    covered[c] = max(covered[c], until[m])
            best[:] = 2 * raised
            letters = np.int64(0)
            before = i > starts[d] and katakana_letter(points[i - 1])
            for m in range(n):
                x = matched[m]
                if allow[x]:
                    continue
                c = category[x]
                if rank[x] < best[kinds + c]:
                    best[kinds + c] = rank[x]
                    stop[kinds + c] = until[m]
                if until[m] <= covered[c]:
                    continue
                if lettered[c]:
                    letters = max(letters, until[m] - i)
                r = rank[x] + (raised if katakana[x] else 0)
                if r >= best[c]:
                    continue
                after = np.int64(until[m])
                if katakana[x] and (before or (after < end and katakana_letter(points[after]))):
                    continue
                best[c] = r
                stop[c] = after
            for k in range(2 * kinds):
                if best[k] < 2 * raised and i >= free[k]:
                    found[d, k] += 1
                    free[k] = stop[k]
            if letters > 0 and i >= free_letters:
                found[d, 2 * kinds] += letters
                free_letters = i + letters
    return found
