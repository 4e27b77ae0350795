"""Centres of cells: spherical k-means over a sample, in whole numbers, so the same on every machine."""

import numpy as np
import numpy.typing as npt
from numba import int16, int64, njit, void

from curate.embeddings.vectors import Units, Vectors, Whole, cosines, units, whole
from curate.minhash.bands import Rows

A_CELL = 64
"""Rows of the sample a cell (faiss takes 39 to 256)."""
TURNS = 10
_AT_A_TIME = 4096


def cells_of(rows: int) -> int:
    """How many cells: few and large ones have few borders, and work still grows with N^1.5 only.

    A quarter of the root was measured to be fastest at 60,000 rows; below 20,000 all pairs are faster.

    >>> cells_of(10_000), cells_of(60_000), cells_of(1_000_000)
    (1, 61, 250)
    """
    return round(rows**0.5 / 4) if rows > 20_000 else 1


def drawn(rows: Rows, number: int, seed: int) -> Rows:
    """Some rows in an order of chance that the seed and their numbers alone decide."""
    mixed = (rows.astype(np.uint64) + np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return rows[np.argsort(mixed, kind="stable")[:number]]


def centres(vectors: Vectors, rows: Rows, number: int, seed: int) -> Whole:
    """The centres of `number` cells (fewer where there are fewer rows)."""
    sample = vectors.whole(drawn(rows, number * A_CELL, seed))
    found = sample[:number].copy()
    for _ in range(TURNS if number > 1 else 1):
        near = nearest(sample, units(found))
        sums = np.zeros((len(found), vectors.size), np.int64)
        _add(sums, near, sample)
        filled = np.bincount(near, minlength=len(found)) > 0
        found[filled] = whole(sums[filled].astype(np.float64))
    return found


def nearest(values: Whole, cells: Units) -> Rows:
    """The cell of each vector; of equally near ones the first."""
    found = np.empty(len(values), np.int64)
    for cut in range(0, len(values), _AT_A_TIME):
        some = slice(cut, cut + _AT_A_TIME)
        found[some] = cosines(units(values[some]), cells).argmax(axis=1)
    return found


@njit(void(int64[:, ::1], int64[::1], int16[:, ::1]), cache=True, nogil=True)
def _add(sums: npt.NDArray[np.int64], near: Rows, values: Whole) -> None:
    for i in range(near.size):
        cell = near[i]
        for d in range(values.shape[1]):
            sums[cell, d] += values[i, d]
