"""What HojiChar's filters count in a document, in one pass over its code points."""

import numpy as np
import numpy.typing as npt
from numba import boolean, int64, njit, types, uint8, uint32

(
    KUTEN,
    ENDS,
    OPENING_KANA,
    OPENING_KANA_MENDED,
    LONGEST_RUN,
    NEWLINES,
    ELLIPSIS_NEWLINES,
    SHORT_LINES,
    LINES,
    ELLIPSIS_LINES,
    SHORT_LINES_MENDED,
    SPECIAL,
    SPECIAL_MENDED,
) = range(13)
COUNTS = 13


@njit(boolean(uint32), cache=True, nogil=True, inline="always")
def space(c: np.uint32) -> np.bool_:
    """White space, as Python's `str.isspace` has it."""
    if c < 0x80:
        return np.bool_((c >= 0x09 and c <= 0x0D) or (c >= 0x1C and c <= 0x20))
    if c < 0x2000:
        return np.bool_(c == 0x85 or c == 0xA0 or c == 0x1680)
    return np.bool_(
        c <= 0x200A or c == 0x2028 or c == 0x2029 or c == 0x202F or c == 0x205F or c == 0x3000
    )  # fmt: skip


@njit(boolean(uint32[::1], int64, int64), cache=True, nogil=True, inline="always")
def ellipsis_before(points: npt.NDArray[np.uint32], first: int, i: int) -> np.bool_:
    """Whether … or three full stops stand right before `i`."""
    if i > first and points[i - 1] == 0x2026:
        return np.bool_(True)
    if i - first < 3:
        return np.bool_(False)
    return np.bool_(points[i - 1] == 0x2E and points[i - 2] == 0x2E and points[i - 3] == 0x2E)


@njit(int64[:, ::1](uint32[::1], int64[::1], uint8[::1]), cache=True, nogil=True)
def counts(
    points: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], special: npt.NDArray[np.uint8]
) -> npt.NDArray[np.int64]:
    """One row a document, one column a count: those that are named above."""
    found = np.zeros((starts.size - 1, COUNTS), np.int64)
    for d in range(starts.size - 1):
        first = starts[d]
        end = starts[d + 1]
        kuten = ends = run = longest = exact = mended = np.int64(0)
        ended = False
        previous = np.uint32(0xFFFFFFFF)
        for i in range(first, end):
            c = points[i]
            if c == previous:
                run += 1
            else:
                longest = max(longest, run)
                run = 1
                previous = c
            if c < 0x20000:
                kind = special[c]
                exact += kind & np.uint8(1)
                mended += kind >> np.uint8(1)
            terminator = c == 0x3002 or c == 0xFF0E or c == 0xFF01 or c == 0xFF1F or c == 0xFF61
            kuten += c == 0x3002
            ends += terminator and not ended
            ended = terminator
        found[d, KUTEN] = kuten
        found[d, ENDS] = ends
        found[d, LONGEST_RUN] = max(longest, run)
        found[d, SPECIAL] = exact
        found[d, SPECIAL_MENDED] = mended
    return found


@njit(
    types.void(uint32[::1], int64[::1], int64, int64[:, ::1]),
    cache=True,
    nogil=True,
)
def openings(
    points: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], size: int, found: npt.NDArray[np.int64]
) -> None:
    """Kana among the first `size` code points; and among as many that are no kanji, of a wider range."""
    for d in range(starts.size - 1):
        left = np.int64(size)
        for i in range(starts[d], starts[d + 1]):
            c = points[i]
            hiragana = c >= 0x3041 and c <= 0x3093
            katakana = c >= 0x30A1 and c <= 0x30F3
            if i - starts[d] < size:
                found[d, OPENING_KANA] += hiragana or katakana
            kanji = (c >= 0x3400 and c <= 0x9FFF) or (c >= 0xF900 and c <= 0xFAFF) or c == 0x3005
            kanji = kanji or (c >= 0x20000 and c < 0x40000)
            if not kanji:
                wider = (c > 0x3093 and c <= 0x3096) or (c > 0x30F3 and c <= 0x30FA)
                half = c >= 0xFF66 and c <= 0xFF9D and c != 0xFF70
                found[d, OPENING_KANA_MENDED] += hiragana or katakana or wider or half
                left -= 1
            if left == 0 and i - starts[d] >= size - 1:
                break


@njit(types.void(uint32[::1], int64[::1], int64, int64[:, ::1]), cache=True, nogil=True)
def lines(
    points: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], short: int, found: npt.NDArray[np.int64]
) -> None:
    """Lines of at most `short` code points, and those that end with an ellipsis.

    HojiChar's: what stands between newlines, blank lines included, and an ellipsis right before a newline.
    Mended: lines that are not blank, without the white space around them, the last one included.
    """
    for d in range(starts.size - 1):
        begun = starts[d]
        for i in range(starts[d], starts[d + 1] + 1):
            closing = i == starts[d + 1]
            if not closing and points[i] != 0x0A:
                continue
            found[d, SHORT_LINES] += i - begun <= short
            if not closing:
                found[d, NEWLINES] += 1
                found[d, ELLIPSIS_NEWLINES] += ellipsis_before(points, starts[d], i)
            first = begun
            last = i
            while first < last and space(points[first]):
                first += 1
            while last > first and space(points[last - 1]):
                last -= 1
            if last > first:
                found[d, LINES] += 1
                found[d, SHORT_LINES_MENDED] += last - first <= short
                found[d, ELLIPSIS_LINES] += ellipsis_before(points, first, last)
            begun = i + 1
