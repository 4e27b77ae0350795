"""Documents cut into units, each with the white space after it, and the keys by which units are compared.

Two units are the same if they are equal in NFKC and without white space, by 64 bits of XXH3: of a billion
different units one is taken for one of a million that recur once in 20,000 runs.
"""

from typing import Any, Literal, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]
import xxhash
from numba import int64, njit, types, uint8

from curate.buffers import Bytes, Integers, Utf8, utf8
from curate.minhash.comparable import characters, comparable

Unit = Literal["line", "paragraph", "sentence"]
Keys = npt.NDArray[np.uint64]

BLANK, BEGIN, END = 0, 1, 2
"""Keys that are none of a text: white space only, the beginning and the end of a document."""

_SLICE = 1 << 23
"""Bytes of text that are normalised at a time: one document may be as long as it likes."""

_KINDS = {"line": 0, "paragraph": 1, "sentence": 2}
_READ = types.Array(uint8, 1, "C", readonly=True)
_OFFSETS = types.Array(int64, 1, "C", readonly=True)


class Pieces(NamedTuple):
    """Unit i is `text.data[bounds[i]:bounds[i + 1]]`; document d has units `of[d]` to `of[d + 1]`."""

    text: Utf8
    bounds: Integers
    of: Integers


def pieces(text: pl.Series, unit: Unit) -> Pieces:
    r"""Cut documents into units.

    A line ends with its line feed. A paragraph ends before a line that follows a blank one. A sentence ends
    with a line, and after 。！？ (or `!`, `?` before white space) and the brackets that close there.

    >>> found = pieces(pl.Series(["米を「磨く。」糠が出る。\n米糠"]), "sentence")
    >>> bounds = found.bounds.tolist()
    >>> [bytes(found.text.data[a:b]).decode() for a, b in zip(bounds, bounds[1:])]
    ['米を「磨く。」', '糠が出る。', '\n', '米糠']
    """
    raw = utf8(text)
    of = np.zeros(len(raw) + 1, np.int64)
    size = int(_cut(raw.data, raw.offsets, _KINDS[unit], np.zeros(0, np.int64), of))
    bounds = np.zeros(size + 1, np.int64)
    _cut(raw.data, raw.offsets, _KINDS[unit], bounds, of)
    bounds[size] = raw.offsets[-1]
    return Pieces(raw, bounds, of)


def keys_of(found: Pieces) -> tuple[Keys, npt.NDArray[np.uint32]]:
    """The key of each unit, and its characters without white space."""
    number = found.bounds.size - 1
    keys, chars = np.zeros(number, np.uint64), np.zeros(number, np.uint32)
    first = 0
    while first < number:
        limit = int(found.bounds[first]) + _SLICE
        last = int(np.searchsorted(found.bounds, limit, "right")) - 1
        last = min(max(last, first + 1), number)
        bounds = found.bounds[first : last + 1]
        same = comparable(_series(found.text.data[bounds[0] : bounds[-1]], bounds - bounds[0]))
        chars[first:last] = characters(same.data, same.offsets)
        hashes = [xxhash.xxh3_64_intdigest(same.document(i)) for i in range(last - first)]
        keys[first:last] = np.maximum(np.array(hashes, np.uint64), END + 1)
        first = last
    keys[chars == 0] = BLANK
    return keys, chars


def _series(data: Bytes, offsets: Integers) -> pl.Series:
    arrow, frames = cast("Any", pa), cast("Any", pl)  # both lack types here
    buffers = [None, arrow.py_buffer(np.ascontiguousarray(offsets)), arrow.py_buffer(data)]
    return frames.from_arrow(arrow.Array.from_buffers(arrow.large_string(), offsets.size - 1, buffers))


@njit(types.boolean(_READ, int64, int64), cache=True, nogil=True)
def _is_blank(data: Bytes, begin: int, end: int) -> bool:
    i = begin
    while i < end:
        if data[i] == 0x20 or (0x09 <= data[i] <= 0x0D):
            i += 1
        elif i + 2 < end and data[i] == 0xE3 and data[i + 1] == 0x80 and data[i + 2] == 0x80:
            i += 3  # the ideographic space
        else:
            return False
    return True


@njit(types.boolean(_READ, int64, int64), cache=True, nogil=True)
def _ends_sentence(data: Bytes, i: int, end: int) -> bool:
    """Whether a mark begins at byte i that ends a sentence."""
    if data[i] == 0x21 or data[i] == 0x3F:
        return i + 1 < end and (data[i + 1] == 0x20 or data[i + 1] == 0x09)
    if i + 2 >= end:
        return False
    if data[i] == 0xE3:
        return data[i + 1] == 0x80 and data[i + 2] == 0x82
    return data[i] == 0xEF and data[i + 1] == 0xBC and (data[i + 2] == 0x81 or data[i + 2] == 0x9F)


@njit(types.boolean(_READ, int64, int64), cache=True, nogil=True)
def _closes(data: Bytes, i: int, end: int) -> bool:
    """Whether a closing bracket, or one more mark, begins at byte i: 」』】〕〉》）!?"""
    if data[i] == 0x29 or data[i] == 0x21 or data[i] == 0x3F:
        return True
    if i + 2 >= end:
        return False
    if data[i] == 0xE3 and data[i + 1] == 0x80:
        c = data[i + 2]
        return c == 0x82 or c == 0x8D or c == 0x8F or c == 0x91 or c == 0x95 or c == 0x89 or c == 0x8B
    if data[i] == 0xEF and data[i + 1] == 0xBC:
        return data[i + 2] == 0x89 or data[i + 2] == 0x81 or data[i + 2] == 0x9F
    return False


@njit(int64(_READ, _OFFSETS, int64, int64[::1], int64[::1]), cache=True, nogil=True)
def _cut(data: Bytes, offsets: Integers, kind: int, bounds: Integers, of: Integers) -> np.int64:
    """Count the units, or write where each begins; `of` gets the first unit of each document."""
    n = np.int64(0)
    writes = bounds.size > 0
    for d in range(offsets.size - 1):
        of[d] = n
        i, end = offsets[d], offsets[d + 1]
        open_, blank = False, False
        while i < end:
            line = i
            while i < end and data[i] != 0x0A:
                i += 1
            i = min(i + 1, end)
            empty = _is_blank(data, line, i)
            if kind != 1 or not open_ or (blank and not empty):
                if writes:
                    bounds[n] = line
                n += 1
            open_, blank = True, empty
            if kind == 2:
                j = line
                while j < i:
                    if _ends_sentence(data, j, i):
                        j += 1 if data[j] < 0x80 else 3
                        while j < i and _closes(data, j, i):
                            j += 1 if data[j] < 0x80 else 3
                        if j < i:
                            if writes:
                                bounds[n] = j
                            n += 1
                    else:
                        j += 1
    of[offsets.size - 1] = n
    return n
