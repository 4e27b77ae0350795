"""MinHash signatures, bit-identical to `datasketch.MinHash` fed the same n-grams with FNV-1a 32.

Every window of `ngram` characters is hashed with FNV-1a over its UTF-8 bytes, mixed by MurmurHash3's
finaliser and permuted by `a * h + b mod 2^32` (datasketch's scheme `affine32`). A text shorter than a
window is one shingle; an empty text has none, and all its values are 2^32 - 1.
"""

import numpy as np
import numpy.typing as npt
from numba import int64, njit, types, uint8, uint32, void

from curate.buffers import Bytes, Utf8

Signatures = npt.NDArray[np.uint32]
"""One row a document, one column a permutation."""

Row = npt.NDArray[np.uint32]
Table = npt.NDArray[np.uint32]
Permutations = tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]


def permutations(num_perm: int) -> Permutations:
    """The multipliers and addends of `datasketch.MinHash(num_perm, seed=1)`, without its slow import."""
    dice = np.random.RandomState(1)
    a = dice.randint(0, 1 << 31, num_perm, np.uint32) * np.uint32(2) + np.uint32(1)
    return a, dice.randint(0, 1 << 32, num_perm, np.uint32)


def signatures(text: Utf8, ngram: int, of: Permutations) -> Signatures:
    """The signatures of all documents."""
    return _signatures(text.data, text.offsets, ngram, of[0], of[1])


def fnv1a(data: bytes) -> int:
    """FNV-1a, 32 bits: the `hashfunc` that makes datasketch give the same signatures.

    http://www.isthe.com/chongo/tech/comp/fnv/

    >>> hex(fnv1a("精米".encode()))
    '0x83d5ca4f'
    """
    h = 0x811C9DC5
    for byte in data:
        h = (h ^ byte) * 0x01000193 & 0xFFFFFFFF
    return h


_BLOCK = 256
"""Windows hashed at a time: what is known of them stays in the fastest cache."""
_LANES = 32
"""Blocks are filled up to a multiple of it with one of their hashes, so that no loop has scalar leftovers."""
_LONGEST = 64
"""Characters of a window at most, as `curate.near_dedup` has it."""

_DATA = types.Array(uint8, 1, "C", readonly=True)
_NUMBERS = types.Array(uint32, 1, "C", readonly=True)  # Ray hands arrays over read-only


@njit(int64(_DATA, int64, uint32[:, ::1], uint32[:, ::1], int64), cache=True, nogil=True)
def _lay_out(data: Bytes, i: np.int64, letters: Table, times: Table, c: np.int64) -> np.int64:
    """Put the character at byte i into column c, a byte a row; returns its bytes.

    Hashing goes over whole rows at once. Where a character has no such byte, `h = (h ^ 0) * 1` does nothing.
    """
    lead = data[i]
    width = np.int64(1)
    if lead >= 0xC0:
        width = np.int64(2) if lead < 0xE0 else (np.int64(3) if lead < 0xF0 else np.int64(4))
    letters[0, c] = lead
    for k in range(1, 4):
        there = k < width
        letters[k, c] = data[i + k] if there else np.uint32(0)
        times[k, c] = np.uint32(0x01000193) if there else np.uint32(1)
    return width


@njit(void(uint32[::1], uint32[:, ::1], uint32[:, ::1], int64, int64), cache=True, nogil=True)
def _hash(hashes: Row, letters: Table, times: Table, chars: np.int64, widest: np.int64) -> None:
    """FNV-1a of the windows of so many characters, one beginning at each column, then the finaliser."""
    # Numba widens uint32 * uint32 to 64 bits: each product is cast back.
    n = hashes.size
    hashes[:] = np.uint32(0x811C9DC5)
    for i in range(chars):
        for k in range(widest):
            letter, factor = letters[k, i : i + n], times[k, i : i + n]
            for w in range(n):
                hashes[w] = np.uint32((hashes[w] ^ letter[w]) * factor[w])
    for w in range(n):
        h = hashes[w]
        h ^= h >> np.uint32(16)
        h = np.uint32(h * np.uint32(0x85EBCA6B))
        h ^= h >> np.uint32(13)
        h = np.uint32(h * np.uint32(0xC2B2AE35))
        h ^= h >> np.uint32(16)
        hashes[w] = h


@njit(void(uint32[::1], uint32[::1], _NUMBERS, _NUMBERS), cache=True, nogil=True)
def _lower(least: Row, hashes: Row, a: Row, b: Row) -> None:
    """Lower the values of a signature to those of these hashes, where they are less."""
    for p in range(a.size):
        value = least[p]
        for w in range(hashes.size):
            value = min(value, np.uint32(np.uint32(a[p] * hashes[w]) + b[p]))
        least[p] = value


@njit(
    uint32[:, ::1](_DATA, types.Array(int64, 1, "C", readonly=True), int64, _NUMBERS, _NUMBERS),
    cache=True,
    nogil=True,
)
def _signatures(data: Bytes, offsets: npt.NDArray[np.int64], ngram: int, a: Row, b: Row) -> Signatures:
    out = np.full((offsets.size - 1, a.size), np.uint32(0xFFFFFFFF), np.uint32)
    letters = np.zeros((4, _BLOCK + _LONGEST), np.uint32)
    times = np.full((4, _BLOCK + _LONGEST), np.uint32(0x01000193), np.uint32)
    hashes = np.empty(_BLOCK, np.uint32)
    for d in range(offsets.size - 1):
        i, end = offsets[d], offsets[d + 1]
        chars = widest = np.int64(0)
        while i < end:
            while i < end and chars < _BLOCK + ngram - 1:
                width = _lay_out(data, i, letters, times, chars)
                widest = max(widest, width)
                i += width
                chars += 1
            windows = max(np.int64(1), chars - ngram + 1)  # a text shorter than a window is one
            _hash(hashes[:windows], letters, times, min(chars, np.int64(ngram)), widest)
            filled = (windows + _LANES - 1) // _LANES * _LANES
            hashes[windows:filled] = hashes[0]
            _lower(out[d], hashes[:filled], a, b)
            chars = min(chars, np.int64(ngram - 1))
            for k in range(4):  # the next windows begin with the last characters of this block
                for c in range(chars):
                    letters[k, c] = letters[k, windows + c]
                    times[k, c] = times[k, windows + c]
    return out
