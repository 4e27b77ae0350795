"""The stored columns of a dataset's two sides: only those that verdicts need are read."""

import importlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from seimai.dataset import Dataset, Shard
from seimai.errors import SeimaiError
from seimai.tuning.lineage import Entry

pq: Any = importlib.import_module("pyarrow.parquet")  # its stubs know no types

COUNTED = {"chars": "characters", "visible_chars": "visible characters"}
"""Signals that say how many characters a document has, the best first, and what they count."""
TEXT_CHARS = "chars_of_text"
"""The column of characters that are counted when a dataset is read."""


@dataclass
class Stored:
    """Rows of both sides, with the columns that were asked for."""

    rows: pl.DataFrame
    """The columns, `dropped_by` and `reasons` (null: kept), `stage`, `shard` and `row` in it."""
    shards: list[Shard]
    read_bytes: int = 0
    """Compressed bytes of the columns that were read."""
    all_bytes: int = 0
    """Bytes of the shards' files."""
    text_bytes: int = 0
    """Of `read_bytes`, those of texts read afterwards."""
    counted: bool = False
    """Whether characters were counted in the text."""
    _schemas: dict[Path, list[str]] = field(default_factory=dict[Path, list[str]])

    def fetch(self, rows: npt.NDArray[np.int64], columns: Sequence[str]) -> pl.DataFrame:
        """Columns of some rows, in the rows' order."""
        wanted = self.rows[rows].select("shard", "row").with_row_index("order")
        parts: list[pl.DataFrame] = []
        for (shard,), some in wanted.group_by("shard"):
            path = self.shards[int(str(shard))].path
            have = [c for c in columns if c in self._schemas[path]]
            size = _size(path, have)[0]
            self.read_bytes, self.text_bytes = self.read_bytes + size, self.text_bytes + size
            found = _columns(path, have)[some["row"].to_numpy()]
            parts.append(found.with_columns(some["order"]))
        if not parts:
            return pl.DataFrame()
        return pl.concat(parts, how="diagonal_relaxed").sort("order").drop("order")


def read(entry: Entry, columns: Collection[str], *, count: bool) -> Stored:
    """Both sides of an entry; `count` has characters counted in the text.

    Raises:
        SeimaiError: if a shard cannot be read.
    """
    dataset = entry.dataset
    stored = Stored(pl.DataFrame(), [])
    frames: list[pl.DataFrame] = []
    for shard in _shards(dataset, entry.first_stage):
        have: list[str] = pq.ParquetFile(shard.path).schema_arrow.names
        stored._schemas[shard.path] = have  # pyright: ignore[reportPrivateUsage]
        wanted = [c for c in have if c in {*columns, "dropped_by", "reasons"}]
        counts = count and "text" in have
        read_bytes, all_bytes = _size(shard.path, [*wanted, "text"] if counts else wanted)
        stored.read_bytes += read_bytes
        stored.all_bytes += all_bytes
        frame = _columns(shard.path, wanted) if wanted else pl.DataFrame()
        numbers = pl.int_range(shard.rows, dtype=pl.UInt32, eager=True).alias("row")
        added = [
            numbers,
            pl.repeat(len(stored.shards), shard.rows, dtype=pl.UInt32, eager=True).alias("shard"),
            pl.repeat(_stage(shard.path), shard.rows, dtype=pl.Int16, eager=True).alias("stage"),
        ]
        if counts:
            chars = _columns(shard.path, ["text"])["text"].str.len_chars().cast(pl.Int64)
            added.append(chars.alias(TEXT_CHARS))
            stored.counted = True
        stored.shards.append(shard)
        frames.append(pl.DataFrame([*frame.get_columns(), *added]))
    if not frames:
        raise SeimaiError(f"{dataset.path} has no rows, neither kept nor dropped")
    rows = pl.concat(frames, how="diagonal_relaxed")
    missing = {"dropped_by": pl.String, "reasons": pl.List(pl.String)}
    stored.rows = rows.with_columns(
        pl.lit(None, t).alias(c) for c, t in missing.items() if c not in rows.columns
    )
    return stored


def _shards(dataset: Dataset, first_stage: int) -> Iterable[Shard]:
    """Kept rows first; of the dropped ones those of the passes that are looked at."""
    yield from dataset.kept.shards
    yield from (s for s in dataset.dropped.shards if _stage(s.path) >= first_stage)


def _stage(path: Path) -> int:
    """The number of the pass that wrote a shard: its name begins with it."""
    return int(path.name.partition("-")[0])


def _columns(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, columns=list(columns), hive_partitioning=False)
    except (OSError, pl.exceptions.PolarsError) as e:
        raise SeimaiError(f"{path} cannot be read: {e}; remove its dataset and run again") from None


def _size(path: Path, columns: Collection[str]) -> tuple[int, int]:
    """Compressed bytes of some columns, and of the whole file."""
    metadata: Any = pq.ParquetFile(path).metadata
    size = 0
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            chunk: Any = metadata.row_group(group).column(number)
            if chunk.path_in_schema.partition(".")[0] in columns:
                size += int(chunk.total_compressed_size)
    return size, path.stat().st_size
