"""Export shards as files: Parquet or JSON lines, whole or not at all, a group of rows in memory at a time."""

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import polars as pl
import pyarrow  # pyright: ignore[reportMissingTypeStubs]
import pyarrow.parquet  # pyright: ignore[reportMissingTypeStubs]

from seimai.exporting.cuts import PART, ExportShard, Span

arrow: Any = pyarrow  # it has no types
parquet: Any = pyarrow.parquet  # pyright: ignore
Format = Literal["parquet", "jsonl", "jsonl.zst"]
BLOCK = 1 << 22


@dataclass(frozen=True)
class WriteTask:
    """One file to write."""

    shard: ExportShard
    file: Path
    form: Format
    schema: pl.Schema
    """Columns that all rows get; what a shard of the dataset lacks is null."""


@dataclass(frozen=True)
class Written:
    """A file that is whole."""

    file: Path
    split: str
    rows: int
    bytes: int
    sha256: str


def write_shard(task: WriteTask) -> Written:
    """Write the file; one that is there was written by a run before this one and is only read again."""
    if not task.file.exists():
        temporary = task.file.with_name(f".{task.file.name}.{os.getpid()}.tmp")
        with temporary.open("wb") as out:
            (_write_parquet if task.form == "parquet" else _write_lines)(task, out)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(task.file)
    return described(task.file, task.shard.split, task.shard.rows)


def described(file: Path, split: str, rows: int) -> Written:
    """A file with its size and SHA-256."""
    digest = hashlib.sha256()
    with file.open("rb") as f:
        while block := f.read(BLOCK):
            digest.update(block)
    return Written(file, split, rows, file.stat().st_size, digest.hexdigest())


def _frames(task: WriteTask) -> Iterator[pl.DataFrame]:
    """The groups of rows, each a frame."""
    held = _Held(task.shard.split)
    empty = pl.DataFrame(schema=task.schema)
    for group in task.shard.groups:
        yield pl.concat([empty, *(held.rows(span) for span in group)], how="diagonal_relaxed").rechunk()


class _Held:
    """The shard of the dataset that was read last: spans come in its order."""

    def __init__(self, split: str) -> None:
        self.split, self.path, self.frame = split, Path(), pl.DataFrame()

    def rows(self, span: Span) -> pl.DataFrame:
        if span.path != self.path:
            self.path = span.path
            self.frame = pl.read_parquet(span.path, hive_partitioning=False)
            if PART in self.frame.columns:
                self.frame = self.frame.filter(pl.col(PART).fill_null("train") == self.split)
        return self.frame[span.first : span.first + span.rows]


def _arrow(frame: pl.DataFrame) -> Any:
    untyped: Any = frame
    return untyped.to_arrow()


def plain_schema(schema: Any) -> Any:
    """An Arrow schema with the types that all readers show as what they are: string, list."""
    return arrow.schema([arrow.field(field.name, _plain(field.type)) for field in schema])


def _plain(kind: Any) -> Any:
    types = arrow.types
    if types.is_large_string(kind) or types.is_string_view(kind):
        return arrow.string()
    if types.is_large_list(kind) or types.is_list(kind):
        return arrow.list_(_plain(kind.value_type))
    if types.is_struct(kind):
        return arrow.struct([arrow.field(f.name, _plain(f.type)) for f in kind])
    return kind


def _write_parquet(task: WriteTask, out: BinaryIO) -> None:
    """Zstandard, a row group for each group, with a page index: what the Hub's viewer reads parts by."""
    target = plain_schema(_arrow(pl.DataFrame(schema=task.schema)).schema)
    with parquet.ParquetWriter(out, target, compression="zstd", write_page_index=True) as writer:
        for frame in _frames(task):
            writer.write_table(_arrow(frame).cast(target), row_group_size=max(frame.height, 1))


def _write_lines(task: WriteTask, out: BinaryIO) -> None:
    """One object a line; compressed as one frame, since readers stop after the first."""
    with ExitStack() as stack:
        target: Any = out
        if task.form == "jsonl.zst":
            import zstandard

            compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
            target = stack.enter_context(compressor.stream_writer(out, closefd=False))
        for frame in _frames(task):
            lines = io.BytesIO()
            frame.write_ndjson(lines)
            target.write(lines.getbuffer())
