"""neologdn's loop: hyphens, long vowel marks, tildes, sound marks and spaces, a document at a time."""

import numpy as np
import numpy.typing as npt
from numba import boolean, int64, njit, types, uint8, uint16, uint32

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]

_BYTES = types.Array(uint8, 1, "C", readonly=True)
_OFFSETS = types.Array(int64, 1, "C", readonly=True)

_BLOCK, _HYPHEN, _CHOON, _TILDE, _SPACE = 1, 2, 4, 8, 16
_SPACE_POINT, _HYPHEN_POINT, _CHOON_POINT, _STAR, _BOM = 0x20, 0x2D, 0x30FC, 0x2A, 0xFEFF


@njit(int64(_BYTES, int64, int64, uint32[::1]), cache=True, nogil=True)
def _decoded(data: Bytes, i: int, end: int, points: npt.NDArray[np.uint32]) -> int:
    """Code points of `data[i:end]` into `points`; how many."""
    n = 0
    while i < end:
        b = np.uint32(data[i])
        if b < 0x80:
            points[n] = b
            i += 1
        elif b < 0xE0:
            points[n] = (b & 0x1F) << 6 | np.uint32(data[i + 1] & 0x3F)
            i += 2
        elif b < 0xF0:
            points[n] = (b & 0x0F) << 12 | np.uint32(data[i + 1] & 0x3F) << 6 | np.uint32(data[i + 2] & 0x3F)
            i += 3
        else:
            high = (b & 0x07) << 18 | np.uint32(data[i + 1] & 0x3F) << 12
            points[n] = high | np.uint32(data[i + 2] & 0x3F) << 6 | np.uint32(data[i + 3] & 0x3F)
            i += 4
        n += 1
    return n


@njit(int64(uint32[::1], int64, uint8[::1], int64), cache=True, nogil=True)
def _encoded(points: npt.NDArray[np.uint32], count: int, out: Bytes, o: int) -> int:
    """UTF-8 of the first `count` points into `out` from `o` on; where it ends."""
    for k in range(count):
        c = np.int64(points[k])
        if c < 0x80:
            out[o] = c
            o += 1
            continue
        if c < 0x800:
            out[o] = 0xC0 | c >> 6
            o += 1
        else:
            if c < 0x10000:
                out[o] = 0xE0 | c >> 12
                o += 1
            else:
                out[o] = 0xF0 | c >> 18
                out[o + 1] = 0x80 | (c >> 12) & 0x3F
                o += 2
            out[o] = 0x80 | (c >> 6) & 0x3F
            o += 1
        out[o] = 0x80 | c & 0x3F
        o += 1
    return o


@njit(
    int64(uint32[::1], int64, uint8[::1], uint16[::1], uint16[:, ::1], int64, boolean),
    cache=True,
    nogil=True,
)
def _folded(
    points: npt.NDArray[np.uint32],
    count: int,
    kinds: Bytes,
    folds: npt.NDArray[np.uint16],
    voiced: npt.NDArray[np.uint16],
    tilde: int,
    remove_space: bool,  # noqa: FBT001
) -> int:
    """Fold in place; how many points are left. Nothing grows, so what is written never overtakes."""
    n = 0
    last = np.uint32(0)
    after_latin = False
    for k in range(count):
        c = points[k]
        kind = kinds[c] if c < 0x10000 else np.uint8(0)
        if kind & _SPACE:
            c = np.uint32(_SPACE_POINT)
            beside = last == _SPACE_POINT or (last < 0x10000 and kinds[last] & _BLOCK)
            if beside and remove_space:
                continue
            if last != _STAR and n > 0 and last < 0x80:
                after_latin = True
            elif remove_space:
                last = c
                continue
        elif kind & _HYPHEN:
            if last == _HYPHEN_POINT:
                continue
            c = np.uint32(_HYPHEN_POINT)
            after_latin = False
        elif kind & _CHOON:
            if last == _CHOON_POINT:
                continue
            c = np.uint32(_CHOON_POINT)
            after_latin = False
        elif kind & _TILDE:
            if tilde == 0:
                continue
            if tilde > 0:
                c = np.uint32(tilde)
            after_latin = False
        else:
            if c < 0x10000:
                c = np.uint32(folds[c])
            if (c == 0xFF9E or c == 0xFF9F) and last < 0x10000 and voiced[c - 0xFF9E, last]:
                c = np.uint32(voiced[c - 0xFF9E, last])
                n -= 1
            if after_latin and c < 0x10000 and kinds[c] & _BLOCK and remove_space:
                n -= 1
            after_latin = False
        points[n] = c
        n += 1
        last = c
    if n and points[n - 1] == _SPACE_POINT:
        n -= 1
    if n and points[0] == _BOM:  # neologdn decodes its own UTF-32, which eats one
        n -= 1
        for k in range(n):
            points[k] = points[k + 1]
    return n


@njit(int64(uint32[::1], int64, int64, int64), cache=True, nogil=True)
def _shortened(points: npt.NDArray[np.uint32], count: int, repeat: int, longest: int) -> int:
    """Cut each repetition of up to `longest` characters down to `repeat` times, in place.

    As neologdn does it: one look at each position, so that a repetition which a cut further on brings about
    stays. The first copies go rather than the last: what is left is the same, and the rest need not move.
    """
    n = 0
    read = 0
    while read < count:
        most = (count - read) // 2
        if longest and longest < most:
            most = longest + 1
        for length in range(1, most):
            times = 1
            while read + (times + 1) * length <= count:
                start = read + times * length
                k = 0
                while k < length and points[read + k] == points[start + k]:
                    k += 1
                if k < length:
                    break
                times += 1
            if times > repeat:
                read += (times - repeat) * length
        points[n] = points[read]
        n += 1
        read += 1
    return n


@njit(int64(uint32[::1], int64, int64, int64), cache=True, nogil=True)
def _unrepeated(points: npt.NDArray[np.uint32], count: int, repeat: int, longest: int) -> int:
    """Leave no string of up to `longest` characters more than `repeat` times in a row, in place.

    A copy too many goes as soon as it is whole. What is left then ends as it did before that copy, when
    nothing was too many: so nothing has to be looked at again, and a second pass finds nothing.
    """
    n = 0
    for read in range(count):
        points[n] = points[read]
        n += 1
        for length in range(1, longest + 1):
            span = repeat * length
            if span + length > n:
                break
            k = n - 1
            while k >= n - span and points[k] == points[k - length]:
                k -= 1
            if k < n - span:
                n -= length
                break
    return n


@njit(int64(uint32[::1], int64), cache=True, nogil=True)
def _ended(points: npt.NDArray[np.uint32], count: int) -> int:
    """Without byte order marks at the start and spaces at the end, however many."""
    while count and points[count - 1] == _SPACE_POINT:
        count -= 1
    marks = 0
    while marks < count and points[marks] == _BOM:
        marks += 1
    for k in range(marks, count):
        points[k - marks] = points[k]
    return count - marks


@njit(
    types.Tuple((uint8[::1], int64[::1]))(
        _BYTES, _OFFSETS, uint8[::1], uint16[::1], uint16[:, ::1], int64, boolean, int64, int64, boolean
    ),
    cache=True,
    nogil=True,
)
def neologdn(
    data: Bytes,
    offsets: Longs,
    kinds: Bytes,
    folds: npt.NDArray[np.uint16],
    voiced: npt.NDArray[np.uint16],
    tilde: int,
    remove_space: bool,  # noqa: FBT001
    repeat: int,
    longest: int,
    exact: bool,  # noqa: FBT001
) -> tuple[Bytes, Longs]:
    """New bytes and offsets.

    `tilde`: the code point that tildes become, 0 to remove them, -1 to leave them. `repeat` 0 shortens
    nothing.
    """
    documents = offsets.size - 1
    # Only ~ to 〜 grows, threefold; memory that is not written to costs nothing.
    out = np.empty((offsets[documents] - offsets[0]) * (3 if tilde > 0x7F else 1) + 4, np.uint8)
    ends = np.zeros(documents + 1, np.int64)
    widest = np.int64(0)
    for d in range(documents):
        widest = max(widest, offsets[d + 1] - offsets[d])
    points = np.empty(widest + 1, np.uint32)
    o = 0
    for d in range(documents):
        n = _decoded(data, offsets[d], offsets[d + 1], points)
        n = _folded(points, n, kinds, folds, voiced, tilde, remove_space)
        if not exact:
            n = _ended(points, n)
        if repeat > 0:
            n = _shortened(points, n, repeat, longest) if exact else _unrepeated(points, n, repeat, longest)
        o = _encoded(points, n, out, o)
        ends[d + 1] = o
    return out[:o], ends
