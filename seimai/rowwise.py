"""A row-wise pass: a chain over shards or files, each shard finished and recorded on its own.

A shard's record is written after its files, so a killed run goes on with the shards that have none.
"""

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from seimai.chain import Chain, Outcome, run_chain
from seimai.dataset import Shard, size_of, write_atomically, write_parquet
from seimai.dropped import Dropped, read_dropped
from seimai.errors import SeimaiError
from seimai.rows import Kind

RECORDS = ".shards"


@dataclass(frozen=True)
class ShardTask:
    """One shard of a pass: where its rows come from, what to do with them, where they go."""

    number: int
    chain: Chain
    directory: Path
    stage: int
    """Number of the pass in its entry: keeps names apart when dropped sides are joined."""
    shard: Shard | None = None
    read: Any = None
    """The reader's task, when the rows come from files."""
    spec: Any = None
    dropped: tuple[Dropped, Kind] | None = None
    """Which rows of a dropped side are taken, and their kind."""
    forget: tuple[str, ...] = ()
    """Columns that shards of other parents do not have."""

    @property
    def record(self) -> Path:
        """The file that says that this shard is done."""
        return self.directory / RECORDS / f"{self.number:05d}.json"

    @property
    def bytes(self) -> int:
        """Bytes that it reads, compressed or not: about how much work it is."""
        return self.read.bytes if self.shard is None else size_of(self.shard.path)

    def frames(self) -> Iterator[pl.DataFrame]:
        """The rows, in frames that fit in memory many times."""
        if self.shard is None:
            yield from importlib.import_module("curate.read").read(self.read, self.spec)
            return
        try:
            if self.dropped:
                yield read_dropped(self.shard.path, *self.dropped)
                return
            rows = pl.read_parquet(self.shard.path, hive_partitioning=False)
            yield rows.drop(self.forget, strict=False)
        except (OSError, pl.exceptions.PolarsError) as e:
            raise SeimaiError(
                f"{self.shard.path} cannot be read: {e}; remove its dataset and run again"
            ) from None


def run_shard(task: ShardTask) -> dict[str, Any]:
    """Run the chain over one shard and write what it gives; returns the shard's record.

    Raises:
        SeimaiError: if rows are lost: kept and dropped must add up to what came in.
    """
    if task.record.exists():
        return json.loads(task.record.read_text("utf-8"))
    record = new_record()
    for number, frame in enumerate(task.frames()):
        outcome = run_chain(frame, task.chain)
        if outcome.kept.height + outcome.dropped.height != frame.height:
            raise SeimaiError(
                f"{frame.height} rows came in, but {outcome.kept.height} were kept "
                f"and {outcome.dropped.height} dropped"
            )
        record["rows_in"] += frame.height
        record["bytes_in"] += text_bytes(frame)
        name = f"{task.stage}-{task.number:05d}-{number:04d}.parquet"
        write_outcome(outcome, record, task.directory, name)
    write_atomically(task.record, json.dumps(record, ensure_ascii=False).encode())
    return record


def new_record(frame: pl.DataFrame | None = None) -> dict[str, Any]:
    """The record of a shard of which nothing is written yet; `frame` is what came in."""
    rows, size = (frame.height, text_bytes(frame)) if frame is not None else (0, 0)
    return {"kept": [], "dropped": [], "rows_in": rows, "bytes_in": size, "reasons": {}}


def write_outcome(outcome: Outcome, record: dict[str, Any], directory: Path, name: str) -> None:
    """Write both sides of a frame, those that have rows, and add them to the shard's record."""
    for reason, count in outcome.reasons.items():
        record["reasons"][reason] = record["reasons"].get(reason, 0) + count
    for side, rows in (("kept", outcome.kept), ("dropped", outcome.dropped)):
        if rows.height:
            path = f"{side}/{name}"
            digest = write_parquet(rows, directory / path)
            size = text_bytes(rows)
            record[side].append({"path": path, "rows": rows.height, "bytes": size, "xxh3": digest})


def text_bytes(rows: pl.DataFrame) -> int:
    """UTF-8 bytes of text in a frame of documents; 0 for other kinds."""
    if "text" not in rows.columns or not rows.height:
        return 0
    return int(rows["text"].str.len_bytes().sum() or 0)
