"""From texts to vectors, a block of rows at a time.

Blocks are cut by the number of a row in the dataset and not by shards: a transformer's vectors differ in
their last bits with the texts that they are computed beside.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from curate.embeddings.encoder import open_encoder
from curate.embeddings.vectors import Vectors, whole
from curate.minhash.sketch import shards
from seimai.dataset import Rows

BLOCK = 2048
"""Rows of a block: what a kill costs."""


@dataclass(frozen=True)
class EmbedTask:
    """Rows from `first` on: for each shard that has some the path, the first of them in it, and how many."""

    first: int
    parts: tuple[tuple[Path, int, int], ...]
    vectors: Vectors
    encoder: Path
    prompt: str

    @property
    def rows(self) -> int:
        """How many rows."""
        return sum(number for _, _, number in self.parts)


def tasks(rows: Rows, vectors: Vectors, encoder: Path, prompt: str) -> Iterator[EmbedTask]:
    """Blocks of all rows."""
    parts: list[tuple[Path, int, int]] = []
    first = room = 0
    for path, start, size in shards(rows):
        done = 0
        while done < size:
            if not room:
                first, room = start + done, BLOCK
            take = min(room, size - done)
            parts.append((path, done, take))
            done, room = done + take, room - take
            if not room:
                yield EmbedTask(first, tuple(parts), vectors, encoder, prompt)
                parts = []
    if parts:
        yield EmbedTask(first, tuple(parts), vectors, encoder, prompt)


def embed(task: EmbedTask) -> int:
    """Write the vectors of a block; a text that an earlier row has too needs none. Returns its rows."""
    store = task.vectors.store
    if store.is_done("embed", task.first):
        return task.rows
    numbers = np.arange(task.first, task.first + task.rows)
    own = np.flatnonzero(store.same[numbers] == numbers)
    texts = pl.concat([_read(*part) for part in task.parts]).gather(own).fill_null("")
    values = np.zeros((task.rows, task.vectors.size), np.int16)
    values[own] = whole(open_encoder(task.encoder).encode(texts.to_list(), task.prompt))
    task.vectors.write(task.first, values)
    store.done("embed", task.first, "vectors")
    return task.rows


def _read(path: Path, first: int, number: int) -> pl.Series:
    rows = pl.scan_parquet(path, hive_partitioning=False).select("text").slice(first, number)
    return rows.collect()["text"]
