"""Text as Sudachi sees it, cut where no word can go on: at line ends.

A newline is a word of its own (no headword has one, and Sudachi groups white space only with white space),
so the cheapest path through a text is the cheapest path through each line between the newlines around it.
What Sudachi's input plugins do (sudachi.rs, DefaultInputTextPlugin, ProlongedSoundMarkPlugin and
IgnoreYomiganaPlugin) is done here: each character is normalised, kana and sound marks are combined, runs of
long vowel marks become one, and a reading in brackets after a kanji goes.
"""

import numpy as np
import numpy.typing as npt
from numba import int64, njit, types, uint8, uint32, uint64

_SPACE = np.uint32(1 << 1)
_KANJI = np.uint32(1 << 2)
_KANA = np.uint32(1 << 6 | 1 << 7)
_EVERY = np.uint32((1 << 30) - 1)
_LONGER = np.uint32(1 << 31)
_UNKNOWN = np.uint32(0xFFFFFFFF)
_READING = 4
"""The most characters that a reading in brackets has."""

Lines = tuple[
    npt.NDArray[np.uint32],
    npt.NDArray[np.uint32],
    npt.NDArray[np.int64],
    npt.NDArray[np.int64],
    npt.NDArray[np.int64],
    npt.NDArray[np.uint8],
]


@njit
def _prolongs(c: int) -> bool:
    """Marks of which Sudachi makes one long vowel mark where two follow each other: ー-⁓〜〰."""
    return c == 0x30FC or c == 0x2D or c == 0x2053 or c == 0x301C or c == 0x3030


@njit
def _is_mark(c: int) -> bool:
    """Voiced and semi-voiced sound marks: combining, spacing and half-width."""
    return 0x3099 <= c <= 0x309C or c == 0xFF9E or c == 0xFF9F


@njit
def _is_plain_beyond(c: int) -> bool:
    """Emoji (but skin tones) and kanji beyond the first plane, which normalisation leaves as they are."""
    emoji = 0x1F300 <= c < 0x1FB00 and not 0x1F3FB <= c <= 0x1F3FF
    return emoji or 0x20000 <= c < 0x2F800 or 0x30000 <= c < 0x40000


@njit
def _combined(keys: npt.NDArray[np.uint64], values: npt.NDArray[np.uint32], c: int, mark: int) -> int:
    """The kana that a kana and a sound mark make; -1 if none."""
    key = np.uint64(c) << np.uint64(32) | np.uint64(mark)
    at = np.searchsorted(keys, key)
    return np.int64(values[at]) if at < keys.size and keys[at] == key else np.int64(-1)


@njit
def _reading_before(
    normal: npt.NDArray[np.uint32], categories: npt.NDArray[np.uint32], begun: int, end: int
) -> int:
    """Where the bracket opens that holds a reading of the kanji before it and ends here; -1 if none does."""
    k = end - 1
    while k >= begun and end - k <= _READING and categories[k] & _KANA:
        k -= 1
    opens = k > begun and k < end - 1 and (normal[k] == 0x28 or normal[k] == 0xFF08)
    return k if opens and categories[k - 1] & _KANJI else -1


@njit
def _joins(categories: npt.NDArray[np.uint32], first: int, end: int) -> bool:
    """Whether a word may cross a line end: a character of all categories stands there or beside a space."""
    for k in range(first, end):
        if categories[k] & _EVERY != _EVERY:
            continue
        if k == first or k == end - 1 or categories[k - 1] == _SPACE or categories[k + 1] == _SPACE:
            return True
    return False


@njit(
    types.Tuple((uint32[::1], uint32[::1], int64[::1], int64[::1], int64[::1], uint8[::1]))(
        uint32[::1], int64[::1], uint32[::1], uint32[::1], uint32[::1], uint64[::1], uint32[::1]
    ),
    cache=True,
    nogil=True,
)
def lines(
    points: npt.NDArray[np.uint32],
    chunks: npt.NDArray[np.int64],
    normal_of: npt.NDArray[np.uint32],
    longer: npt.NDArray[np.uint32],
    categories_of: npt.NDArray[np.uint32],
    pairs: npt.NDArray[np.uint64],
    pair_values: npt.NDArray[np.uint32],
) -> Lines:
    """Normalised code points, their categories and places in the text, and the lines that are not blank.

    `chunks` are the ends of texts that are analysed by themselves, after a 0. Of a line: its first
    normalised code point, its end (which also has a place in the text), and flags: 1 a newline stands before
    it, 2 after it, 4 it is left to SudachiPy.
    """
    room = 2 * points.size + chunks.size + 1
    for i in range(points.size):
        if points[i] < 0x10000 and normal_of[points[i]] & _LONGER and normal_of[points[i]] != _UNKNOWN:
            room += np.int64(longer[normal_of[points[i]] & ~_LONGER])
    normal = np.empty(room, np.uint32)
    categories = np.empty(room, np.uint32)
    place = np.empty(room, np.int64)
    first = np.empty(points.size, np.int64)
    end = np.empty(points.size, np.int64)
    flags = np.empty(points.size, np.uint8)
    n = np.int64(0)
    filled = np.int64(0)
    for chunk in range(chunks.size - 1):
        start, stop = chunks[chunk], chunks[chunk + 1]
        whole_n, whole_filled = n, filled
        crossed = False
        i = start
        while i < stop:
            flag = np.uint8(0)
            if i > start:
                flag = np.uint8(1)
                while i < stop and points[i] < 0x10000:  # white space after a newline is part of it
                    c = normal_of[points[i]]
                    if c >= 0x10000 or categories_of[c] != _SPACE:
                        break
                    i += 1
            begun = filled
            after_reading = np.int64(-1)
            line_start = i
            while i < stop and points[i] != 10:
                c = points[i]
                origin = i
                i += 1
                size = np.int64(1)
                pool = np.int64(-1)
                value = np.int64(c)
                pair = np.int64(-1)
                if i < stop and _is_mark(points[i]):
                    pair = _combined(pairs, pair_values, c, points[i])
                if pair >= 0:
                    value = pair
                    i += 1
                elif c >= 0x10000:
                    if not _is_plain_beyond(c):
                        flag |= np.uint8(4)
                elif normal_of[c] == _UNKNOWN:
                    flag |= np.uint8(4)
                elif normal_of[c] & _LONGER:
                    pool = np.int64(normal_of[c] & ~_LONGER)
                    size = np.int64(longer[pool])
                else:
                    value = np.int64(normal_of[c])
                for k in range(size):
                    if pool >= 0:
                        value = np.int64(longer[pool + 1 + k])
                    if _prolongs(value) and filled > begun and _prolongs(normal[filled - 1]):
                        value = np.int64(0x30FC)
                        filled -= 1
                    else:
                        place[filled] = origin if k == 0 else i
                    normal[filled] = value
                    categories[filled] = categories_of[value] if value < 0x10000 else np.uint32(1)
                    filled += 1
                    if value == 0x29 or value == 0xFF09:
                        opens = _reading_before(normal, categories, begun, filled - 1)
                        if opens > after_reading and opens >= 0:
                            after_reading = opens
                            filled = opens
            if i < stop:
                flag |= np.uint8(2)
            if i > line_start:
                crossed = crossed or _joins(categories, begun, filled)
                crossed = crossed or (flag & 1 and filled > begun and categories[begun] == _SPACE)
                first[n], end[n], flags[n] = begun, filled, flag
                normal[filled], categories[filled], place[filled] = 10, _SPACE, i
                filled += 1
                n += 1
            i += 1
        if crossed:
            n, filled = whole_n, whole_filled
            place[filled], place[filled + 1] = start, stop
            first[n], end[n], flags[n] = filled, filled + 1, 4
            n += 1
            filled += 2
    return (
        normal[:filled].copy(),
        categories[:filled].copy(),
        place[:filled].copy(),
        first[:n].copy(),
        end[:n].copy(),
        flags[:n].copy(),
    )
