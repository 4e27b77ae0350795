"""Whole-dataset passes: a verdict over all rows, new rows from old ones, or a model."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import xxhash

from seimai.chain import mark
from seimai.dataset import Rows, Shard, write_parquet
from seimai.errors import SeimaiError
from seimai.job import Job
from seimai.manifest import Parts
from seimai.rowwise import text_bytes, write_shard
from seimai.step import Rewrite, Selection, Training

if TYPE_CHECKING:
    from seimai.plan import Pass

SHARD_BYTES = 32_000_000
"""Rows of a `Rewrite` are gathered into shards of about this size in memory."""


@dataclass(frozen=True)
class VerdictTask:
    """One shard and the verdicts on its rows."""

    shard: Shard
    name: str
    verdicts: pl.DataFrame
    """`row` counts from the shard's first row."""
    prefix: str
    directory: Path
    forget: tuple[str, ...]
    """Columns that the verdicts bring anew, or that shards of other parents do not have."""


def select(step: Selection, rows: Rows, job: Job, todo: "Pass") -> Parts:
    """Have the step choose, then split the shards on all cores."""
    saved = job.work / "verdicts.parquet"
    if saved.exists():
        verdicts = pl.read_parquet(saved)
    else:
        verdicts = step.select(rows, job).sort("row")
        write_parquet(verdicts, saved)
    if verdicts["row"].n_unique() != verdicts.height or verdicts.filter(pl.col("row") >= len(rows)).height:
        raise SeimaiError(f"{step.path()} gave two verdicts on one row, or one on a row that is not there")
    parts = Parts()
    bar = job.bar(f"{todo.name}: writing", len(rows), "rows")
    for record in job.executor.map(apply_verdicts, list(_verdict_tasks(verdicts, rows, step, todo))):
        parts.add(record)
        bar.advance(record["rows_in"])
    return parts


def _verdict_tasks(
    verdicts: pl.DataFrame, rows: Rows, step: Selection, todo: "Pass"
) -> Iterator[VerdictTask]:
    start = first = 0
    forget = (*todo.forget, *(c for c in verdicts.columns if c not in ("row", "reason")))
    for number, shard in enumerate(rows.shards):
        last = int(verdicts["row"].search_sorted(start + shard.rows))
        local = verdicts[first:last].with_columns(pl.col("row") - start)
        name = f"{todo.number}-{number:05d}-0000.parquet"
        yield VerdictTask(shard, name, local, step.path(), todo.directory, forget)
        start, first = start + shard.rows, last


def apply_verdicts(task: VerdictTask) -> dict[str, Any]:
    """Split one shard by its verdicts; returns the shard's record."""
    frame = pl.read_parquet(task.shard.path, hive_partitioning=False)
    frame = frame.drop(task.forget, strict=False).with_row_index("row")
    verdicts = task.verdicts.cast({"row": frame.schema["row"]})
    judged = frame.join(verdicts, on="row", how="left", maintain_order="left").drop("row")
    reason = pl.lit(f"{task.prefix}.") + pl.col("reason")
    bad = mark(
        judged.filter(pl.col("reason").is_not_null()), reason, pl.concat_list(reason), pl.lit(None, pl.String)
    )
    kept, dropped = judged.filter(pl.col("reason").is_null()).drop("reason"), bad.drop("reason")
    record = _record(frame)
    for side, rows in (("kept", kept), ("dropped", dropped)):
        if rows.height:
            record[side].append(write_shard(rows, task.directory, f"{side}/{task.name}"))
    record["reasons"] = dict(dropped.group_by("dropped_by").len().iter_rows())
    return record


def _record(frame: pl.DataFrame) -> dict[str, Any]:
    return {"kept": [], "dropped": [], "rows_in": frame.height, "bytes_in": text_bytes(frame), "reasons": {}}


def rewrite(step: Rewrite, rows: Rows, job: Job, todo: "Pass") -> Parts:
    """Gather the new rows into shards, and check that every old row is accounted for."""
    parts = Parts(made=True)
    parts.rows_in = len(rows)
    unseen = set(rows.read(["id"])["id"])
    for number, frame in enumerate(_gathered(step.rewrite(rows, job))):
        record = _record(frame)
        reason = pl.lit(f"{step.path()}.") + pl.col("reason")
        failed = frame.filter(pl.col("reason").is_not_null())
        detail = pl.col("detail") if "detail" in frame.columns else pl.lit(None, pl.String)
        dropped = mark(failed, reason, pl.concat_list(reason), detail).drop("reason")
        for side, side_rows in (
            ("kept", frame.filter(pl.col("reason").is_null()).drop("reason", "detail", strict=False)),
            ("dropped", dropped),
        ):
            if side_rows.height:
                name = f"{side}/{todo.number}-{number:05d}-0000.parquet"
                record[side].append(write_shard(side_rows, todo.directory, name))
        record["reasons"] = dict(dropped.group_by("dropped_by").len().iter_rows())
        parts.add(record)
        unseen.difference_update(frame["id"])
        unseen.difference_update(frame["origin"].struct.field("parents").explode().drop_nulls())
    if unseen:
        raise SeimaiError(f"{step.path()} lost {len(unseen)} rows, {min(unseen)} among them")
    parts.files = files_of(job.out)
    return parts


def _gathered(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    held: list[pl.DataFrame] = []
    for frame in frames:
        if not frame.height:
            continue
        if "reason" not in frame.columns:
            frame = frame.with_columns(reason=pl.lit(None, pl.String))
        held.append(frame)
        if sum(f.estimated_size() for f in held) >= SHARD_BYTES:
            yield pl.concat(held, how="diagonal_relaxed")
            held = []
    if held:
        yield pl.concat(held, how="diagonal_relaxed")


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
            "xxh3": xxhash.xxh3_128_hexdigest(file.read_bytes()),
        }
        for file in sorted(p for p in folder.rglob("*") if p.is_file())
    ]
