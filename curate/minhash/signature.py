"""MinHash signatures, bit-identical to `datasketch.MinHash` fed the same n-grams with FNV-1a 32.

Every window of `ngram` characters is hashed with FNV-1a over its UTF-8 bytes, mixed by MurmurHash3's
finaliser and permuted by `a * h + b mod 2^32` (datasketch's scheme `affine32`). A text shorter than a
window is one shingle; an empty text has none, and all its values are 2^32 - 1.
"""

from typing import Any, cast

import numpy as np
import numpy.typing as npt
from numba import int64, njit, types, uint8, uint32

from curate.buffers import Utf8

Signatures = npt.NDArray[np.uint32]
"""One row a document, one column a permutation."""

Permutations = tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]


def permutations(num_perm: int) -> Permutations:
    """The multipliers and addends of `datasketch.MinHash(num_perm, seed=1)`."""
    from datasketch import MinHash  # pyright: ignore[reportMissingTypeStubs]

    a, b = cast("Any", MinHash(num_perm=num_perm, seed=1)).permutations
    return np.asarray(a, np.uint32), np.asarray(b, np.uint32)


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


@njit(
    uint32[:, ::1](
        types.Array(uint8, 1, "C", readonly=True),
        types.Array(int64, 1, "C", readonly=True),
        int64,
        types.Array(uint32, 1, "C", readonly=True),  # Ray hands arrays over read-only
        types.Array(uint32, 1, "C", readonly=True),
    ),
    cache=True,
    nogil=True,
)
def _signatures(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    ngram: int,
    a: npt.NDArray[np.uint32],
    b: npt.NDArray[np.uint32],
) -> Signatures:
    # Numba widens uint32 * uint32 to 64 bits: each product is cast back.
    out = np.full((offsets.size - 1, a.size), np.uint32(0xFFFFFFFF), np.uint32)
    hashes = np.empty(64, np.uint32)
    for d in range(offsets.size - 1):
        end = offsets[d + 1]
        start = offsets[d]
        stop = start  # the window is data[start:stop]
        chars = 0
        while stop < end and chars < ngram:
            stop += 1
            while stop < end and data[stop] & 0xC0 == 0x80:
                stop += 1
            chars += 1
        held = 0
        more = stop > start
        while more:
            h = np.uint32(0x811C9DC5)
            for i in range(start, stop):
                h = np.uint32(np.uint32(h ^ np.uint32(data[i])) * np.uint32(0x01000193))
            h ^= h >> np.uint32(16)
            h = np.uint32(h * np.uint32(0x85EBCA6B))
            h ^= h >> np.uint32(13)
            h = np.uint32(h * np.uint32(0xC2B2AE35))
            h ^= h >> np.uint32(16)
            hashes[held] = h
            held += 1
            more = stop < end
            if more:
                start += 1
                while data[start] & 0xC0 == 0x80:
                    start += 1
                stop += 1
                while stop < end and data[stop] & 0xC0 == 0x80:
                    stop += 1
            # A block of hashes at a time: the inner loop becomes vector code.
            if held == 64 or not more:
                for p in range(a.size):
                    least = out[d, p]
                    for k in range(held):
                        least = min(least, np.uint32(np.uint32(a[p] * hashes[k]) + b[p]))
                    out[d, p] = least
                held = 0
    return out
