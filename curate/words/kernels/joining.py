"""What Sudachi does last to the words of the cheapest path: unknown katakana joined, long units split.

The rules are those of sudachi.rs's JoinKatakanaOovPlugin and of its mode A.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import int32, int64, njit, types, uint8, uint16, uint32, uint64

Whole = Any
"""A whole number: one of NumPy's to a type checker, a machine integer to Numba."""

_KATAKANA = np.uint32(1 << 7)
_NOT_FIRST = np.uint32(1 << 30)
_FORM_BITS = 22
_FIRST_WORD = (1 << _FORM_BITS) - 1
_SHORT = 3
"""Katakana words of fewer characters are joined though they are known."""
_JOINED = -1000


@njit
def _bytes(point: Whole) -> Whole:
    """Length in UTF-8."""
    return 1 + (point >= 0x80) + (point >= 0x800) + (point >= 0x10000)


@njit
def _all(categories: npt.NDArray[np.uint32], first: Whole, end: Whole) -> Whole:
    """The categories that all characters have."""
    common = np.uint32(0xFFFFFFFF)
    for i in range(first, end):
        common &= categories[i]
    return np.int64(common)


@njit
def _join(
    first: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    word: npt.NDArray[np.int64],
    size: Whole,
    a: Whole,
    b: Whole,
    joined: Whole,
) -> Whole:
    """Make one word of the words a to b; how many there are then."""
    end[a] = end[b - 1]
    word[a] = joined
    for k in range(b, size):
        first[k - (b - a) + 1], end[k - (b - a) + 1], word[k - (b - a) + 1] = first[k], end[k], word[k]
    return size - (b - a) + 1


@njit
def _whole_word(
    normal: npt.NDArray[np.uint32],
    first: Whole,
    end: Whole,
    trie: npt.NDArray[np.uint32],
    words: npt.NDArray[np.uint64],
    unknown: npt.NDArray[np.int64],
    run: Whole,
) -> Whole:
    """The cheapest word that spans the characters, or that it is none that the dictionary has.

    An unknown word spans them if they are two, or all of the run of katakana that ends at `run`.
    """
    root = np.int64(trie[0])
    state = (root >> 10) << ((root & 512) >> 6)
    form = np.int64(-1)
    for i in range(first, end):
        point = np.int64(normal[i])
        form = np.int64(-1)
        shift = np.int64(0) if point < 0x80 else np.int64(6) if point < 0x800 else np.int64(12)
        byte = point if shift == 0 else (0xC0 | point >> 6) if shift == 6 else (0xE0 | point >> 12)
        while True:
            state ^= byte
            unit = np.int64(trie[state])
            if unit & 0x800000FF != byte:
                return _JOINED
            state ^= (unit >> 10) << ((unit & 512) >> 6)
            if shift == 0:
                break
            shift -= 6
            byte = 0x80 | (point >> shift & 0x3F)
        if unit >> 8 & 1:
            form = np.int64(trie[state]) & 0x7FFFFFFF
    if form < 0:
        return _JOINED
    best = np.int64(1) << 40
    found = np.int64(_JOINED)
    for w in range(form & _FIRST_WORD, (form & _FIRST_WORD) + (form >> _FORM_BITS)):
        cost = np.int64(np.int16((words[w] >> np.uint64(32)) & np.uint64(0xFFFF)))
        if cost < best:
            best, found = cost, np.int64(w)
    if run == end or end - first <= 2:
        for row in range(unknown.shape[0]):
            cost = np.int64(np.int16(unknown[row, 1] >> 32 & 0xFFFF))
            if unknown[row, 0] == np.int64(_KATAKANA) and cost < best:
                best, found = cost, np.int64(_JOINED)
    return found


@njit
def _join_katakana(
    normal: npt.NDArray[np.uint32],
    categories: npt.NDArray[np.uint32],
    line_end: Whole,
    first: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    word: npt.NDArray[np.int64],
    size: Whole,
    trie: npt.NDArray[np.uint32],
    words: npt.NDArray[np.uint64],
    unknown: npt.NDArray[np.int64],
) -> Whole:
    """Join katakana words around one that is short or unknown; how many words there are then."""
    i = 0
    while i < size:
        odd = word[i] < 0 or end[i] - first[i] < _SHORT
        if not odd or not _all(categories, first[i], end[i]) & _KATAKANA:
            i += 1
            continue
        a = i
        while a > 0 and _all(categories, first[a - 1], end[a - 1]) & _KATAKANA:
            a -= 1
        b = i + 1
        while b < size and _all(categories, first[b], end[b]) & _KATAKANA:
            b += 1
        while a != b and categories[first[a]] & _NOT_FIRST:
            a += 1
        if b - a > 1:
            start, stop = first[a], end[b - 1]
            run = stop
            while run < line_end and categories[run] & _KATAKANA:
                run += 1
            joined = _whole_word(normal, start, stop, trie, words, unknown, run)
            size = _join(first, end, word, size, a, b, joined)
            i = a + 1
        i += 1
    return size


@njit(
    types.Tuple((int64[::1], int64[::1]))(
        uint32[::1], uint32[::1], uint32[::1], int64[::1], int64[::1], int64[::1], uint8[::1], int64[::1],
        int64[::1], int64[::1], uint32[::1], uint64[::1], int32[::1], uint16[::1], int64[:, ::1], uint8[::1],
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def short_words(
    points: npt.NDArray[np.uint32],
    normal: npt.NDArray[np.uint32],
    categories: npt.NDArray[np.uint32],
    place: npt.NDArray[np.int64],
    line_first: npt.NDArray[np.int64],
    line_end: npt.NDArray[np.int64],
    flags: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    node_end: npt.NDArray[np.int64],
    node_word: npt.NDArray[np.int64],
    trie: npt.NDArray[np.uint32],
    words: npt.NDArray[np.uint64],
    units_at: npt.NDArray[np.int32],
    units: npt.NDArray[np.uint16],
    unknown: npt.NDArray[np.int64],
    is_space: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First and end of the short words of all lines, without white space around them."""
    longest = np.int64(1)
    total = np.int64(0)
    for n in range(line_first.size):
        longest = max(longest, offsets[n + 1] - offsets[n])
        if not flags[n] & 4:
            total += line_end[n] - line_first[n]
    first = np.empty(longest, np.int64)
    end = np.empty(longest, np.int64)
    word = np.empty(longest, np.int64)
    out_first = np.empty(total, np.int64)
    out_end = np.empty(total, np.int64)
    filled = np.int64(0)
    for n in range(line_first.size):
        size = offsets[n + 1] - offsets[n]
        if flags[n] & 4 or size == 0:
            continue
        begin = line_first[n]
        katakana = False
        for k in range(size):
            first[k] = begin
            end[k] = node_end[offsets[n] + k]
            word[k] = node_word[offsets[n] + k]
            begin = end[k]
            katakana = katakana or categories[first[k]] & _KATAKANA
        if katakana:
            size = _join_katakana(
                normal, categories, line_end[n], first, end, word, size, trie, words, unknown
            )
        for k in range(size):
            parts = np.int64(1)
            at = np.int64(0)
            if word[k] >= 0 and units_at[word[k]] > 0:
                at = np.int64(units_at[word[k]])
                parts = np.int64(units[at])
            a = first[k]
            for part in range(parts):
                b = end[k]
                if part + 1 < parts:
                    b = a
                    left = np.int64(units[at + 1 + part])
                    while left > 0 and b < end[k]:
                        left -= _bytes(np.int64(normal[b]))
                        b += 1
                x, y = place[a], place[b]
                while x < y and points[x] < 0x10000 and is_space[points[x]]:
                    x += 1
                while x < y and points[y - 1] < 0x10000 and is_space[points[y - 1]]:
                    y -= 1
                if x < y:
                    out_first[filled], out_end[filled] = x, y
                    filled += 1
                a = b
    return out_first[:filled].copy(), out_end[:filled].copy()
