"""Clusters of duplicates: what verified pairs connect."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from numba import int64, njit, types, void

from seimai.mapped import mapped, put, slices

Rows = npt.NDArray[np.int64]


class Forest:
    """Disjoint sets of rows; a set is named by its first row, whatever the order of the unions.

    Given a file, the forest lies there: made anew, since what it holds follows from the pairs. It is this
    process's alone, so changes need not reach the disk for another to see them.

    >>> forest = Forest(5)
    >>> forest.unite(np.array([3, 1]), np.array([4, 4]))
    >>> forest.roots().tolist()
    [0, 1, 2, 1, 1]
    """

    def __init__(self, rows: int, file: Path | None = None) -> None:
        if file is None:
            self._parents: Rows = np.arange(rows, dtype=np.int64)
        else:
            put(file, (np.arange(some.start, some.stop, dtype=np.int64) for some in slices(rows)))
            self._parents = mapped(file, np.int64, rows, mode="r+")

    def unite(self, a: Rows, b: Rows) -> None:
        """Put the rows of each pair into one set."""
        _unite(self._parents, np.ascontiguousarray(a), np.ascontiguousarray(b))

    def roots(self) -> Rows:
        """The first row of each row's set: the forest itself, not a copy; the next union changes it."""
        _flatten(self._parents)
        return self._parents


@njit(int64(int64[::1], int64), cache=True, nogil=True)
def _root(parents: Rows, row: int) -> int:
    while parents[row] != row:
        if parents[parents[row]] != parents[row]:
            parents[row] = parents[parents[row]]
        row = parents[row]
    return row


_READ = types.Array(int64, 1, "C", readonly=True)  # Ray hands arrays over read-only


@njit(void(int64[::1], _READ, _READ), cache=True, nogil=True)
def _unite(parents: Rows, a: Rows, b: Rows) -> None:
    for i in range(a.size):
        x, y = _root(parents, a[i]), _root(parents, b[i])
        if x < y:
            parents[y] = x
        elif y < x:
            parents[x] = y


@njit(void(int64[::1]), cache=True, nogil=True)
def _flatten(parents: Rows) -> None:
    # A parent comes before its child, so one step up is enough. What stays is not written: in a file every
    # write makes a page that the disk must get.
    for row in range(parents.size):
        root = parents[parents[row]]
        if root != parents[row]:
            parents[row] = root
