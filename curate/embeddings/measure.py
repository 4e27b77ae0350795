"""From rows to vectors in cells, and what a sample of them shows."""

from pathlib import Path

import numpy as np

from curate.embeddings.cells import (
    SAMPLE,
    CellsTask,
    Grid,
    Sampled,
    Seen,
    both,
    near_cells,
    put_into_cells,
    recall_by_cells,
    unseen,
)
from curate.embeddings.embed import embed, tasks
from curate.embeddings.encoder import open_encoder
from curate.embeddings.kmeans import cells_of, centres, drawn
from curate.embeddings.shown import write
from curate.embeddings.spread import Spread
from curate.embeddings.vectors import Vectors, units
from curate.minhash.store import Store
from seimai import dataset
from seimai.job import Job

FILE_ROWS = (2048, 1 << 16)
"""Rows of a file of cells, least and most: a cell is read from all files."""


class Measure:
    """The vectors of all rows, in cells."""

    def __init__(self, rows: dataset.Rows, job: Job, store: Store, encoder: Path, prompt: str) -> None:
        self._rows, self._job = rows, job
        vectors = Vectors(store, open_encoder(encoder).size)
        vectors.create()
        bar = job.bar("semantic duplicates: vectors", store.rows, "rows")
        for done in job.executor.map(embed, tasks(rows, vectors, encoder, prompt)):
            bar.advance(done)
        self._own = np.flatnonzero(store.same == np.arange(store.rows))
        block = int(np.clip(store.rows // 64, *FILE_ROWS))
        self.grid = Grid(vectors, cells_of(self._own.size), block)

    def show(self, threshold: float | None, recall: float) -> int:
        """Write what the sample shows; returns in how many cells a row is to be compared."""
        grid, store = self.grid, self.grid.vectors.store
        sampled, seen = self._into_cells(threshold)
        copies = store.rows - self._own.size
        spread = Spread(store.rows, copies, sampled, seen)
        found = recall_by_cells(seen.met)
        enough = np.flatnonzero(found >= recall)
        near = int(enough[0]) + 1 if enough.size else grid.near
        meet = ""
        if threshold is not None:
            meet = (
                f"{grid.number} cells, each document in its {near} nearest: "
                f"{found[near - 1]:.2%} of its duplicates meet it ({found[0]:.2%} in one cell)."
            )
            bar = self._job.bar("semantic duplicates: threshold", 1, "samples")
            bar.note(f"{threshold:g} drops {spread.likely(threshold):.1%} at most; {meet}")
            bar.advance()
        write(spread, threshold, meet, self._rows, store, self._job.out)
        return near

    def _into_cells(self, threshold: float | None) -> tuple[Sampled, Seen]:
        """Put all rows into cells; a killed run that had done so takes what it saw from its file."""
        grid, store, job = self.grid, self.grid.vectors.store, self._job
        middle = centres(grid.vectors, self._own, grid.number, job.seed)
        rows = drawn(self._own, SAMPLE, job.seed + 1)
        rank = store.map("rank", np.int64, store.rows)[rows]
        sampled = Sampled(rows, rank, near_cells(grid.vectors.units(rows), units(middle), grid.near))
        work = [
            CellsTask(grid, middle, first, number, sampled, 2.0 if threshold is None else threshold)
            for first, number in grid.blocks()
        ]
        bar = job.bar("semantic duplicates: sample", store.rows, "rows")
        seen = unseen(rows.size, grid.near)
        for task, found in zip(work, job.executor.map(put_into_cells, work), strict=True):
            seen = both(seen, found)
            bar.advance(task.rows)
        return sampled, seen
