"""How many documents have a key, and which is the first: counted by shard, merged by ranges of keys.

A table is three files with its keys in ascending order, so that any range of keys is one slice of each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from curate.units.pieces import Keys

MERGED = 2_000_000
"""Entries that one merge holds on average, of all shards together: some 100 MB."""

Rows = npt.NDArray[np.int64]
Counts = npt.NDArray[np.uint32]


class Entries(NamedTuple):
    """Keys in ascending order, the first row that has each, and the number of documents that have it."""

    keys: Keys
    firsts: Rows
    documents: Counts


_KINDS = {"keys": np.uint64, "firsts": np.int64, "documents": np.uint32}


@dataclass(frozen=True)
class Table:
    """Entries in files, opened anew by each task that needs them."""

    folder: Path
    name: str

    def _path(self, column: str) -> Path:
        return self.folder / f"{self.name}.{column}"

    def exists(self) -> bool:
        """Whether the table was written to its end."""
        return self._path("done").exists()

    def write(self, parts: Iterator[Entries] | Sequence[Entries]) -> None:
        """Write the parts one after another; their keys ascend."""
        files = {column: self._path(column).open("wb") for column in _KINDS}
        for part in parts:
            for column, values in part._asdict().items():
                files[column].write(np.ascontiguousarray(values, _KINDS[column]).data)
        for f in files.values():
            f.close()
        self._path("done").touch()

    def _map(self, column: str) -> npt.NDArray[Any]:
        kind = np.dtype(_KINDS[column])
        if not self._path(column).stat().st_size:
            return np.zeros(0, kind)
        return np.asarray(np.memmap(self._path(column), kind, "r"))

    def open(self) -> Entries:
        """The entries, mapped."""
        return Entries(self._map("keys"), self._map("firsts"), self._map("documents"))

    def size(self) -> int:
        """Number of entries."""
        return self._path("keys").stat().st_size // 8


def find(table: Entries, keys: Keys) -> Rows:
    """Where each key stands in the table; -1 where it does not."""
    if not table.keys.size:
        return np.full(keys.size, -1, np.int64)
    at = np.minimum(np.searchsorted(table.keys, keys), table.keys.size - 1)
    return np.where(table.keys[at] == keys, at, -1)


def tally(keys: Keys, rows: Rows) -> Entries:
    """Count the documents that have each key; keys stand in the order of their rows.

    >>> counted = tally(np.array([7, 5, 7, 7], np.uint64), np.array([0, 0, 0, 3]))
    >>> counted.keys.tolist(), counted.firsts.tolist(), counted.documents.tolist()
    ([5, 7], [0, 0], [1, 2])
    """
    if not keys.size:
        return Entries(keys, rows, np.zeros(0, np.uint32))
    order = np.argsort(keys, kind="stable")
    keys, rows = keys[order], rows[order]
    begins = np.ones(keys.size, np.bool_)
    begins[1:] = keys[1:] != keys[:-1]
    new = begins.copy()
    new[1:] |= rows[1:] != rows[:-1]
    starts = np.flatnonzero(begins)
    documents = np.add.reduceat(new, starts, dtype=np.uint32)
    return Entries(keys[starts], rows[starts], documents)


@dataclass(frozen=True)
class MergeTask:
    """A range of keys, both ends included, of the tables of all shards."""

    tables: tuple[Table, ...]
    low: int
    high: int
    least: int


def merge(task: MergeTask) -> Entries:
    """The keys of a range that at least so many documents have."""
    slices: list[Entries] = []
    for table in task.tables:
        every = table.open()
        low = int(np.searchsorted(every.keys, np.uint64(task.low)))
        high = int(np.searchsorted(every.keys, np.uint64(task.high), "right"))
        some = slice(low, high)
        slices.append(Entries(every.keys[some], every.firsts[some], every.documents[some]))
    keys = np.concatenate([s.keys for s in slices])
    firsts = np.concatenate([s.firsts for s in slices])
    documents = np.concatenate([s.documents for s in slices])
    if not keys.size:
        return Entries(keys, firsts, documents)
    order = np.argsort(keys, kind="stable")  # shard after shard: the first row of a key comes first
    keys, firsts, documents = keys[order], firsts[order], documents[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    sums = np.add.reduceat(documents, starts, dtype=np.uint32)
    stays = sums >= task.least
    return Entries(keys[starts][stays], firsts[starts][stays], sums[stays])


def merges(tables: tuple[Table, ...], least: int) -> list[MergeTask]:
    """The tasks of a merge; keys are hashes, so that equal ranges hold about as many."""
    parts = sum(t.size() for t in tables) // MERGED + 1
    bounds = [part * (1 << 64) // parts for part in range(parts + 1)]
    return [MergeTask(tables, low, high - 1, least) for low, high in pairwise(bounds)]
