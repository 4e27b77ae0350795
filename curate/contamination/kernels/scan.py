"""One pass over letters: which windows are windows of benchmark texts."""

import numpy as np
import numpy.typing as npt
from numba import int32, int64, njit, types, uint32, uint64

# An index is mapped from its files and read-only.
_SYMBOLS = types.Array(uint32, 1, "C", readonly=True)
_PLACES = types.Array(int64, 1, "C", readonly=True)
_BUCKETS = types.Array(uint32, 1, "C", readonly=True)
_HASHES = types.Array(uint64, 1, "C", readonly=True)

_BLOCK = 8192
FACTOR = 0x9E3779B97F4A7C15 ^ 0x5DEECE66D << 20 | 1
"""The odd base of the windows' polynomial hash, modulo 2^64. What is found is compared letter by letter."""


@njit(uint64[::1](_SYMBOLS, _PLACES, int64), cache=True, nogil=True)
def windows(
    symbols: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], ngram: int
) -> npt.NDArray[np.uint64]:
    """The hash of the window that begins at each symbol; 0 for windows beyond their text's end."""
    found = np.zeros(symbols.size, np.uint64)
    for d in range(starts.size - 1):
        for i in range(starts[d], starts[d + 1] - ngram + 1):
            h = np.uint64(0)
            for k in range(ngram):
                h = h * np.uint64(FACTOR) + np.uint64(symbols[i + k])
            found[i] = h
    return found


@njit(
    int64(_SYMBOLS, int64, int64, uint64, int64, _HASHES, int64, int64[::1], uint64[::1], uint64[::1]),
    cache=True,
    nogil=True,
)
def _candidates(
    symbols: npt.NDArray[np.uint32],
    first: int,
    end: int,
    leaving: np.uint64,
    ngram: int,
    bitmap: npt.NDArray[np.uint64],
    bitmap_bits: int,
    at: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint64],
    state: npt.NDArray[np.uint64],
) -> np.int64:
    """Windows that begin in symbols[first:end] and that the bitmap lets through; how many they are.

    `state` is the hash of the window before its last symbol, kept from call to call.
    """
    factor = np.uint64(FACTOR)
    shift = np.uint64(64 - bitmap_bits)
    h = state[0]
    n = np.int64(0)
    for i in range(first, end):
        h = h * factor + np.uint64(symbols[i + ngram - 1])
        bit = h >> shift
        # A place is written before it is known whether it counts: a branch would cost more.
        at[n] = i
        hashes[n] = h
        n += np.int64(bitmap[bit >> np.uint64(6)] >> (bit & np.uint64(63)) & np.uint64(1))
        h -= np.uint64(symbols[i]) * leaving
    state[0] = h
    return n


@njit(
    types.Tuple((int64[::1], int32[::1]))(_SYMBOLS, _PLACES, int64, _HASHES, int64, _HASHES, _BUCKETS, int64),
    cache=True,
    nogil=True,
)
def scan(
    symbols: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    ngram: int,
    bitmap: npt.NDArray[np.uint64],
    bitmap_bits: int,
    hashes: npt.NDArray[np.uint64],
    buckets: npt.NDArray[np.uint32],
    bucket_bits: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Symbols at which a window of the index begins, in ascending order, and the numbers of the windows.

    The bitmap turns away nearly all others. A window that was seen within its own length is passed over: runs
    of one letter would be found at each of their places, and to no avail, since what is found is extended.
    """
    room = 1024
    at = np.empty(room, np.int64)
    gram = np.empty(room, np.int32)
    n = 0
    leaving = np.uint64(1)
    for _ in range(ngram - 1):
        leaving *= np.uint64(FACTOR)
    shift = np.uint64(64 - bucket_bits)
    some_at = np.empty(_BLOCK, np.int64)
    some = np.empty(_BLOCK, np.uint64)
    state = np.zeros(1, np.uint64)
    for d in range(starts.size - 1):
        first = starts[d]
        last = starts[d + 1] - ngram + 1
        if last <= first:
            continue
        state[0] = 0
        for i in range(first, first + ngram - 1):
            state[0] = state[0] * np.uint64(FACTOR) + np.uint64(symbols[i])
        for block in range(first, last, _BLOCK):
            end = min(last, block + _BLOCK)
            count = _candidates(
                symbols, block, end, leaving, ngram, bitmap, bitmap_bits, some_at, some, state
            )
            if n + count > room:
                room = 2 * room + count
                at = np.concatenate((at, np.empty(room - at.size, np.int64)))
                gram = np.concatenate((gram, np.empty(room - gram.size, np.int32)))
            for c in range(count):
                h = some[c]
                k = np.int64(buckets[h >> shift])
                while k < hashes.size and hashes[k] < h:
                    k += 1
                if k < hashes.size and hashes[k] == h:
                    near = max(first, some_at[c] - ngram)
                    j = n - 1
                    while j >= 0 and at[j] >= near and gram[j] != k:
                        j -= 1
                    if j < 0 or at[j] < near:
                        at[n] = some_at[c]
                        gram[n] = k
                        n += 1
    return at[:n], gram[:n]
