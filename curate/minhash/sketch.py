"""The two passes over the text, a shard at a time: signatures of all, then the text of those to compare."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.minhash.bands import band_keys
from curate.minhash.comparable import characters, comparable
from curate.minhash.digest import Digests, digests
from curate.minhash.signature import Permutations, signatures
from curate.minhash.store import SKETCHES, Store
from seimai.dataset import Rows


@dataclass(frozen=True)
class SketchTask:
    """One shard to sketch; `first` is the number of its first row in dataset order."""

    path: Path
    first: int
    rows: int
    store: Store
    ngram: int
    permutations: Permutations


@dataclass(frozen=True)
class TextTask:
    """One shard and the rows of it (counted from its first) whose text goes to byte `start` of the store."""

    path: Path
    first: int
    rows: npt.NDArray[np.int64]
    start: int
    store: Store


def shards(rows: Rows) -> Iterator[tuple[Path, int, int]]:
    """Path, number of the first row and number of rows of each shard that has any."""
    first = 0
    for shard in rows.shards:
        if shard.rows:
            yield shard.path, first, shard.rows
        first += shard.rows


def read(path: Path) -> pl.Series:
    """The text of a shard."""
    return pl.read_parquet(path, columns=["text"], hive_partitioning=False)["text"]


def digest(path: Path) -> Digests:
    """The digests of a shard's texts."""
    return digests(comparable(read(path)))


def sketch(task: SketchTask) -> int:
    """Write the sketches of a shard; returns the number of its rows."""
    if task.store.is_done("sketch", task.first):
        return task.rows
    text = comparable(read(task.path))
    found = signatures(text, task.ngram, task.permutations)
    store, first = task.store, task.first
    store.write("signatures", first * 4 * store.num_perm, found)
    for band, keys in enumerate(band_keys(found, store.layout.bands, store.layout.rows)):
        store.write("keys", 8 * (band * store.documents + first), keys)
    store.write("digests", 16 * first, digests(text))
    store.write("chars", 4 * first, characters(text.data, text.offsets))
    store.write("bytes", 8 * first, np.diff(text.offsets))
    store.done("sketch", first, *SKETCHES)
    return task.rows


def keep_text(task: TextTask) -> int:
    """Write the comparable text of some rows of a shard; returns their number."""
    if task.rows.size and not task.store.is_done("text", task.first):
        task.store.write("text", task.start, comparable(read(task.path).gather(task.rows)).data)
        task.store.done("text", task.first, "text")
    return task.rows.size
