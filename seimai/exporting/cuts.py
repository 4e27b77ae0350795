"""Where export shards begin and end: by the size of the rows, whatever the shards of the dataset.

A row's size is that of its line of JSON. A row lies in the group in which its first byte falls when all
lines are cut every `GROUP` bytes, and so many groups make a shard.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seimai.exporting.summary import Summary, summarize

GROUP = 16 << 20
"""Bytes of rows that are in memory and in one row group of Parquet together."""
PART = "part"
"""The column by which `curate.split` tells train, valid and test apart: each becomes a split."""


@dataclass(frozen=True)
class SurveyTask:
    """A shard of the dataset, to be measured."""

    path: Path
    signals: tuple[str, ...]
    tokens: tuple[str, ...]


@dataclass(frozen=True)
class Survey:
    """What one shard of the dataset holds."""

    path: Path
    sizes: "dict[str, NDArray[np.int64]]"
    """Of the rows of each split, in order."""
    summary: Summary
    schema: pl.Schema


def survey(task: SurveyTask) -> Survey:
    """Measure the rows of a shard."""
    rows = pl.read_parquet(task.path, hive_partitioning=False)
    sizes = rows.select(pl.struct(pl.all()).struct.json_encode().str.len_bytes().cast(pl.Int64) + 1)
    sizes = sizes.to_series().to_numpy()
    splits = rows[PART].fill_null("train") if PART in rows.columns else None
    parts = (
        {str(name): sizes[(splits == name).to_numpy()] for name in splits.unique().sort()}
        if splits is not None
        else {"train": sizes}
    )
    return Survey(task.path, parts, summarize(rows, task.signals, task.tokens), rows.schema)


@dataclass(frozen=True)
class Span:
    """Neighbouring rows of one shard of the dataset, counted among those of the split."""

    path: Path
    first: int
    rows: int


@dataclass
class ExportShard:
    """A file to write: its groups of rows, each a list of spans."""

    split: str
    groups: list[list[Span]] = field(default_factory=list[list[Span]])

    @property
    def rows(self) -> int:
        """How many."""
        return sum(span.rows for group in self.groups for span in group)


@dataclass
class _Position:
    """How far a split has come."""

    bytes: int = 0
    group: int = -1
    shards: list[ExportShard] = field(default_factory=list[ExportShard])
    cell: int = -1


@dataclass
class Cuts:
    """Cuts the rows into shards, shard after shard of the dataset."""

    shard_bytes: int
    _splits: dict[str, _Position] = field(default_factory=dict[str, _Position])

    def add(self, path: Path, sizes: "dict[str, NDArray[np.int64]]") -> None:
        """Give the rows of the next shard of the dataset their places."""
        per_shard = max(1, round(self.shard_bytes / GROUP))
        for split, own in sizes.items():
            at = self._splits.setdefault(split, _Position())
            if not len(own):
                continue
            groups = (at.bytes + np.cumsum(own) - own) // GROUP
            borders = [0, *(np.flatnonzero(np.diff(groups)) + 1).tolist(), len(own)]
            for first, last in pairwise(borders):
                group = int(groups[first])
                if group // per_shard != at.cell:
                    at.cell, at.group = group // per_shard, -1
                    at.shards.append(ExportShard(split))
                if group != at.group:
                    at.group = group
                    at.shards[-1].groups.append([])
                at.shards[-1].groups[-1].append(Span(path, first, last - first))
            at.bytes += int(own.sum())

    def shards(self) -> dict[str, Sequence[ExportShard]]:
        """The shards of each split: train first, then by name."""
        names = sorted(self._splits, key=lambda n: (n != "train", n))
        return {name: self._splits[name].shards for name in names if self._splits[name].shards}
