"""Of each cluster one row stays; and how large clusters are."""

import numpy as np
import numpy.typing as npt
from numba import float64, int32, int64, njit

from curate.minhash.bands import Rows


@njit(int64[::1](int64[::1], float64[::1], int64), cache=True, nogil=True)
def survivors(roots: Rows, score: npt.NDArray[np.float64], own: int) -> Rows:
    """At the first row of each cluster: the row that stays, the one with the highest score; -1 elsewhere.

    Of equals the first stays. A row of an index (from `own` on) stays before all others: an earlier release
    is not changed. NaN is the lowest score.
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
    return best


@njit(int32[::1](int64[::1]), cache=True, nogil=True)
def sizes(roots: Rows) -> npt.NDArray[np.int32]:
    """At the first row of each cluster: how many rows it has."""
    found = np.zeros(roots.size, np.int32)
    for row in range(roots.size):
        found[roots[row]] += 1
    return found
