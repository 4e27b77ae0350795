"""Whole-dataset passes: a verdict over all rows, new rows from old ones, or a model."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from seimai.chain import Outcome, given_back
from seimai.dataset import Rows
from seimai.errors import SeimaiError
from seimai.fingerprint import digest_of
from seimai.job import Job
from seimai.manifest import Parts
from seimai.rowwise import new_record, write_outcome
from seimai.step import Rewrite, Training

if TYPE_CHECKING:
    from seimai.plan import Pass

SHARD_BYTES = 32_000_000
"""Rows of a `Rewrite` are gathered into shards of about this size in memory."""


def rewrite(step: Rewrite, rows: Rows, job: Job, todo: "Pass") -> Parts:
    """Gather the new rows into shards, and check that every old row is accounted for."""
    parts = Parts(made=True)
    parts.rows_in = len(rows)
    unseen = set(rows.read(["id"])["id"])
    for number, frames in enumerate(_gathered(step.rewrite(rows, job))):
        kept, failed = _sides(frames)
        record = new_record(kept)
        name = f"{todo.number}-{number:05d}-0000.parquet"
        write_outcome(Outcome(kept, given_back(failed, step.path())), record, todo.directory, name)
        for side in (kept, failed):
            if side.height:
                unseen.difference_update(side["id"])
                unseen.difference_update(side["origin"].struct.field("parents").explode().drop_nulls())
        parts.add(record)
    if unseen:
        raise SeimaiError(f"{step.path()} lost {len(unseen)} rows, {min(unseen)} among them")
    parts.files = files_of(job.out)
    return parts


def _gathered(frames: Iterator[pl.DataFrame]) -> Iterator[list[pl.DataFrame]]:
    """Frames in groups of about a shard's size; empty ones are passed over."""
    held: list[pl.DataFrame] = []
    for frame in frames:
        if frame.height:
            held.append(frame)
        if sum(f.estimated_size() for f in held) >= SHARD_BYTES:
            yield held
            held = []
    if held:
        yield held


def _sides(frames: list[pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """New rows, and old rows that were given back with a reason: each side with its own columns."""
    kept: list[pl.DataFrame] = []
    failed: list[pl.DataFrame] = []
    for frame in frames:
        if "reason" not in frame.columns:
            kept.append(frame)
            continue
        kept.append(frame.filter(pl.col("reason").is_null()).drop("reason", "detail", strict=False))
        failed.append(frame.filter(pl.col("reason").is_not_null()))
    return _joined(kept), _joined(failed)


def _joined(frames: list[pl.DataFrame]) -> pl.DataFrame:
    filled = [f for f in frames if f.height]
    return pl.concat(filled, how="diagonal_relaxed") if filled else pl.DataFrame()


def train(step: Training, rows: Rows, job: Job) -> Parts:
    """Have the step write its model, and take the files' digests."""
    shutil.rmtree(job.out, ignore_errors=True)
    job.out.mkdir(parents=True)
    parts = Parts()
    parts.rows_in = len(rows)
    parts.metrics = step.train(rows, job)
    parts.files = files_of(job.out)
    if not parts.files:
        raise SeimaiError(f"{step.path()} wrote no model")
    return parts


def files_of(folder: Path) -> list[dict[str, Any]]:
    """The files below a folder of a dataset, with their digests."""
    return [
        {
            "path": file.relative_to(folder.parent).as_posix(),
            "bytes": file.stat().st_size,
            "xxh3": digest_of(file),
        }
        for file in sorted(p for p in folder.rglob("*") if p.is_file())
    ]
