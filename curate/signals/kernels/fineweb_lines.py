"""What Gopher's and FineWeb's rules count of lines, in datatrove's three ways of cutting them."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import int64, njit, uint32, uint64

Whole = Any
"""A whole number: one of NumPy's to a type checker, a machine integer to Numba."""

COUNTS = 14
(PIECES, AGAIN, AGAIN_CHARS, LINES, ENDED, ENDED_BEHIND, LINE_AGAIN_CHARS, NEWLINES, BREAKS, BULLETS,
 MORE_BULLETS, TRAILING, HASHES, ELLIPSES) = range(COUNTS)  # fmt: skip
"""Pieces between runs of newlines, those equal to an earlier one, their code points; lines that are not
blank, those that end in punctuation, with closing brackets behind it too, code points of those equal to an
earlier one; newlines; lines as `str.splitlines` has them, those with a bullet, with any bullet, with an
ellipsis at the end; # and ellipses."""


@njit
def _is_space(c: Whole) -> Whole:
    """White space as `str.isspace` has it."""
    if c <= 0x20:
        return c >= 0x1C or 0x09 <= c <= 0x0D
    if c < 0x1680:
        return c == 0x85 or c == 0xA0
    return (
        c == 0x1680
        or 0x2000 <= c <= 0x200A
        or 0x2028 <= c <= 0x2029
        or c == 0x202F
        or c == 0x205F
        or c == 0x3000
    )


@njit
def _breaks(c: Whole) -> Whole:
    """Line ends as `str.splitlines` has them."""
    return 0x0A <= c <= 0x0D or 0x1C <= c <= 0x1E or c == 0x85 or 0x2028 <= c <= 0x2029


@njit
def _in(table: npt.NDArray[np.uint32], c: Whole) -> Whole:
    low = np.int64(0)
    high = np.int64(table.size)
    while low < high:
        middle = (low + high) >> 1
        if table[middle] < c:
            low = middle + 1
        else:
            high = middle
    return low < table.size and table[low] == c


@njit
def _is_ellipsis(points: npt.NDArray[np.uint32], first: Whole, last: Whole) -> Whole:
    """Whether the text up to and with this place ends in … or three dots."""
    if points[last] == 0x2026:
        return True
    return (
        last - first >= 2 and points[last] == 0x2E and points[last - 1] == 0x2E and points[last - 2] == 0x2E
    )


@njit
def _met(
    points: npt.NDArray[np.uint32],
    first: Whole,
    end: Whole,
    owner: npt.NDArray[np.int64],
    owned: Whole,
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    mask: Whole,
    factor: Whole,
) -> Whole:
    """Whether an equal piece was met before; else it is remembered."""
    h = np.uint64(end - first)
    for i in range(first, end):
        h = (h ^ np.uint64(points[i])) * factor
        h ^= h >> np.uint64(29)
    slot = np.int64(h & np.uint64(mask))
    while owner[slot] == owned:
        if ends[slot] - starts[slot] == end - first:
            k = np.int64(0)
            while k < end - first and points[starts[slot] + k] == points[first + k]:
                k += 1
            if k == end - first:
                return True
        slot = (slot + 1) & mask
    owner[slot], starts[slot], ends[slot] = owned, first, end
    return False


@njit
def _trimmed(
    points: npt.NDArray[np.uint32],
    first: Whole,
    end: Whole,
    bullets: npt.NDArray[np.uint32],
    found: npt.NDArray[np.int64],
) -> None:
    """Count lines as `str.splitlines` has them, without the white space around them; # and ellipses."""
    left = np.int64(-1)
    last = np.int64(-1)
    dots = np.int64(0)
    for i in range(first, end + 1):
        c = np.int64(points[i]) if i < end else np.int64(10)
        if not _breaks(c):
            if not _is_space(c):
                left = i if left < 0 else left
                last = i
            found[HASHES] += c == 0x23
            found[ELLIPSES] += c == 0x2026
            dots = dots + 1 if c == 0x2E else np.int64(0)
            if dots == 3:
                found[ELLIPSES] += 1
                dots = np.int64(0)
            continue
        dots = np.int64(0)
        after = i > first and points[i - 1] == 13 and c == 10 and i < end
        open_end = i == end and (first == end or _breaks(np.int64(points[end - 1])))
        found[BREAKS] += not after and not open_end
        if left >= 0:
            begin = np.int64(points[left])
            found[BULLETS] += begin == 0x2022 or begin == 0x2D
            found[MORE_BULLETS] += _in(bullets, begin)
            found[TRAILING] += _is_ellipsis(points, left, last)
        left = np.int64(-1)


@njit(
    int64[:, ::1](uint32[::1], int64[::1], uint32[::1], uint32[::1], uint32[::1], uint64, int64),
    cache=True,
    nogil=True,
)
def lines(
    points: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    terminal: npt.NDArray[np.uint32],
    closing: npt.NDArray[np.uint32],
    bullets: npt.NDArray[np.uint32],
    factor: Whole,
    repeats: Whole,
) -> npt.NDArray[np.int64]:
    """One row a document: the counts above; those of equal pieces only if they are asked for.

    `terminal`, `closing` and `bullets` are in ascending order.
    """
    found = np.zeros((starts.size - 1, COUNTS), np.int64)
    most = np.int64(0)
    for d in range(starts.size - 1):
        newlines = np.int64(0)
        for i in range(starts[d], starts[d + 1]):
            newlines += points[i] == 10
        found[d, NEWLINES] = newlines
        most = max(most, newlines)
    slots = np.int64(16)
    while slots < 4 * (most + 1):
        slots *= 2
    owner = np.full((2, slots), -1, np.int64)
    begins = np.empty((2, slots), np.int64)
    ends = np.empty((2, slots), np.int64)
    for d in range(starts.size - 1):
        first, end = starts[d], starts[d + 1]
        size = np.int64(16)
        while size < 4 * (found[d, NEWLINES] + 1):
            size *= 2
        begun = first
        seen = np.int64(-1)  # the last place that is no white space
        for i in range(first, end + 1):
            if i < end and points[i] != 10:
                if not _is_space(points[i]):
                    seen = i
                continue
            if i > begun or begun == first or i == end:
                found[d, PIECES] += 1
                if repeats and _met(points, begun, i, owner[0], d, begins[0], ends[0], size - 1, factor):
                    found[d, AGAIN] += 1
                    found[d, AGAIN_CHARS] += i - begun
            if seen >= begun:
                found[d, LINES] += 1
                found[d, ENDED] += _in(terminal, points[i - 1])
                last = i - 1
                while last > begun and _in(closing, points[last]):
                    last -= 1
                found[d, ENDED_BEHIND] += _in(terminal, points[last])
                if repeats and _met(points, begun, i, owner[1], d, begins[1], ends[1], size - 1, factor):
                    found[d, LINE_AGAIN_CHARS] += i - begun
            begun = i + 1
        _trimmed(points, first, end, bullets, found[d])
    return found
