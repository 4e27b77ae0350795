"""Whole-dataset passes: a verdict over all rows, new rows from old ones, or a model."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from seimai.chain import Outcome, given_back
from seimai.dataset import Rows
from seimai.errors import SeimaiError
from seimai.fingerprint import digest_of
from seimai.job import Job
from seimai.manifest import Parts
from seimai.mapped import filled, slices
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
    expected = _Expected(rows, job.work)
    for number, frames in enumerate(_gathered(step.rewrite(rows, job))):
        kept, failed = _sides(frames)
        kept = kept.drop(todo.forget, strict=False)
        record = new_record(kept)
        name = f"{todo.number}-{number:05d}-0000.parquet"
        write_outcome(Outcome(kept, given_back(failed, step.path())), record, todo.directory, name)
        for side in (kept, failed):
            if side.height:
                expected.see(side["id"])
                expected.see(side["origin"].struct.field("parents").explode().drop_nulls())
        parts.add(record)
    if lost := expected.lost():
        raise SeimaiError(f"{step.path()} lost {len(lost)} rows, {min(lost)} among them")
    parts.files = files_of(job.out)
    parts.metrics, parts.times = job.metrics, job.times
    return parts


class _Expected:
    """The ids of the old rows, as 64-bit hashes in a mapped file: 9 bytes a row.

    Two ids that share a hash count as one; of ten million, some do with a chance of 3 in a million.
    """

    def __init__(self, rows: Rows, folder: Path) -> None:
        self._rows = rows
        self._hashes = filled(folder / "expected-ids", len(rows), np.uint64(0))
        first = 0
        for frame in rows.frames(["id"]):
            self._hashes[first : first + frame.height] = frame["id"].hash().to_numpy()
            first += frame.height
        self._hashes.sort()
        self._seen = filled(folder / "expected-seen", len(rows), np.bool_(0))

    def see(self, ids: pl.Series) -> None:
        """Count rows as accounted for; ids of other rows are passed over."""
        hashes = ids.hash().to_numpy()
        first = np.searchsorted(self._hashes, hashes)
        found = first < self._hashes.size
        found[found] = self._hashes[first[found]] == hashes[found]
        self._seen[first[found]] = True

    def lost(self) -> set[str]:
        """The ids that nothing accounts for."""
        left: list[npt.NDArray[np.uint64]] = [np.zeros(0, np.uint64)]
        for some in slices(self._hashes.size):
            hashes = self._hashes[some]
            again = np.zeros(hashes.size, np.bool_)  # of equal ids only the first is marked
            again[1:] = hashes[1:] == hashes[:-1]
            again[0] = some.start > 0 and hashes[0] == self._hashes[some.start - 1]
            left.append(hashes[~(self._seen[some] | again)])
        unseen = pl.Series(np.concatenate(left), dtype=pl.UInt64)
        if unseen.is_empty():
            return set()
        frames = (f["id"] for f in self._rows.frames(["id"]))
        return {name for ids in frames for name in ids.filter(ids.hash().is_in(unseen.implode()))}


def _gathered(frames: Iterator[pl.DataFrame]) -> Iterator[list[pl.DataFrame]]:
    """Frames in groups of about a shard's size; empty ones are passed over."""
    held: list[pl.DataFrame] = []
    size = 0
    for frame in frames:
        if frame.height:
            held.append(frame)
            size += int(frame.estimated_size())
        if size >= SHARD_BYTES:
            yield held
            held, size = [], 0
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
