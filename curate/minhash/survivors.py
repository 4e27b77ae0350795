"""Of each cluster one row stays: which, and how alike those that go are to it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import float64, int64, njit

from curate.minhash.bands import Rows
from curate.minhash.similar import Similar
from curate.minhash.store import Store


@dataclass(frozen=True)
class SimilarTask:
    """Rows that go, and the row that stays for each."""

    store: Store
    similar: Similar
    goes: Rows
    stays: Rows


def similar_to(task: SimilarTask) -> npt.NDArray[np.float64]:
    """The similarities of a task's pairs; of copies of one text only the first is compared."""
    same = task.store.same
    a, b = same[task.stays], same[task.goes]
    found = np.ones(a.size)
    pairs, back = np.unique(np.stack([a, b]), axis=1, return_inverse=True)
    different = pairs[0] != pairs[1]
    values = np.ones(pairs.shape[1])
    values[different] = task.similar.of(task.store, pairs[0][different], pairs[1][different])
    found[:] = values[back.reshape(-1)]
    return found


@njit(int64[::1](int64[::1], float64[::1], int64), cache=True, nogil=True)
def survivors(roots: Rows, score: npt.NDArray[np.float64], own: int) -> Rows:
    """For each row the row of its cluster that stays: the one with the highest score, of equals the first.

    A row of an index (from `own` on) stays before all others: an earlier release is not changed. NaN is
    the lowest score.

    >>> survivors(np.array([0, 0, 2, 0]), np.array([5.0, 9, 7, 9]), 4).tolist()
    [1, 1, 2, 1]
    """
    best = np.full(roots.size, -1, np.int64)
    for row in range(roots.size):
        root = roots[row]
        held = best[root]
        if held < 0:
            best[root] = row
        elif held >= own:
            continue
        elif row >= own or score[row] > score[held] or (np.isnan(score[held]) and not np.isnan(score[row])):
            best[root] = row
    stays = np.empty(roots.size, np.int64)
    for row in range(roots.size):
        stays[row] = best[roots[row]]
    return stays
