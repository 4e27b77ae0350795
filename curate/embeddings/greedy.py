"""From cells to stars: who stays, and for whom each other row goes.

A row goes if a row that stays is as similar to it as the threshold asks and is preferred to it; a row stays
if there is none. So a row that goes is always alike to the one it went for, and two that stay never are (as
far as they meet). Chains of pairs, which join half a corpus where "alike" is as loose as a meaning, do not
form: that is the difference from `curate.near_dedup`, whose clusters are connected components.

Whether a row stays depends on rows of other cells, so cells are gone through in turns: in each, rows that
lead in all of their cells stay, and their followers go. Most is decided in the first.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from curate.embeddings.cells import Grid
from curate.embeddings.leaders import UNDECIDED, CellTask, Followers, follow
from curate.minhash.bands import Rows
from curate.minhash.survivors import survivors
from seimai.job import Job


def preference(same: Rows, score: npt.NDArray[np.float64]) -> Rows:
    """The place of each row in the order in which rows are preferred: the highest score, then the first.

    A text counts with the best of its copies, as `survivors` chooses among them.
    """
    best = survivors(same, score, same.size)[same]
    order = np.lexsort((np.arange(same.size), best, -score[best], np.isnan(score[best])))
    rank = np.empty(same.size, np.int64)
    rank[order] = np.arange(same.size)
    return rank


def stars(grid: Grid, near: int, threshold: float, job: Job) -> Rows:
    """For each row the row that stays for it: itself, or one that it resembles.

    A killed run goes on after the last turn that was finished.
    """
    store = grid.vectors.store
    own = store.same == np.arange(store.rows)
    if not store.has("stays"):
        store.put("stays", np.where(own, UNDECIDED, store.same))
    stays = store.map("stays", np.int64, store.rows).copy()
    bar = job.bar("semantic duplicates: cells", int(own.sum()), "rows")
    left = int((stays == UNDECIDED).sum())
    bar.advance(int(own.sum()) - left)
    while left:
        tasks = (CellTask(grid, cell, near, threshold) for cell in range(grid.number))
        _turn(job.executor.map(follow, tasks), stays)
        store.put("stays", stays)
        before, left = left, int((stays == UNDECIDED).sum())
        bar.advance(before - left)
    return stays


def _turn(cells: Iterator[Followers], stays: Rows) -> None:
    """Decide what one turn through all cells decides."""
    leads = stays == UNDECIDED
    found: list[Followers] = []
    for followers in cells:
        leads[followers.rows] = False
        found.append(followers.known())
    stays[leads] = np.flatnonzero(leads)
    rows = np.concatenate([f.rows for f in found])
    leaders = np.concatenate([f.leaders for f in found])
    cosines = np.concatenate([f.cosines for f in found])
    good = stays[leaders] == leaders
    rows, leaders, cosines = rows[good], leaders[good], cosines[good]
    order = np.lexsort((leaders, -cosines, rows))  # the most similar first, of equals the first row
    best = order[np.diff(rows[order], prepend=-1) > 0]
    stays[rows[best]] = leaders[best]


def clusters(stays: Rows, same: Rows) -> Rows:
    """For each row the first row of its cluster: those that one row stays for, and all their copies."""
    stays = stays[same]
    first = np.full(same.size, same.size)
    np.minimum.at(first, stays, np.arange(same.size))
    return first[stays]
