"""The text as it is compared: NFKC, without white space.

Copies of one page differ in width (ＡＢＣ, ABC), in line breaks and in indentation before they differ in a
word. Almost all of NFKC maps one code point to others whatever stands beside it; those are looked up in a
table. A document in which a code point acts on its neighbour (combining marks, half-width voiced kana,
Hangul jamo) goes through `unicodedata`.
"""

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import int32, int64, njit, types, uint8, uint32

from curate.buffers import Bytes, Integers, Utf8, utf8

_MAPPED_END = 0x30000
"""Code points from here on (CJK extensions G and H, tags, private use) stand for themselves in NFKC."""
_COPY, _DROP, _ASK = -1, -2, -3

_READ = types.Array(uint8, 1, "C", readonly=True)
_OFFSETS = types.Array(int64, 1, "C", readonly=True)


def comparable(text: pl.Series) -> Utf8:
    r"""The documents in NFKC and without white space.

    >>> bytes(comparable(pl.Series(["Ｊａｐａｎ　ｶﾞｲﾄﾞ ㈱\n"])).document(0)).decode()
    'Japanガイド(株)'
    """
    where, expansions = _table()
    raw = utf8(text)
    sizes, asks = _measure(raw.data, raw.offsets, where, expansions)
    rows = np.flatnonzero(asks)
    if rows.size:
        normal = [_normalised(str(raw.document(int(i)), "utf-8")) for i in rows]
        sizes[rows] = [len(s.encode()) for s in normal]
        text = text.fill_null("").scatter(rows, normal)
        raw = utf8(text)
    offsets = np.zeros(len(raw) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    return Utf8(_rewrite(raw.data, raw.offsets, where, expansions, int(offsets[-1])), offsets)


def _normalised(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


@cache
def _table() -> tuple[npt.NDArray[np.int32], Bytes]:
    """Per code point what to do, or where its expansion lies: one byte of length, then UTF-8."""
    characters = [chr(c) if not 0xD800 <= c < 0xE000 else "" for c in range(_MAPPED_END)]
    where = np.full(_MAPPED_END, _COPY, np.int32)
    expansions = bytearray()
    leaning = _leaning(characters)
    for c, character in enumerate(characters):
        normal = unicodedata.normalize("NFKC", character)
        kept = _normalised(character)
        if character in leaning or any(x in leaning for x in normal):
            where[c] = _ASK
        elif not kept:
            where[c] = _DROP if character else _COPY
        elif kept != character:
            where[c] = len(expansions)
            expansions += bytes([len(kept.encode())]) + kept.encode()
    return where, np.frombuffer(bytes(expansions), np.uint8)


def _leaning(characters: list[str]) -> set[str]:
    """Characters that may be reordered or joined with the one before: NFKC_Quick_Check is not "yes"."""
    found = {c for c in characters if c and unicodedata.combining(c)}
    found |= set(map(chr, [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]))  # Hangul vowels and finals
    for c in characters:
        parts = unicodedata.decomposition(c).split() if c else []
        if len(parts) == 2 and not parts[0].startswith("<"):
            found.add(chr(int(parts[1], 16)))
    return found


@njit(types.UniTuple(int64, 2)(_READ, int64), cache=True, nogil=True)
def _point(data: Bytes, i: np.int64) -> tuple[np.int64, np.int64]:
    """The code point that begins at byte i, and its bytes; valid UTF-8 is trusted, as Arrow promises it."""
    b = np.int64(data[i])
    if b < 0x80:
        return b, np.int64(1)
    second = np.int64(data[i + 1]) & 0x3F
    if b < 0xE0:
        return (b & 0x1F) << 6 | second, np.int64(2)
    third = np.int64(data[i + 2]) & 0x3F
    if b < 0xF0:
        return (b & 0x0F) << 12 | second << 6 | third, np.int64(3)
    return (b & 0x07) << 18 | second << 12 | third << 6 | (np.int64(data[i + 3]) & 0x3F), np.int64(4)


@njit(
    types.Tuple((int64[::1], types.boolean[::1]))(_READ, _OFFSETS, int32[::1], _READ),
    cache=True,
    nogil=True,
)
def _measure(
    data: Bytes, offsets: Integers, where: npt.NDArray[np.int32], expansions: Bytes
) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Bytes of each document after the table, and whether the table is not enough for it."""
    sizes = np.zeros(offsets.size - 1, np.int64)
    asks = np.zeros(offsets.size - 1, np.bool_)
    for d in range(offsets.size - 1):
        i = offsets[d]
        size = np.int64(0)
        while i < offsets[d + 1]:
            c, width = _point(data, i)
            action = where[c] if c < where.size else np.int32(-1)
            if action == -1:
                size += width
            elif action >= 0:
                size += expansions[action]
            elif action == -3:
                asks[d] = True
            i += width
        sizes[d] = size
    return sizes, asks


@njit(uint8[::1](_READ, _OFFSETS, int32[::1], _READ, int64), cache=True, nogil=True)
def _rewrite(
    data: Bytes, offsets: Integers, where: npt.NDArray[np.int32], expansions: Bytes, size: int
) -> Bytes:
    """The documents after the table; what the table leaves open is in its final form already."""
    out = np.empty(size, np.uint8)
    n = np.int64(0)
    i = offsets[0]
    while i < offsets[offsets.size - 1]:
        c, width = _point(data, i)
        action = where[c] if c < where.size else np.int32(-1)
        if action == -1 or action == -3:
            for k in range(width):
                out[n + k] = data[i + k]
            n += width
        elif action >= 0:
            for k in range(np.int64(expansions[action])):
                out[n + k] = expansions[action + 1 + k]
            n += np.int64(expansions[action])
        i += width
    return out


@njit(uint32[::1](_READ, _OFFSETS), cache=True, nogil=True)
def characters(data: Bytes, offsets: Integers) -> npt.NDArray[np.uint32]:
    """Characters of each document: bytes that do not continue one."""
    found = np.zeros(offsets.size - 1, np.uint32)
    for d in range(offsets.size - 1):
        n = np.uint32(0)
        for i in range(offsets[d], offsets[d + 1]):
            n += np.uint32(data[i] & 0xC0 != 0x80)
        found[d] = n
    return found
