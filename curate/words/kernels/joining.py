"""What Sudachi does to the words of the cheapest path: numbers and unknown katakana joined, long units split.

The rules are those of sudachi.rs's JoinNumericPlugin (with its parser of numbers) and JoinKatakanaOovPlugin,
slips included: what counts is to find the same words.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import int32, int64, njit, types, uint8, uint16, uint32, uint64

Whole = Any
"""A whole number: one of NumPy's to a type checker, a machine integer to Numba."""

_NUMBERS = np.uint32(1 << 4 | 1 << 8)
_KATAKANA = np.uint32(1 << 7)
_NOT_FIRST = np.uint32(1 << 30)
_COMMA = 0x2C
_POINT = 0x2E
_FORM_BITS = 22
_FIRST_WORD = (1 << _FORM_BITS) - 1
_SHORT = 3
"""Katakana words of fewer characters are joined though they are known."""
_JOINED = -1000
_JOINED_NUMBER = -1001
# A number that is being read: is the first digit to come, a comma was read, a point was read last, what is
# wrong (the mark), digits since the last unit or comma; then length, scale, place of the point and whether
# all are zeros for each of the last group, the group below 10,000 and the whole.
_FIRST, _HAS_COMMA, _HANGING, _WRONG, _DIGITS, _TMP, _SUB, _TOTAL, _STATE = 0, 1, 2, 3, 4, 5, 9, 13, 17


@njit
def _clear(s: npt.NDArray[np.int64], number: Whole) -> None:
    s[number], s[number + 1], s[number + 2], s[number + 3] = 0, 0, -1, 1


@njit
def _restart(s: npt.NDArray[np.int64]) -> None:
    s[_FIRST], s[_HAS_COMMA], s[_HANGING], s[_WRONG], s[_DIGITS] = 1, 0, 0, 0, 0
    _clear(s, _TMP)
    _clear(s, _SUB)
    _clear(s, _TOTAL)


@njit
def _normalize(s: npt.NDArray[np.int64], number: Whole) -> None:
    if s[number + 2] >= 0:
        places = s[number] - s[number + 2]
        if places > s[number + 1]:
            s[number + 2] += s[number + 1]
            s[number + 1] = 0
        else:
            s[number + 1] -= places
            s[number + 2] = -1


@njit
def _sum(s: npt.NDArray[np.int64], number: Whole, other: Whole) -> Whole:
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
def _comma_fits(s: npt.NDArray[np.int64]) -> Whole:
    if s[_FIRST]:
        return False
    if not s[_HAS_COMMA]:
        return s[_DIGITS] <= 3 and s[_TMP] > 0 and not s[_TMP + 3]
    return s[_DIGITS] == 3


@njit
def _shift(s: npt.NDArray[np.int64], number: Whole, places: Whole) -> None:
    if s[number] == 0:
        s[number] = 1
    s[number + 1] += places


@njit
def _value(c: Whole) -> Whole:
    """The digit that a character is, -n for ten to the n, 99 for none."""
    if 0x30 <= c <= 0x39:
        return c - 0x30
    if c == 0x3007:
        return 0
    if c == 0x4E00:
        return 1
    if c == 0x4E8C:
        return 2
    if c == 0x4E09:
        return 3
    if c == 0x56DB:
        return 4
    if c == 0x4E94:
        return 5
    if c == 0x516D:
        return 6
    if c == 0x4E03:
        return 7
    if c == 0x516B:
        return 8
    if c == 0x4E5D:
        return 9
    if c == 0x5341:
        return -1
    if c == 0x767E:
        return -2
    if c == 0x5343:
        return -3
    if c == 0x4E07:
        return -4
    if c == 0x5104:
        return -8
    if c == 0x5146:
        return -12
    return 99


@njit
def _read(s: npt.NDArray[np.int64], c: Whole) -> Whole:
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
        _shift(s, _TMP, -n)
        if not _sum(s, _SUB, _TMP):
            return False
    else:
        if not _sum(s, _SUB, _TMP) or s[_SUB] == 0:
            return False
        _shift(s, _SUB, -n)
        if not _sum(s, _TOTAL, _SUB):
            return False
        _clear(s, _SUB)
    _clear(s, _TMP)
    s[_FIRST] = 1
    s[_DIGITS] = 0
    s[_HAS_COMMA] = 0
    return True


@njit
def _done(s: npt.NDArray[np.int64]) -> Whole:
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
def _join_number(
    normal: npt.NDArray[np.uint32],
    first: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    word: npt.NDArray[np.int64],
    size: Whole,
    a: Whole,
    b: Whole,
    words: npt.NDArray[np.uint64],
    unknown: npt.NDArray[np.int64],
) -> Whole:
    """Join if the first is a numeral; one word in kanji is rewritten in digits, and then no longer split."""
    if word[a] >= 0:
        numeral = (words[word[a]] >> np.uint64(48)) & np.uint64(1) == 1
    else:
        numeral = word[a] == _JOINED_NUMBER or (word[a] > _JOINED and unknown[-1 - word[a], 2] == 1)
    if not numeral or a >= b:
        return size
    if b - a == 1:
        kanji = False
        for i in range(first[a], end[a]):
            kanji = kanji or normal[i] > 0x7F
        if not kanji:
            return size
    return _join(first, end, word, size, a, b, _JOINED_NUMBER)


@njit
def _join_numbers(
    normal: npt.NDArray[np.uint32],
    categories: npt.NDArray[np.uint32],
    first: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    word: npt.NDArray[np.int64],
    size: Whole,
    words: npt.NDArray[np.uint64],
    unknown: npt.NDArray[np.int64],
    s: npt.NDArray[np.int64],
) -> Whole:
    """How many words there are when numbers are joined; -1 if a word's normalised form must be known."""
    begun = -1
    comma_counts = True
    point_counts = True
    i = -1
    while i < size - 1:
        i += 1
        if word[i] >= 0 and (words[word[i]] >> np.uint64(49)) & np.uint64(1) == 1:
            return -1
        c = np.int64(normal[first[i]]) if end[i] - first[i] == 1 else np.int64(-1)
        in_number = _all(categories, first[i], end[i]) & _NUMBERS != 0
        if in_number or (comma_counts and c == _COMMA) or (point_counts and c == _POINT):
            if begun < 0:
                _restart(s)
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
                size = _join_number(normal, first, end, word, size, begun, i, words, unknown)
                i = begun + 1
            elif end[i - 1] - first[i - 1] == 1 and np.int64(normal[first[i - 1]]) == s[_WRONG]:
                size = _join_number(normal, first, end, word, size, begun, i - 1, words, unknown)
                i = begun + 2
        begun = -1
        if c != _COMMA:
            comma_counts = True
        if c != _POINT:
            point_counts = True
    if begun >= 0:
        if _done(s):
            size = _join_number(normal, first, end, word, size, begun, size, words, unknown)
        elif end[size - 1] - first[size - 1] == 1 and np.int64(normal[first[size - 1]]) == s[_WRONG]:
            size = _join_number(normal, first, end, word, size, begun, size - 1, words, unknown)
    return size


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
    types.Tuple((int64[::1], int64[::1], uint8[::1]))(
        uint32[::1], uint32[::1], uint32[::1], int64[::1], int64[::1], int64[::1], uint8[::1], int64[::1],
        int64[::1],
        int32[::1], uint32[::1], uint64[::1], int32[::1], uint16[::1], int64[:, ::1], uint8[::1],
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
    node_word: npt.NDArray[np.int32],
    trie: npt.NDArray[np.uint32],
    words: npt.NDArray[np.uint64],
    units_at: npt.NDArray[np.int32],
    units: npt.NDArray[np.uint16],
    unknown: npt.NDArray[np.int64],
    is_space: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """First and end of the short words of all lines, without white space around them; the lines' flags."""
    flags = flags.copy()
    longest = np.int64(1)
    total = np.int64(0)
    for n in range(line_first.size):
        longest = max(longest, offsets[n + 1] - offsets[n])
        if not flags[n] & 4:
            total += line_end[n] - line_first[n]
    first = np.empty(longest, np.int64)
    end = np.empty(longest, np.int64)
    word = np.empty(longest, np.int64)
    state = np.empty(_STATE, np.int64)
    out_first = np.empty(total, np.int64)
    out_end = np.empty(total, np.int64)
    filled = np.int64(0)
    for n in range(line_first.size):
        size = offsets[n + 1] - offsets[n]
        if flags[n] & 4 or size == 0:
            continue
        begin = line_first[n]
        plain = True
        for k in range(size):
            first[k] = begin
            end[k] = node_end[offsets[n] + k]
            word[k] = node_word[offsets[n] + k]
            begin = end[k]
            plain = plain and word[k] >= 0 and not categories[first[k]] & (_KATAKANA | _NUMBERS)
        if not plain:
            size = _join_numbers(normal, categories, first, end, word, size, words, unknown, state)
            if size < 0:
                flags[n] |= np.uint8(4)
                continue
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
    return out_first[:filled].copy(), out_end[:filled].copy(), flags
