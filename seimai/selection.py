"""A selection: its verdicts are saved shard by shard as they come, then the shards are split by them."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from seimai.chain import Outcome, given_back
from seimai.dataset import Rows, Shard, write_parquet
from seimai.errors import SeimaiError
from seimai.job import Job
from seimai.manifest import Parts
from seimai.rows import schema
from seimai.rowwise import new_record, write_outcome
from seimai.step import Selection
from seimai.whole import files_of

if TYPE_CHECKING:
    from seimai.plan import Pass

_NEW = " (new)"


@dataclass(frozen=True)
class VerdictTask:
    """One shard and the file of the verdicts on its rows."""

    shard: Shard
    name: str
    verdicts: Path
    """In it, `row` counts from the shard's first row."""
    path: str
    """The step that judged."""
    directory: Path
    forget: tuple[str, ...]
    """Columns that shards of other parents do not have, and signals of texts that the step changes."""
    own: frozenset[str]
    """The columns of the rows' kind: a verdict may give one a new value."""


def select(step: Selection, rows: Rows, job: Job, todo: "Pass") -> Parts:
    """Have the step choose, then split the shards on all cores."""
    folder = job.work / "verdicts"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        _save(step, rows, job, folder)
        (folder / "done").touch()
    parts = Parts()
    bar = job.bar(f"{todo.name}: writing", len(rows), "rows")
    tasks = [
        VerdictTask(
            shard,
            f"{todo.number}-{number:05d}-0000.parquet",
            folder / f"{number:05d}.parquet",
            step.path(),
            todo.directory,
            todo.forget,
            frozenset(schema(todo.kind)),
        )
        for number, shard in enumerate(rows.shards)
    ]
    for record, shard in zip(job.executor.map(apply_verdicts, tasks), rows.shards, strict=True):
        parts.add(record, shard)
        bar.advance(record["rows_in"])
    parts.files = files_of(job.out)
    return parts


def _save(step: Selection, rows: Rows, job: Job, folder: Path) -> None:
    """Cut the verdicts at the shards' borders."""
    frames = _checked(step, rows, job)
    rest = next(frames, None)
    columns = (
        rest.clear() if rest is not None else pl.DataFrame(schema={"row": pl.UInt32, "reason": pl.String})
    )
    start = 0
    for number, shard in enumerate(rows.shards):
        parts = [columns]
        while rest is not None:
            cut = int(rest["row"].search_sorted(start + shard.rows))
            parts.append(rest[:cut])
            if cut < rest.height:
                rest = rest[cut:]
                break
            rest = next(frames, None)
        local = pl.concat(parts).with_columns(pl.col("row") - start)
        write_parquet(local, folder / f"{number:05d}.parquet")
        start += shard.rows


def _checked(step: Selection, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
    """The verdicts as they come; no row may be judged twice."""
    last = -1
    for frame in step.select(rows, job):
        if not {"row", "reason"} <= set(frame.columns):
            raise SeimaiError(f"{step.path()} gave verdicts without the columns row and reason")
        if not frame.height:
            if last < 0:
                yield frame  # it names the columns, should no row be judged
            continue
        numbers = frame["row"].cast(pl.Int64)
        if numbers[0] <= last or (numbers.diff() < 1).any():
            raise SeimaiError(f"{step.path()} gave two verdicts on one row, or not in the order of the rows")
        last = int(numbers[-1])
        if last >= len(rows):
            raise SeimaiError(f"{step.path()} gave a verdict on a row that is not there")
        yield frame


def apply_verdicts(task: VerdictTask) -> dict[str, Any]:
    """Split one shard by its verdicts; returns the shard's record."""
    verdicts = pl.read_parquet(task.verdicts)
    new = [c for c in verdicts.columns if c in task.own]
    forget = (*task.forget, *(c for c in verdicts.columns if c not in ("row", "reason", *new)))
    frame = pl.read_parquet(task.shard.path, hive_partitioning=False)
    frame = frame.drop(forget, strict=False).with_row_index("row")
    verdicts = verdicts.cast({"row": frame.schema["row"]})
    judged = frame.join(verdicts, on="row", how="left", maintain_order="left", suffix=_NEW).drop("row")
    judged = judged.with_columns(pl.coalesce(c + _NEW, c).alias(c) for c in new).drop(c + _NEW for c in new)
    kept = judged.filter(pl.col("reason").is_null()).drop("reason")
    dropped = given_back(judged.filter(pl.col("reason").is_not_null()), task.path)
    record = new_record(frame)
    write_outcome(Outcome(kept, dropped), record, task.directory, task.name)
    return record
