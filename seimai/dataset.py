"""A dataset is an immutable directory: Parquet shards and a manifest that is written last.

    corpus-1a2b3c4d/
        kept/00000-0000.parquet ...      the rows
        dropped/00000-0000.parquet ...   the rows that went, with `dropped_by`, `reasons` and `detail`
        manifest.json                    exists only when the dataset is whole

A model has `model/` in place of `kept/` and `dropped/`.
"""

import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import xxhash

from seimai.errors import SeimaiError
from seimai.rows import Kind

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Shard:
    """One Parquet file and the number of its rows."""

    path: Path
    rows: int
    entry: str | None = None
    """The entry of the recipe that the rows come from (`seimai.run.input_rows` says which of several); None:
    from files, or made anew."""


@dataclass(frozen=True)
class Rows:
    """An ordered list of Parquet shards: what a whole-dataset step sees."""

    shards: tuple[Shard, ...]

    def __len__(self) -> int:
        return sum(s.rows for s in self.shards)

    def frames(self, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """The shards, one frame at a time, in order."""
        for shard in self.shards:
            yield pl.read_parquet(
                shard.path, columns=list(columns) if columns else None, hive_partitioning=False
            )

    def read(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """All rows in memory; shards may differ in columns (missing values are null)."""
        frames = [f for f in self.frames(columns) if f.height] or list(self.frames(columns))
        return pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()


@dataclass(frozen=True)
class Dataset:
    """A finished dataset or model directory."""

    path: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest; reading it fails if the dataset is not whole."""
        return json.loads((self.path / MANIFEST).read_text("utf-8"))

    @property
    def kind(self) -> Kind:
        """What the rows are."""
        return self.manifest["kind"]

    @property
    def hash(self) -> str:
        """The hash of everything that shaped the dataset."""
        return self.manifest["hash"]

    def _rows(self, side: str) -> Rows:
        shards = self.manifest["shards"][side]
        return Rows(tuple(Shard(self.path / s["path"], s["rows"], s.get("entry")) for s in shards))

    @property
    def kept(self) -> Rows:
        """The rows."""
        return self._rows("kept")

    @property
    def dropped(self) -> Rows:
        """The rows that went, each with its reasons."""
        return self._rows("dropped")

    @property
    def model(self) -> Path:
        """The folder of the model's files."""
        return self.path / "model"

    @staticmethod
    def is_whole(path: Path) -> bool:
        """Whether the directory holds a finished dataset."""
        return (path / MANIFEST).is_file()


def open_dataset(path: Path) -> Dataset:
    """Open a dataset directory.

    Raises:
        SeimaiError: if the directory has no manifest (unfinished, or not a dataset).
    """
    if not Dataset.is_whole(path):
        raise SeimaiError(f"{path} holds no {MANIFEST}: it is not a finished dataset")
    return Dataset(path)


def size_of(path: Path) -> int:
    """A file's bytes; 0 where it cannot be looked at: whoever opens it says why."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def write_atomically(path: Path, data: bytes | memoryview) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)  # a full disk needs the room
        raise


def write_parquet(frame: pl.DataFrame, path: Path) -> str:
    """Write a shard: whole or not at all, the same bytes for the same rows; returns their XXH3-128."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=1)
    write_atomically(path, buffer.getbuffer())
    return xxhash.xxh3_128_hexdigest(buffer.getbuffer())


def write_manifest(directory: Path, manifest: dict[str, Any]) -> Dataset:
    """Finish a dataset: from here on it is whole."""
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
    write_atomically(directory / MANIFEST, text.encode("utf-8"))
    return Dataset(directory)
