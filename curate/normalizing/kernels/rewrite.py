"""Replace characters, and lay out lines, in one pass over UTF-8."""

import numpy as np
import numpy.typing as npt
from numba import boolean, int64, njit, types, uint8, uint16

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]

_BYTES = types.Array(uint8, 1, "C", readonly=True)
_OFFSETS = types.Array(int64, 1, "C", readonly=True)

_FLAG = 1


@njit(int64(uint8[::1], int64, int64), cache=True, nogil=True)
def _without_spaces(out: Bytes, start: int, o: int) -> int:
    """Where the text ends without the spaces, tabs and ideographic spaces at its end."""
    while o > start:
        if out[o - 1] == 0x20 or out[o - 1] == 0x09:
            o -= 1
        elif o - start >= 3 and out[o - 1] == 0x80 and out[o - 2] == 0x80 and out[o - 3] == 0xE3:
            o -= 3
        else:
            break
    return o


@njit(int64(uint8[::1], int64, int64, boolean, int64), cache=True, nogil=True)
def _broken(out: Bytes, start: int, o: int, trim: bool, blank_lines: int) -> int:  # noqa: FBT001
    """End a line: without its trailing white space, and not after enough blank lines."""
    if trim:
        o = _without_spaces(out, start, o)
    if blank_lines >= 0:
        if o == start:
            return o
        breaks = 0
        while breaks <= blank_lines and o - breaks > start and out[o - 1 - breaks] == 0x0A:
            breaks += 1
        if breaks > blank_lines:
            return o
    out[o] = 0x0A
    return o + 1


@njit(int64(uint8[::1], int64, int64, boolean, int64), cache=True, nogil=True)
def _ended(out: Bytes, start: int, o: int, trim: bool, blank_lines: int) -> int:  # noqa: FBT001
    """End a document: without the white space and newlines at its end."""
    before = o + 1
    while o < before:
        before = o
        if trim:
            o = _without_spaces(out, start, o)
        while blank_lines >= 0 and o > start and out[o - 1] == 0x0A:
            o -= 1
    return o


@njit(int64(_BYTES, int64, int64, uint8[::1], uint16[::1], uint16[::1]), cache=True, nogil=True)
def _found(
    data: Bytes,
    i: int,
    end: int,
    skips: Bytes,
    pages: npt.NDArray[np.uint16],
    actions: npt.NDArray[np.uint16],
) -> int:
    """Where the first character with an action starts, from `i` on; at least `end` if there is none."""
    while i < end:
        b = data[i]
        # Every branch moves `i` by a constant: added up from a table, each step would wait for the last.
        if b < 0x80:
            if not skips[b]:
                return i
            i += 1
        elif b >= 0xF0:
            if not skips[b]:
                block = (np.int64(b & 0x07) << 12) | (np.int64(data[i + 1] & 0x3F) << 6)
                page = np.int64(pages[block | np.int64(data[i + 2] & 0x3F)])
                if page and actions[page * 64 + np.int64(data[i + 3] & 0x3F)]:
                    return i
            i += 4
        elif b >= 0xE0:
            if not skips[b]:
                page = np.int64(pages[(np.int64(b & 0x0F) << 6) | np.int64(data[i + 1] & 0x3F)])
                if page and actions[page * 64 + np.int64(data[i + 2] & 0x3F)]:
                    return i
            i += 3
        else:
            if not skips[b] and actions[np.int64(pages[b & 0x1F]) * 64 + np.int64(data[i + 1] & 0x3F)]:
                return i
            i += 2
    return i


@njit(int64(_BYTES, int64), cache=True, nogil=True)
def _point(data: Bytes, i: int) -> np.int64:
    """Code point and length as `point * 8 + length`."""
    b = np.int64(data[i])
    if b < 0x80:
        return b * 8 + 1
    if b < 0xE0:
        return ((b & 0x1F) << 6 | np.int64(data[i + 1] & 0x3F)) * 8 + 2
    c = np.int64(data[i + 1] & 0x3F) << 6 | np.int64(data[i + 2] & 0x3F)
    if b < 0xF0:
        return ((b & 0x0F) << 12 | c) * 8 + 3
    return ((b & 0x07) << 18 | c << 6 | np.int64(data[i + 3] & 0x3F)) * 8 + 4


@njit(uint8[::1](uint8[::1], int64, int64), cache=True, nogil=True)
def _roomier(out: Bytes, o: int, more: int) -> Bytes:
    """The same bytes with room for more after the first `o`."""
    if o + more <= out.size:
        return out
    bigger = np.empty(max(out.size * 2, o + more), np.uint8)
    bigger[:o] = out[:o]
    return bigger


@njit(
    types.Tuple((uint8[::1], int64[::1], uint8[::1]))(
        _BYTES,
        _OFFSETS,
        uint8[::1],
        uint16[::1],
        uint16[::1],
        int64[:, ::1],
        int64[::1],
        uint8[::1],
        boolean,
        int64,
    ),
    cache=True,
    nogil=True,
)
def rewrite(
    data: Bytes,
    offsets: Longs,
    skips: Bytes,
    pages: npt.NDArray[np.uint16],
    actions: npt.NDArray[np.uint16],
    choices: Longs,
    firsts: Longs,
    pool: Bytes,
    trim: bool,  # noqa: FBT001
    blank_lines: int,
) -> tuple[Bytes, Longs, Bytes]:
    """New bytes and offsets, and which documents hold a flagged character; `Table` says what they mean.

    What is no UTF-8 becomes U+FFFD, a byte at a time.
    """
    documents = offsets.size - 1
    out = np.empty(offsets[documents] - offsets[0] + 64, np.uint8)
    ends = np.zeros(documents + 1, np.int64)
    flagged = np.zeros(documents, np.uint8)
    o = np.int64(0)
    for d in range(documents):
        i = offsets[d]
        end = offsets[d + 1]
        start = o
        kept = i  # bytes from here to `i` stay as they are and are not yet written
        last, last_start, last_end = np.int64(0), np.int64(-1), np.int64(-1)
        while i < end:
            i = _found(data, i, end, skips, pages, actions)
            if i >= end:
                break
            c = _point(data, i)
            length = c & 7
            c >>= 3
            action = actions[np.int64(pages[c >> 6]) * 64 + (c & 63)]
            if action == _FLAG:
                flagged[d] = 1
                i += length
                continue
            run = i - kept
            out = _roomier(out, o, run + (end - i) + 64)
            for k in range(run):
                out[o + k] = data[kept + k]
            o += run
            i += length
            kept = i
            row = firsts[action]
            while choices[row, 0] != 0 and (choices[row, 0] != last or o != last_end):
                row += 1
            joined = choices[row, 0] != 0
            begin, stop = choices[row, 1], choices[row, 2]
            if choices[row, 3] & 1:
                flagged[d] = 1
            if choices[row, 3] & 2:
                if not joined:
                    o = _broken(out, start, o, trim, blank_lines)
                last_start = o
            else:
                if joined:
                    o = last_start
                elif begin < stop:
                    last_start = o
                for k in range(begin, stop):
                    out[o] = pool[k]
                    o += 1
            if begin < stop:
                last, last_end = np.int64(action), o
        run = end - kept
        out = _roomier(out, o, run + 64)
        for k in range(run):
            out[o + k] = data[kept + k]
        o = _ended(out, start, o + run, trim, blank_lines)
        ends[d + 1] = o
    return out[:o], ends, flagged
