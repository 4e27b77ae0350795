"""Of each cluster one row stays; and how large clusters are."""

import numpy as np
import numpy.typing as npt
from numba import float64, int32, int64, njit, void

from curate.minhash.bands import Rows


def survivors(roots: Rows, score: npt.NDArray[np.float64], own: int, out: Rows | None = None) -> Rows:
    """At the first row of each cluster: the row that stays, the one with the highest score; -1 elsewhere.

    Of equals the first stays. A row of an index (from `own` on) stays before all others: an earlier release
    is not changed. NaN is the lowest score. `out` takes the result: -1 for each row before.
    """
    best = np.full(roots.size, -1, np.int64) if out is None else out
    _survivors(roots, score, own, best)
    return best


@njit(void(int64[::1], float64[::1], int64, int64[::1]), cache=True, nogil=True)
def _survivors(roots: Rows, score: npt.NDArray[np.float64], own: int, best: Rows) -> None:
    for row in range(roots.size):
        root = roots[row]
        held = best[root]
        if held < 0:
            best[root] = row
        elif held >= own:
            continue
        elif row >= own or score[row] > score[held] or (np.isnan(score[held]) and not np.isnan(score[row])):
            best[root] = row


def sizes(roots: Rows, out: npt.NDArray[np.int32] | None = None) -> npt.NDArray[np.int32]:
    """At the first row of each cluster: how many rows it has. `out` takes the result: 0 before."""
    found = np.zeros(roots.size, np.int32) if out is None else out
    _count(roots, found)
    return found


@njit(void(int64[::1], int32[::1]), cache=True, nogil=True)
def _count(roots: Rows, found: npt.NDArray[np.int32]) -> None:
    for row in range(roots.size):
        found[roots[row]] += 1
