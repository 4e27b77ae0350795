"""Out-of-core order: rows go to ranges of keys in files, then each range is put in order in memory.

Each shard becomes one file with one record batch a range, so that there are as many files as shards and any
range of any file is read without the rest.
"""

import importlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl

from curate.mixing.columns import common_schema, fitted
from curate.mixing.order import keys
from seimai.dataset import Rows
from seimai.job import Job

RANGE_BYTES = 16 << 20
"""Size of a range on the disk as Parquet, about: in memory it takes three times that."""
FRAME_BYTES = 16 << 20
"""Text in a frame that is given on: where a frame ends must not depend on how rows were stored."""
_MOST_RANGES = 8192
_KEY = "__key"
_arrow: Any = importlib.import_module("pyarrow")  # has no types


@dataclass(frozen=True)
class SpillTask:
    """One shard to cut into ranges of keys of equal width."""

    shard: Path
    target: Path
    seed: int
    ranges: int
    schema: pl.DataFrame


def spill(task: SpillTask) -> int:
    """Write the rows of a shard, range after range; returns their number."""
    frame = fitted(pl.read_parquet(task.shard, hive_partitioning=False), task.schema)
    if not task.target.exists():
        frame = frame.with_columns(pl.Series(_KEY, keys(frame["id"], task.seed))).sort(
            _KEY, maintain_order=True
        )
        starts = np.array([(n << 64) // task.ranges for n in range(task.ranges)], np.uint64)
        cuts = [*np.searchsorted(frame[_KEY].to_numpy(), starts).tolist(), frame.height]
        table = cast("Any", frame).to_arrow()
        temporary = task.target.with_suffix(".tmp")
        options = _arrow.ipc.IpcWriteOptions(compression="lz4")
        with (
            _arrow.OSFile(str(temporary), "wb") as sink,
            _arrow.ipc.new_file(sink, table.schema, options=options) as f,
        ):
            for start, end in pairwise(cuts):
                f.write_batch(_batch(table.slice(start, end - start)))
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(task.target)
    return frame.height


def _batch(table: Any) -> Any:
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else _arrow.RecordBatch.from_pylist([], schema=table.schema)


def in_order(rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
    """All rows in the order of the keys of their ids, in frames of about `FRAME_BYTES` of text."""
    folder = job.work / "spill"
    folder.mkdir(exist_ok=True)
    shards = [s for s in rows.shards if s.rows]
    size = sum(s.path.stat().st_size for s in shards)
    ranges = min(_MOST_RANGES, 1 + size // RANGE_BYTES)
    schema = common_schema(rows)
    files = [folder / f"{n:05d}-{ranges}.arrow" for n in range(len(shards))]
    tasks = [SpillTask(s.path, file, job.seed, ranges, schema) for s, file in zip(shards, files, strict=True)]
    bar = job.bar("shuffle: dealing out", len(rows), "rows")
    for done in job.executor.map(spill, tasks):
        bar.advance(done)
    bar = job.bar("shuffle: gathering", ranges, "parts")
    yield from _even(_ranges(files, ranges, bar.advance))


def _ranges(files: list[Path], ranges: int, advance: Callable[[], None]) -> Iterator[pl.DataFrame]:
    for number in range(ranges):
        batches: list[Any] = []
        for file in files:
            with _arrow.memory_map(str(file)) as source:
                batches.append(_arrow.ipc.open_file(source).get_batch(number))
        frame = pl.DataFrame(_arrow.Table.from_batches(batches))
        yield frame.sort(_KEY, "id", maintain_order=True).drop(_KEY)
        advance()


def _even(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows, cut where their text reaches `FRAME_BYTES`."""
    held = next(frames)
    for frame in frames:
        held = pl.concat([held, frame])
        while (end := _end(held)) < held.height:
            yield held[:end].rechunk()
            held = held[end:]
    while held.height:
        end = _end(held)
        yield held[:end].rechunk()
        held = held[end:]


def _end(rows: pl.DataFrame) -> int:
    """How many rows a frame takes: the row that reaches the size is its last."""
    bytes_ = (
        rows["text"].str.len_bytes().fill_null(0)
        if "text" in rows.columns
        else pl.repeat(0, rows.height, eager=True)
    )
    sums = (bytes_.cast(pl.Int64) + 500).cum_sum()
    return min(rows.height, int(sums.search_sorted(FRAME_BYTES)) + 1)
