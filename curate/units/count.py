"""The two passes that count, a shard at a time: units in documents, then pairs of neighbours that recur."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import boolean, int64, njit, types, uint64

from curate.minhash.sketch import read
from curate.units.pieces import BEGIN, BLANK, END, Integers, Keys, Unit, keys_of, pieces
from curate.units.tally import Table, find, tally

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ShardTask:
    """One shard; `first` is the number of its first row in dataset order."""

    path: Path
    first: int
    folder: Path
    unit: Unit

    @property
    def keys(self) -> Path:
        """The keys of the shard's units."""
        return self.folder / f"keys-{self.first}.npz"

    def table(self, what: str) -> Table:
        """What was counted in the shard."""
        return Table(self.folder, f"{what}-{self.first}")


class Units(NamedTuple):
    """The units of a shard that are not blank: document d has units `of[d]` to `of[d + 1]`."""

    of: Integers
    keys: Keys
    chars: npt.NDArray[np.uint32]
    places: Integers
    """Which piece of the shard each of them is."""


def load(task: ShardTask) -> Units:
    """The units that the first pass wrote."""
    with np.load(task.keys) as file:
        keys, chars, of = file["keys"], file["chars"], file["of"]
    places = np.flatnonzero(keys != BLANK)
    return Units(np.asarray(np.searchsorted(places, of), np.int64), keys[places], chars[places], places)


def count_units(task: ShardTask) -> int:
    """Write the keys of a shard's units, and in how many documents each stands; returns the documents."""
    if not task.table("units").exists():
        found = pieces(read(task.path), task.unit)
        keys, chars = keys_of(found)
        with task.keys.open("wb") as f:
            np.savez(f, keys=keys, chars=chars, of=found.of)
        rows = np.repeat(np.arange(found.of.size - 1), np.diff(found.of)) + task.first
        filled = keys != BLANK
        task.table("units").write([tally(keys[filled], rows[filled])])
        return found.of.size - 1
    with np.load(task.keys) as file:
        return file["of"].size - 1


@dataclass(frozen=True)
class PairTask:
    """One shard, and the table of the units that recur."""

    shard: ShardTask
    recurring: Table


def count_pairs(task: PairTask) -> int:
    """Count in how many documents two units that recur stand side by side; returns the documents.

    The beginning and the end of a document count as neighbours.
    """
    units = load(task.shard)
    if not task.shard.table("pairs").exists():
        recurs = find(task.recurring.open(), units.keys) >= 0
        keys, rows = neighbours(units.of, units.keys, recurs)
        task.shard.table("pairs").write([tally(keys, rows + task.shard.first)])
    return units.of.size - 1


@njit(uint64(uint64, uint64), cache=True, nogil=True)
def pair_key(before: np.uint64, after: np.uint64) -> np.uint64:
    """The key of two neighbours (the finalizer of splitmix64 over both)."""
    h = before * np.uint64(0x9E3779B97F4A7C15) + after
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@njit(uint64[::1](uint64[::1], uint64[::1]), cache=True, nogil=True)
def pair_keys(before: Keys, after: Keys) -> Keys:
    """The keys of many pairs."""
    found = np.empty(before.size, np.uint64)
    for i in range(before.size):
        found[i] = pair_key(before[i], after[i])
    return found


@njit(types.Tuple((uint64[::1], int64[::1]))(int64[::1], uint64[::1], boolean[::1]), cache=True, nogil=True)
def neighbours(of: Integers, keys: Keys, recurs: Flags) -> tuple[Keys, Integers]:
    """Keys of neighbours that both recur, and the documents they stand in, in their order."""
    found = np.empty(keys.size + of.size, np.uint64)
    rows = np.empty(keys.size + of.size, np.int64)
    n = 0
    for d in range(of.size - 1):
        first, last = of[d], of[d + 1]
        for i in range(first, last + 1):
            if first == last or (i > first and not recurs[i - 1]) or (i < last and not recurs[i]):
                continue
            before = keys[i - 1] if i > first else np.uint64(BEGIN)
            after = keys[i] if i < last else np.uint64(END)
            found[n] = pair_key(before, after)
            rows[n] = d
            n += 1
    return found[:n], rows[:n]
