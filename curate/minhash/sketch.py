"""The two passes over the text, a shard at a time: signatures of all, then the text of those to compare."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.minhash.bands import band_keys
from curate.minhash.comparable import characters
from curate.minhash.digest import digests
from curate.minhash.entries import write_entries
from curate.minhash.signature import Permutations, Signatures, signatures
from curate.minhash.store import ID_BYTES, Store
from curate.minhash.wording import Shingles, compared
from seimai.dataset import Rows
from seimai.errors import SeimaiError

_PIECE_BYTES = 4 << 20


@dataclass(frozen=True)
class SketchTask:
    """One shard to sketch; `first` is the number of its first row in dataset order."""

    path: Path
    first: int
    rows: int
    store: Store
    ngram: int
    shingles: Shingles
    permutations: Permutations | None


@dataclass(frozen=True)
class TextTask:
    """One shard and the rows of it (counted from its first) whose text goes to byte `start` of the store."""

    path: Path
    first: int
    rows: npt.NDArray[np.int64]
    start: int
    store: Store
    shingles: Shingles


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


def sketch(task: SketchTask) -> int:
    """Write what is to be known of a shard of texts; returns the number of its rows."""
    if task.store.is_done("sketch", task.first):
        return task.rows
    frame = pl.read_parquet(task.path, columns=["id", "text"], hive_partitioning=False)
    store, first, of = task.store, task.first, task.permutations
    chars: list[npt.NDArray[np.uint32]] = []
    sizes: list[npt.NDArray[np.int64]] = []
    words: list[npt.NDArray[np.uint64]] = []
    found: list[Signatures] = []
    for some in _pieces(frame["text"]):
        text = compared(some, task.shingles)
        chars.append(characters(text.data, text.offsets))
        sizes.append(np.diff(text.offsets))
        words.append(digests(text))
        found += [signatures(text, task.ngram, of)] if of is not None else []
    store.write("chars", 4 * first, np.concatenate(chars))
    store.write("bytes", 8 * first, np.concatenate(sizes))
    _write(store, first, frame["id"], np.concatenate(words), np.concatenate(found) if found else None)
    return task.rows


def _pieces(text: pl.Series) -> Iterator[pl.Series]:
    """A column in pieces of some megabytes: what one is worked on with, the next one takes over."""
    piece = text.str.len_bytes().fill_null(0).cast(pl.Int64).cum_sum().to_numpy() // _PIECE_BYTES
    bounds = [0, *(np.flatnonzero(np.diff(piece)) + 1).tolist(), len(text)]
    for a, b in pairwise(bounds):
        yield text[a:b]


def sketch_index(task: SketchTask) -> int:
    """The same for a shard of an index (see `curate.near_index`), which has the signatures and no text."""
    if task.store.is_done("sketch", task.first):
        return task.rows
    frame = pl.read_parquet(task.path, columns=["id", "minhash", "digest", "chars"], hive_partitioning=False)
    values = np.frombuffer(b"".join(frame["minhash"]), "<u4").astype(np.uint32)
    words = np.frombuffer(b"".join(frame["digest"]), ">u8").astype(np.uint64).reshape(-1, 2)
    task.store.write("chars", 4 * task.first, frame["chars"].cast(pl.UInt32).to_numpy())
    _write(task.store, task.first, frame["id"], words, values.reshape(frame.height, -1))
    return task.rows


def _write(
    store: Store, first: int, ids: pl.Series, words: npt.NDArray[np.uint64], found: Signatures | None
) -> None:
    if (ids.str.len_bytes() > ID_BYTES).any():
        raise SeimaiError(f"ids of more than {ID_BYTES} bytes cannot be compared: {ids[0]}")
    store.write("ids", ID_BYTES * first, np.array(ids.to_list(), f"S{ID_BYTES}"))
    store.write("digests", 16 * first, words)
    keys = np.ascontiguousarray(words[:, 0])[None, :]
    names = ["chars", "bytes", "digests", "ids"]
    if found is not None:
        store.write("sketches", first * store.num_perm, found.astype(np.uint8))
        keys = np.concatenate([band_keys(found, store.layout.bands, store.layout.rows), keys])
        names.append("sketches")
    write_entries(store.entries(first), keys, store.bits)
    store.done("sketch", first, *names)


def keep_text(task: TextTask) -> int:
    """Write the comparable text of some rows of a shard; returns their number."""
    if task.rows.size and not task.store.is_done("text", task.first):
        text = compared(read(task.path).gather(task.rows), task.shingles)
        task.store.write("text", task.start, text.data)
        task.store.done("text", task.first, "text")
    return task.rows.size
