"""Numbers on the cheapest path, joined as Sudachi joins them (sudachi.rs, JoinNumericPlugin and its parser).

Slips included: what counts is to find the same words.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import int32, int64, njit, types, uint8, uint32, uint64

Whole = Any
"""A whole number: one of NumPy's to a type checker, a machine integer to Numba."""
Points = npt.NDArray[np.uint32]
Packed = npt.NDArray[np.uint64]
Nodes = npt.NDArray[np.int64]
"""Whole numbers; where they are called nodes, words in columns: first, end, which (below 0: unknown)."""

_NUMBERS = np.uint32(1 << 4 | 1 << 8)
_KANJI = np.array([ord(c) for c in "〇一二三四五六七八九十百千万億兆"])
_WORTH = np.array([*range(10), -1, -2, -3, -4, -8, -12])
_COMMA = 0x2C
_POINT = 0x2E
_JOINED_NUMBER = -1001
# A number that is being read: is the first digit to come, a comma was read, a point was read last, what is
# wrong (the mark), digits since the last unit or comma; then length, scale, place of the point and whether
# all are zeros for each of the last group, the group below 10,000 and the whole.
_FIRST, _HAS_COMMA, _HANGING, _WRONG, _DIGITS, _TMP, _SUB, _TOTAL = 0, 1, 2, 3, 4, 5, 9, 13
_NONE = np.array([0, 0, -1, 1])
_START = np.array([1, 0, 0, 0, 0, *[0, 0, -1, 1] * 3])


@njit
def _normalize(s: Nodes, number: Whole) -> None:
    if s[number + 2] >= 0:
        places = s[number] - s[number + 2]
        if places > s[number + 1]:
            s[number + 2] += s[number + 1]
            s[number + 1] = 0
        else:
            s[number + 1] -= places
            s[number + 2] = -1


@njit
def _sum(s: Nodes, number: Whole, other: Whole) -> Whole:
    """Add a number that must fit below the zeros of the first; whether it does."""
    if s[other] == 0:
        return True
    if s[number] == 0:
        s[number], s[number + 1], s[number + 2] = s[other], s[other + 1], s[other + 2]
        return True
    _normalize(s, number)
    _normalize(s, other)
    whole = s[other + 2] if s[other + 2] >= 0 else s[other] + s[other + 1]
    if s[number + 1] < whole:
        return False
    s[number] += s[number + 1] - whole
    if s[other + 2] >= 0:
        s[number + 2] = s[number] + s[other + 2]
    s[number] += s[other]
    s[number + 1] = s[other + 1]
    return True


@njit
def _comma_fits(s: Nodes) -> Whole:
    if s[_FIRST]:
        return False
    if not s[_HAS_COMMA]:
        return s[_DIGITS] <= 3 and s[_TMP] > 0 and not s[_TMP + 3]
    return s[_DIGITS] == 3


@njit
def _value(c: Whole) -> Whole:
    """The digit that a character is, -n for ten to the n, 99 for none."""
    if 0x30 <= c <= 0x39:
        return c - 0x30
    for k in range(_KANJI.size):
        if _KANJI[k] == c:
            return np.int64(_WORTH[k])
    return np.int64(99)


@njit
def _read(s: Nodes, c: Whole) -> Whole:
    """Read one more character of a number; whether it is still one."""
    if c == _POINT:
        s[_HANGING] = 1
        if s[_FIRST]:
            s[_WRONG] = _POINT
            return False
        if s[_HAS_COMMA] and not _comma_fits(s):
            s[_WRONG] = _COMMA
            return False
        if s[_TMP + 1] != 0 or s[_TMP + 2] >= 0:
            s[_WRONG] = _POINT
            return False
        s[_TMP + 2] = s[_TMP]
        s[_HAS_COMMA] = 0
        return True
    if c == _COMMA:
        if not _comma_fits(s):
            s[_WRONG] = _COMMA
            return False
        s[_HAS_COMMA] = 1
        s[_DIGITS] = 0
        return True
    n = _value(c)
    if n == 99:
        return False
    if n >= 0:
        if n > 0:
            s[_TMP + 3] = 0
        s[_TMP] += 1
        s[_FIRST] = 0
        s[_DIGITS] += 1
        s[_HANGING] = 0
        return True
    if n >= -3:
        s[_TMP], s[_TMP + 1] = max(s[_TMP], 1), s[_TMP + 1] - n
        if not _sum(s, _SUB, _TMP):
            return False
    else:
        if not _sum(s, _SUB, _TMP) or s[_SUB] == 0:
            return False
        s[_SUB], s[_SUB + 1] = max(s[_SUB], 1), s[_SUB + 1] - n
        if not _sum(s, _TOTAL, _SUB):
            return False
        s[_SUB:_TOTAL] = _NONE
    s[_TMP:_SUB] = _NONE
    s[_FIRST] = 1
    s[_DIGITS] = 0
    s[_HAS_COMMA] = 0
    return True


@njit
def _done(s: Nodes) -> Whole:
    """Whether what was read is a number."""
    fits = _sum(s, _SUB, _TMP) and _sum(s, _TOTAL, _SUB)
    if s[_HANGING]:
        s[_WRONG] = _POINT
        return False
    if s[_HAS_COMMA] and s[_DIGITS] != 3:
        s[_WRONG] = _COMMA
        return False
    return fits


@njit
def _all(categories: npt.NDArray[np.uint32], first: Whole, end: Whole) -> Whole:
    """The categories that all characters have."""
    common = np.uint32(0xFFFFFFFF)
    for i in range(first, end):
        common &= categories[i]
    return np.int64(common)


@njit
def _join(nodes: Nodes, size: Whole, a: Whole, b: Whole) -> Whole:
    """Make one word of the words a to b; how many there are then."""
    nodes[1, a] = nodes[1, b - 1]
    nodes[2, a] = _JOINED_NUMBER
    for k in range(b, size):
        nodes[:, k - (b - a) + 1] = nodes[:, k]
    return size - (b - a) + 1


@njit
def _join_number(
    normal: Points, nodes: Nodes, size: Whole, a: Whole, b: Whole, words: Packed, unknown: Nodes
) -> Whole:
    """Join if the first is a numeral; one word in kanji is rewritten in digits, and then no longer split."""
    word = nodes[2, a]
    if word >= 0:
        numeral = (words[word] >> np.uint64(48)) & np.uint64(1) == 1
    else:
        numeral = word == _JOINED_NUMBER or unknown[-1 - word, 2] == 1
    if not numeral or a >= b:
        return size
    if b - a == 1:
        kanji = False
        for i in range(nodes[0, a], nodes[1, a]):
            kanji = kanji or normal[i] > 0x7F
        if not kanji:
            return size
    return _join(nodes, size, a, b)


@njit
def _join_numbers(
    normal: Points, categories: Points, nodes: Nodes, size: Whole, words: Packed, unknown: Nodes, last: Whole,
    s: Nodes,
) -> Whole:  # fmt: skip
    """How many words there are when numbers are joined; -1 if a word's normalised form must be known.

    `last` says that the text ends here: before a newline Sudachi reads on behind what it has tried to join.
    """
    first, end, word = nodes[0], nodes[1], nodes[2]
    begun = -1
    comma_counts = True
    point_counts = True
    i = -1
    while True:
        i += 1
        if i > size:
            return size
        at_end = i == size
        c = np.int64(-1)  # stands for all that is no single character, for the newline too
        if not at_end:
            if word[i] >= 0 and (words[word[i]] >> np.uint64(49)) & np.uint64(1) == 1:
                return np.int64(-1)
            c = np.int64(normal[first[i]]) if end[i] - first[i] == 1 else np.int64(-1)
            in_number = _all(categories, first[i], end[i]) & _NUMBERS != 0
            if in_number or (comma_counts and c == _COMMA) or (point_counts and c == _POINT):
                if begun < 0:
                    s[:] = _START
                    begun = i
                for k in range(first[i], end[i]):
                    if not _read(s, np.int64(normal[k])):
                        if s[_WRONG] == _COMMA:
                            comma_counts = False
                            i = begun - 1
                        elif s[_WRONG] == _POINT:
                            point_counts = False
                            i = begun - 1
                        begun = -1
                        break
                continue
        if begun >= 0:
            if _done(s):
                size = _join_number(normal, nodes, size, begun, i, words, unknown)
                i = begun + 1
            elif end[i - 1] - first[i - 1] == 1 and np.int64(normal[first[i - 1]]) == s[_WRONG]:
                size = _join_number(normal, nodes, size, begun, i - 1, words, unknown)
                i = begun + 2
        if at_end and last:
            return size
        begun = -1
        if c != _COMMA:
            comma_counts = True
        if c != _POINT:
            point_counts = True


@njit(
    types.Tuple((int64[::1], int64[::1], int64[::1], uint8[::1]))(
        uint32[::1], uint32[::1], int64[::1], int64[::1], uint8[::1], int64[::1], int64[::1], int32[::1],
        uint64[::1], int64[:, ::1],
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def join_numbers(
    normal: Points, categories: Points, line_first: Nodes, line_end: Nodes, flags: npt.NDArray[np.uint8],
    offsets: Nodes, node_end: Nodes, node_word: npt.NDArray[np.int32], words: Packed, unknown: Nodes,
) -> tuple[Nodes, Nodes, Nodes, npt.NDArray[np.uint8]]:  # fmt: skip
    """Nodes of all lines as `paths` gives them, with numbers joined to words below -999; the lines' flags."""
    flags = flags.copy()
    longest = np.int64(1)
    for n in range(line_first.size):
        longest = max(longest, offsets[n + 1] - offsets[n])
    nodes = np.empty((3, longest), np.int64)
    state = _START.copy()
    out_offsets = np.zeros(offsets.size, np.int64)
    out_end = np.empty(node_end.size, np.int64)
    out_word = np.empty(node_end.size, np.int64)
    filled = np.int64(0)
    for n in range(line_first.size):
        out_offsets[n] = filled
        size = offsets[n + 1] - offsets[n]
        if flags[n] & 4:
            continue
        begin = line_first[n]
        numeric = False
        for k in range(size):
            nodes[0, k] = begin
            nodes[1, k] = node_end[offsets[n] + k]
            nodes[2, k] = node_word[offsets[n] + k]
            numeric = numeric or categories[begin] & _NUMBERS
            begin = nodes[1, k]
        if numeric:
            size = _join_numbers(normal, categories, nodes, size, words, unknown, not flags[n] & 2, state)
            if size < 0:
                flags[n] |= np.uint8(4)
                continue
        for k in range(size):
            out_end[filled + k], out_word[filled + k] = nodes[1, k], nodes[2, k]
        filled += size
    out_offsets[line_first.size] = filled
    return out_offsets, out_end[:filled].copy(), out_word[:filled].copy(), flags
