"""Within one cell: which rows may stay, and whom the others follow.

Rows are gone through in the order in which they are preferred. One that is like none before it is a *leader*
of the cell; one that is like a leader *follows* it; one that is like a follower only *waits*, because whether
that one goes is not known yet (where there is but one cell it is: it goes). A cell of a million copies has
one leader, so its work does not grow with the square of its rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import boolean, float32, int8, int64, njit

from curate.embeddings.cells import Grid
from curate.embeddings.vectors import Floats, Units, Vectors, cosines, reached
from curate.minhash.bands import Rows

UNDECIDED = -1
"""In the place of the row that stays for a row: not known yet."""

BLOCK = 1024
"""Rows that are compared at a time."""

_LEADS, _FOLLOWS, _WAITS = 0, 1, 2


@dataclass(frozen=True)
class CellTask:
    """One cell, with the rows that have it among so many of their nearest cells."""

    grid: Grid
    cell: int
    near: int
    threshold: float


class Followers(NamedTuple):
    """Undecided rows that do not lead in a cell, whom they follow (-1: they wait), and the cosine to it."""

    rows: Rows
    leaders: Rows
    cosines: Floats

    def known(self) -> "Followers":
        """Those that follow a leader."""
        some = self.leaders >= 0
        return Followers(self.rows[some], self.leaders[some], self.cosines[some])


class Leaders:
    """Leaders so far, in the order in which they were found."""

    def __init__(self) -> None:
        self._rows: list[Rows] = []
        self._units: list[Units] = []

    def add(self, rows: Rows, values: Units) -> None:
        """Take more of them."""
        if rows.size:
            self._rows.append(rows)
            self._units.append(values)

    def best(self, values: Units, at_least: Floats, found: Rows) -> None:
        """Put into `found` the most similar leader of each vector, if it is above `at_least`, which rises."""
        for rows, leaders in zip(self._rows, self._units, strict=True):
            likeness = cosines(values, leaders)
            best = likeness.argmax(axis=1)
            value = likeness[np.arange(best.size), best]
            better = value > at_least
            at_least[better], found[better] = value[better], rows[best[better]]


def follow(task: CellTask) -> Followers:
    """Who follows whom in a cell."""
    vectors = task.grid.vectors
    rows, home = _members(task)
    stays = vectors.store.map("stays", np.int64, vectors.store.rows)[rows]
    left = (stays == UNDECIDED) | (stays == rows)
    rows, home, undecided = rows[left], home[left], (stays == UNDECIDED)[left]
    if not undecided.any():
        return _followers([])
    least = reached(task.threshold)
    leaders, behind = (Leaders(), Leaders()), Behind(vectors, least)
    for block, at_home in _blocks(rows[~undecided], home[~undecided]):
        _lead(leaders, block, at_home, vectors.units(block))
    rank = vectors.store.map("rank", np.int64, vectors.store.rows)[rows[undecided]]
    order = np.argsort(rank)
    several = task.grid.number > 1
    parts: list[Followers] = []
    for block, at_home in _blocks(rows[undecided][order], home[undecided][order]):
        values = vectors.units(block)
        likeness, leader = _best(leaders, values, at_home, least)
        waits = behind.meets(values, at_home, (leader < 0) & several)
        inner = cosines(values, values)
        role = _roles(inner, at_home, waits, likeness, leader, block, float(least), several)
        leads = role == _LEADS
        _lead(leaders, block[leads], at_home[leads], _taken(values, leads))
        behind.add(block[~leads], at_home[~leads])
        parts.append(Followers(block[~leads], leader[~leads], likeness[~leads]))
    return _followers(parts)


def _blocks(rows: Rows, home: npt.NDArray[np.bool_]) -> Iterator[tuple[Rows, npt.NDArray[np.bool_]]]:
    for cut in range(0, rows.size, BLOCK):
        yield rows[cut : cut + BLOCK], home[cut : cut + BLOCK]


def _lead(leaders: tuple[Leaders, Leaders], rows: Rows, home: npt.NDArray[np.bool_], values: Units) -> None:
    """Take more leaders, those at home and guests."""
    for side, some in zip(leaders, (home, ~home), strict=True):
        side.add(rows[some], _taken(values, some))


def _best(
    leaders: tuple[Leaders, Leaders], values: Units, home: npt.NDArray[np.bool_], least: np.float32
) -> tuple[Floats, Rows]:
    """The cosine to the most similar leader of each row of a block, and which it is (-1: none is near)."""
    likeness = np.full(home.size, np.nextafter(least, np.float32(0)), np.float32)
    leader = np.full(home.size, -1)
    leaders[0].best(values, likeness, leader)
    near, who = likeness[home], leader[home]
    leaders[1].best(_taken(values, home), near, who)
    likeness[home], leader[home] = near, who
    return likeness, leader


def _members(task: CellTask) -> tuple[Rows, npt.NDArray[np.bool_]]:
    """Rows of the cell, and whether it is their nearest: two guests are compared where one is at home."""
    groups = [task.grid.members(task.cell, order) for order in range(task.near)]
    home = np.repeat(np.arange(len(groups)) == 0, [group.size for group in groups])
    return np.concatenate(groups), home


def _taken(values: Units, some: npt.NDArray[np.bool_]) -> Units:
    return Units(values.values[some], values.scale[some])


def _followers(parts: list[Followers]) -> Followers:
    none = Followers(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
    return Followers(*(np.concatenate(column) for column in zip(none, *parts, strict=True)))


class Behind:
    """Rows that do not lead: their vectors are read again when a row is like no leader, which is seldom."""

    def __init__(self, vectors: Vectors, least: np.float32) -> None:
        self._vectors, self._least = vectors, least
        self._rows: list[Rows] = []
        self._home: list[npt.NDArray[np.bool_]] = []

    def add(self, rows: Rows, home: npt.NDArray[np.bool_]) -> None:
        """Take more of them."""
        if rows.size:
            self._rows.append(rows)
            self._home.append(home)

    def meets(
        self, values: Units, home: npt.NDArray[np.bool_], asked: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.bool_]:
        """Whether vectors are like one of these rows; only those that are asked for."""
        found = np.zeros(home.size, np.bool_)
        some, at_home = _taken(values, asked), home[asked]
        if not at_home.size:
            return found
        meets = np.zeros(at_home.size, np.bool_)
        for rows, theirs in zip(self._rows, self._home, strict=True):
            alike = cosines(some, self._vectors.units(rows)) >= self._least
            meets |= (alike & (at_home[:, None] | theirs[None, :])).any(axis=1)
        found[asked] = meets
        return found


@njit(
    int8[::1](
        float32[:, ::1], boolean[::1], boolean[::1], float32[::1], int64[::1], int64[::1], float32, boolean
    ),
    cache=True,
    nogil=True,
)
def _roles(
    inner: Floats,
    home: npt.NDArray[np.bool_],
    waits: npt.NDArray[np.bool_],
    likeness: Floats,
    leader: Rows,
    rows: Rows,
    least: float,
    several: bool,  # noqa: FBT001 (of a compiled function)
) -> npt.NDArray[np.int8]:
    """What each row of a block is, seen from those before it in the block; betters whom it follows."""
    role = np.zeros(rows.size, np.int8)
    for i in range(rows.size):
        behind = waits[i]
        for j in range(i):
            if inner[i, j] >= least and (home[i] or home[j]):
                if role[j] != _LEADS:
                    behind = several
                elif inner[i, j] > likeness[i]:
                    likeness[i] = inner[i, j]
                    leader[i] = rows[j]
        if leader[i] >= 0:
            role[i] = _FOLLOWS
        elif behind:
            role[i] = _WAITS
    return role
