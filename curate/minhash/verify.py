"""The exact Jaccard similarity of the shingle sets of two documents.

Shingles are compared by 64 bits of a polynomial over their code points: two different ones among the
shingles of two documents of 10,000 characters are taken for one with a chance of about 10^-11.
"""

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import float64, int64, njit, types, uint8

from curate.minhash.comparable import comparable

Rows = npt.NDArray[np.int64]


def similarity(a: str, b: str, ngram: int) -> float:
    """Exact similarity of two texts, as they are compared.

    >>> similarity("精米とは、玄米を削ること。", "精米とは 玄米を削ること｡", 2)  # 10 pairs of letters of 13
    0.7692307692307693
    """
    text = comparable(pl.Series([a, b]))
    return float(jaccard(text.data, text.offsets[None, :2].copy(), text.offsets[None, 1:].copy(), ngram)[0])


_READ = types.Array(uint8, 1, "C", readonly=True)
_PLACES = types.Array(int64, 2, "C", readonly=True)  # Ray hands arrays over read-only


@njit(int64(_READ, int64, int64, int64, types.uint64[::1]), cache=True, nogil=True)
def _shingles(
    data: npt.NDArray[np.uint8], start: np.int64, end: np.int64, ngram: int, out: npt.NDArray[np.uint64]
) -> np.int64:
    """Hashes of all windows of a document; returns how many there are.

    The code points go to the far half of `out`, so that the window knows what leaves it.
    """
    base = np.uint64(0x9E3779B97F4A7C15)
    leaving = np.uint64(1)
    for _ in range(ngram):
        leaving *= base
    points = out.size // 2
    rolling = np.uint64(0)
    chars = np.int64(0)
    i = start
    while i < end:
        c = np.uint64(data[i])
        i += 1
        if c >= 0xC0:
            c &= np.uint64(0x1F) if c < 0xE0 else (np.uint64(0x0F) if c < 0xF0 else np.uint64(0x07))
            while i < end and data[i] & 0xC0 == 0x80:
                c = c << np.uint64(6) | np.uint64(data[i] & 0x3F)
                i += 1
        c += np.uint64(1)
        out[points + chars] = c
        rolling = rolling * base + c
        if chars >= ngram:
            rolling -= leaving * out[points + chars - ngram]
        chars += 1
        if chars >= ngram:
            out[chars - ngram] = rolling
    if 0 < chars < ngram:
        out[0] = rolling
        return np.int64(1)
    return max(np.int64(0), chars - ngram + 1)


@njit(int64(types.uint64[::1], int64[::1], int64, int64, types.uint64), cache=True, nogil=True)
def _slot(keys: npt.NDArray[np.uint64], owner: Rows, who: np.int64, mask: np.int64, h: np.uint64) -> np.int64:
    """Where `h` lies in the table of `who`, or the empty slot where it may be put."""
    mixed = (h ^ h >> np.uint64(32)) * np.uint64(0xD6E8FEB86659FD93)
    slot = np.int64(mixed >> np.uint64(24)) & mask
    while owner[slot] == who and keys[slot] != h:
        slot = (slot + 1) & mask
    return slot


@njit(float64[::1](_READ, _PLACES, _PLACES, int64), cache=True, nogil=True)
def jaccard(data: npt.NDArray[np.uint8], a: Rows, b: Rows, ngram: int) -> npt.NDArray[np.float64]:
    """Similarity of each pair of spans of `data`; pairs with the same `a` are best kept together.

    A text shorter than a window is one shingle; two empty texts are not alike (0).
    """
    longest = np.int64(1)
    for p in range(a.shape[0]):
        longest = max(longest, a[p, 1] - a[p, 0], b[p, 1] - b[p, 0])
    size = np.int64(8)
    while size <= 2 * longest:  # more than any mask below
        size *= 2
    shingles = np.empty(2 * longest, np.uint64)
    keys, others = np.empty(size, np.uint64), np.empty(size, np.uint64)
    # The pair that last wrote a slot owns it, so that nothing needs clearing.
    owner, others_owner, met = (
        np.full(size, -1, np.int64),
        np.full(size, -1, np.int64),
        np.full(size, -1, np.int64),
    )
    held = np.int64(-1)  # the pair whose a lies in `keys`
    mask = of_a = np.int64(0)
    out = np.zeros(a.shape[0], np.float64)
    for p in range(a.shape[0]):
        if held < 0 or a[p, 0] != a[held, 0] or a[p, 1] != a[held, 1]:
            held, of_a, mask = np.int64(p), np.int64(0), np.int64(7)
            n = _shingles(data, a[p, 0], a[p, 1], ngram, shingles)
            while mask < 2 * n:
                mask = 2 * mask + 1
            for k in range(n):
                slot = _slot(keys, owner, held, mask, shingles[k])
                if owner[slot] != held:
                    owner[slot], keys[slot] = held, shingles[k]
                    of_a += 1
        shared, only_b, mask_b = np.int64(0), np.int64(0), np.int64(7)
        n = _shingles(data, b[p, 0], b[p, 1], ngram, shingles)
        while mask_b < 2 * n:
            mask_b = 2 * mask_b + 1
        for k in range(n):
            slot = _slot(keys, owner, held, mask, shingles[k])
            if owner[slot] == held:
                shared += met[slot] != p
                met[slot] = p
                continue
            slot = _slot(others, others_owner, np.int64(p), mask_b, shingles[k])
            if others_owner[slot] != p:
                others_owner[slot], others[slot] = p, shingles[k]
                only_b += 1
        if of_a + only_b > 0:
            out[p] = shared / (of_a + only_b)
    return out
