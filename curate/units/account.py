"""The account of what went, over all shards: parts by ranges of keys, each in memory alone, then merged."""

import heapq
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path

import polars as pl

PART_UNITS = 500_000
"""Entries of the shards' accounts that one part holds on average: some hundred megabytes."""
_BATCH = 8192

_SCHEMA = pl.Schema({"text": pl.String, "documents": pl.Int64, "removed": pl.Int64})


def write_account(accounts: Sequence[Path], folder: Path, out: Path) -> None:
    """Write each unit that went as a line of JSON: those that went most often first, equals by their text.

    Args:
        accounts: of the shards, in their order; each has a key once.
        folder: where the parts are kept meanwhile.
        out: the file to write.
    """
    every = pl.scan_parquet(list(accounts))
    parts = int(every.select(pl.len()).collect().item()) // PART_UNITS + 1
    bounds = [part * (1 << 64) // parts for part in range(parts + 1)]
    files: list[Path] = []
    for number, (low, high) in enumerate(pairwise(bounds)):
        of_part = every.filter(pl.col("key").is_between(pl.lit(low, pl.UInt64), pl.lit(high - 1, pl.UInt64)))
        files.append(folder / f"account-{number}.parquet")
        _summed(of_part).write_parquet(files[-1], row_group_size=_BATCH)
    merged = heapq.merge(*map(_rows, files), key=lambda row: (-row[2], row[0]))
    with out.open("wb") as f:
        while rows := list(islice(merged, _BATCH)):
            pl.DataFrame(rows, schema=_SCHEMA, orient="row").write_ndjson(f)


def _summed(accounts: pl.LazyFrame) -> pl.DataFrame:
    return (
        accounts.group_by("key", maintain_order=True)
        .agg(pl.first("text", "documents"), pl.sum("removed"))
        .sort(["removed", "text"], descending=[True, False], maintain_order=True)
        .drop("key")
        .collect()
    )


def _rows(file: Path) -> Iterator[tuple[str, int, int]]:
    start = 0
    while rows := pl.scan_parquet(file).slice(start, _BATCH).collect().rows():
        yield from rows
        start += _BATCH
