"""Which cells a row may be compared in, and how many of them are enough.

Two alike rows may lie on two sides of a border between cells, so a row is compared in the nearest cells and
not only in its own. How many are needed is measured, on the corpus itself: a sample of rows is compared with
all others, and for each pair that reaches the threshold it is seen in which of the nearest cells it meets.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curate.embeddings.vectors import Floats, Units, Vectors, Whole, cosines, reached, units
from curate.minhash.bands import Rows
from curate.minhash.entries import Written, read_entries, write_entries
from curate.minhash.store import Store

MOST = 16
"""Cells a row may be compared in at most."""
SAMPLE = 2048
"""Rows that are compared with all others: their share of duplicates is known to 1 % (one deviation)."""
_AT_A_TIME = 2048

Cells = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Grid:
    """The cells of a search: their files."""

    vectors: Vectors
    number: int
    block: int
    """Rows of a file."""

    @property
    def bits(self) -> int:
        """Bits of a cell's number; the number after the last is that of rows without a cell."""
        return self.number.bit_length()

    @property
    def near(self) -> int:
        """How many cells are known of each row."""
        return min(MOST, self.number)

    def blocks(self) -> list[tuple[int, int]]:
        """First row and number of rows of each file."""
        rows = self.vectors.store.rows
        return [(first, min(self.block, rows - first)) for first in range(0, rows, self.block)]

    def members(self, cell: int, order: int) -> Rows:
        """Rows whose nearest cell (0) this is, or the next one (1), and so on."""
        store = self.vectors.store
        files = (Written(store.directory / f"cells-{first}", first, size) for first, size in self.blocks())
        return read_entries(files, order, self.near, cell, self.bits)[1]


class Sampled(NamedTuple):
    """Rows that are compared with all others."""

    rows: Rows
    rank: Rows
    """Their places in the order in which rows are preferred."""
    cells: Cells
    """The cells near them, one line a row."""


class Seen(NamedTuple):
    """What a sample has met: for each of its rows, one line or one number."""

    nearest: Floats
    """The cosine of the most similar other row, and which row it is."""
    neighbour: Rows
    above: Floats
    """The cosine of the most similar row that is preferred to it."""
    met: npt.NDArray[np.int64]
    """How many of its duplicates are met first in how many cells; in the last column those in no cell."""


@dataclass(frozen=True)
class CellsTask:
    """Some rows to put into cells, and to compare with the sample."""

    grid: Grid
    centres: Whole
    first: int
    rows: int
    sampled: Sampled
    threshold: float


def near_cells(values: Units, centres: Units, number: int) -> Cells:
    """The nearest cells of each vector, the nearest first; of equally near ones the first."""
    found = np.empty((len(values.values), number), np.int32)
    likeness = cosines(values, centres)
    every = np.arange(len(likeness))
    for order in range(number):
        found[:, order] = likeness.argmax(axis=1)
        likeness[every, found[:, order]] = -np.inf
    return found


def put_into_cells(task: CellsTask) -> Seen:
    """Write the cells of some rows; returns what the sample has seen of them."""
    grid, sampled = task.grid, task.sampled
    store = grid.vectors.store
    sample, centres = grid.vectors.units(sampled.rows), units(task.centres)
    keys = np.full((grid.near, task.rows), grid.number, np.uint64)
    seen = unseen(sampled.rows.size, grid.near)
    compared = compared_rows(store, task.first, task.rows)
    for cut in range(0, compared.size, _AT_A_TIME):
        rows = compared[cut : cut + _AT_A_TIME]
        values = grid.vectors.units(rows)
        some = values.scale > 0
        rows, values = rows[some], Units(values.values[some], values.scale[some])
        cells = near_cells(values, centres, grid.near)
        keys[:, rows - task.first] = cells.T
        seen = both(seen, _look(task, sample, rows, values, cells))
    write_entries(store.directory / f"cells-{task.first}", keys << np.uint64(64 - grid.bits), grid.bits)
    return seen


def compared_rows(store: Store, first: int, number: int) -> Rows:
    """Rows that have no earlier copy."""
    rows = np.arange(first, first + number)
    return rows[store.same[rows] == rows]


def unseen(rows: int, near: int) -> Seen:
    """Nothing, of so many rows."""
    none = np.full(rows, -1, np.float32)
    return Seen(none, np.full(rows, -1), none.copy(), np.zeros((rows, near + 1), np.int64))


def both(a: Seen, b: Seen) -> Seen:
    """What was seen in either; of equally similar neighbours the first."""
    better = b.nearest > a.nearest
    return Seen(
        np.where(better, b.nearest, a.nearest),
        np.where(better, b.neighbour, a.neighbour),
        np.maximum(a.above, b.above),
        a.met + b.met,
    )


def _look(task: CellsTask, sample: Units, rows: Rows, values: Units, cells: Cells) -> Seen:
    sampled = task.sampled
    if not rows.size:
        return unseen(sampled.rows.size, task.grid.near)
    likeness = cosines(sample, values)
    likeness[sampled.rows[:, None] == rows[None, :]] = -1
    best = likeness.argmax(axis=1)
    rank = task.grid.vectors.store.map("rank", np.int64, task.grid.vectors.store.rows)[rows]
    above = np.where(rank[None, :] < sampled.rank[:, None], likeness, np.float32(-1)).max(axis=1)
    number = task.grid.number
    places = np.minimum(
        _places(sampled.cells, number)[:, cells[:, 0]], _places(cells, number)[:, sampled.cells[:, 0]].T
    )
    one, two = np.nonzero(likeness >= reached(task.threshold))
    columns = task.grid.near + 1
    met = np.bincount(one * columns + places[one, two], minlength=sampled.rows.size * columns)
    return Seen(likeness[np.arange(best.size), best], rows[best], above, met.reshape(-1, columns))


def _places(cells: Cells, number: int) -> npt.NDArray[np.int8]:
    """Where in each line each of all cells stands; the length of a line if nowhere."""
    found = np.full((len(cells), number), cells.shape[1], np.int8)
    np.put_along_axis(found, cells, np.arange(cells.shape[1], dtype=np.int8)[None, :], axis=1)
    return found


def recall_by_cells(met: npt.NDArray[np.int64]) -> Floats:
    """The share of a row's duplicates that it meets in 1, 2, ... cells: the mean over rows that have any."""
    total = met.sum(axis=1)
    if not total.any():
        return np.ones(int(met.shape[1]) - 1, np.float32)
    shares = np.cumsum(met, axis=1)[total > 0, :-1] / total[total > 0, None]
    return np.asarray(shares.mean(axis=0), np.float32)
