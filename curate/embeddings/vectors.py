"""Vectors of whole numbers in a flat file, whose products are the same on every machine.

A document's vector has the length `SCALE` and whole numbers. By the inequality of Cauchy and Schwarz no
partial sum of the product of two such vectors exceeds 2^24, and all of them are whole: a float32 holds each
exactly, so BLAS gives the same bits in whatever order and with however many threads it adds. That is what
makes verdicts independent of workers, shards and machines; floats would differ in their last bits.
Rounding moves a cosine by about 0.0001, and takes two bytes a dimension.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curate.minhash.bands import Rows
from curate.minhash.store import Store

SCALE = 4000
"""(4000 + sqrt(dimensions) / 2)² < 2^24 for up to 36,000 dimensions."""

Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int16]


class Units(NamedTuple):
    """Vectors, and what to multiply each with for the length 1 (0 for a vector of zeros)."""

    values: Floats
    scale: Floats


def whole(vectors: npt.NDArray[np.floating]) -> Whole:
    """Vectors in whole numbers; those without a direction (no token, not a number) become zeros.

    >>> import numpy as np
    >>> whole(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[2400, 3200], [0, 0]]
    """
    values = vectors.astype(np.float64)
    values[~np.isfinite(values).all(axis=1)] = 0
    length = np.sqrt((values * values).sum(axis=1, keepdims=True))
    return np.rint(np.divide(values * SCALE, length, where=length > 0, out=np.zeros_like(values))).astype(
        np.int16
    )


def units(values: Whole) -> Units:
    """Vectors to multiply with others."""
    floats = values.astype(np.float32)
    squares = np.einsum("ij,ij->i", floats, floats).astype(np.float64)
    scale = np.divide(1, np.sqrt(squares), where=squares > 0, out=np.zeros_like(squares))
    return Units(floats, scale.astype(np.float32))


def cosines(a: Units, b: Units) -> Floats:
    """The cosine of each vector of `a`, one a row, and each of `b`."""
    found = a.values @ b.values.T
    found *= a.scale[:, None]
    found *= b.scale[None, :]
    return found


def reached(threshold: float) -> np.float32:
    """What a cosine must reach: two equal vectors may come out a few 10^-7 below 1."""
    return np.float32(threshold - 1e-6)


@dataclass(frozen=True)
class Vectors:
    """The vectors of all rows, in a file of the store; a row without one has zeros."""

    store: Store
    size: int
    """Dimensions."""

    def create(self) -> None:
        """Make the file, empty (sparse)."""
        self.store.allot("vectors", 2 * self.size * self.store.rows)

    def write(self, row: int, values: Whole) -> None:
        """Write the vectors of rows from this one on."""
        self.store.write("vectors", 2 * self.size * row, values)

    def whole(self, rows: Rows) -> Whole:
        """The vectors of some rows as they lie in the file."""
        return self.store.map("vectors", np.int16, self.store.rows, self.size)[rows]

    def units(self, rows: Rows) -> Units:
        """The vectors of some rows."""
        return units(self.whole(rows))


@dataclass(frozen=True)
class Cosine:
    """How alike two rows are: the cosine of their vectors."""

    size: int

    def of(self, store: Store, a: Rows, b: Rows) -> npt.NDArray[np.float64]:
        """The similarity of each pair of rows."""
        vectors, found = Vectors(store, self.size), np.empty(a.size, np.float64)
        for cut in range(0, a.size, 4096):
            some = slice(cut, cut + 4096)
            one, two = vectors.units(a[some]), vectors.units(b[some])
            products = np.einsum("ij,ij->i", one.values, two.values).astype(np.float64)
            found[some] = np.minimum(products * one.scale * two.scale, 1)
        return found.round(6)
