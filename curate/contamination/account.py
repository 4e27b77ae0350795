"""The account that stays in the dataset: each item of each benchmark, how often it was found, and where."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import polars as pl

from curate.contamination.judge import PLACES
from curate.contamination.texts import Benchmarks

MOST_PLACES: Final = 1000
"""Places that are listed of one item; all are counted."""


def write(folder: Path, benchmarks: Benchmarks, places: Iterable[Path], common: pl.DataFrame) -> None:
    """Write `items.jsonl`, `places.parquet` and `benchmarks.jsonl` into the folder.

    The places come shard by shard; what is held of them grows with the benchmarks and not with the corpus.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found, listed = _gathered(places)
    items = _items(benchmarks, found, common)
    items.write_ndjson(folder / "items.jsonl")
    names = items.select("item", "file", "name")
    (
        listed.join(names, on="item", maintain_order="left")
        .select("file", "name", "id", "field", "start", "end", "share")
        .write_parquet(folder / "places.parquet")
    )
    _summary(items).write_ndjson(folder / "benchmarks.jsonl")


def _gathered(places: Iterable[Path]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Of each item how often, in how many rows, and at most how far it was found; and its first places."""
    totals = pl.DataFrame(
        schema={"item": pl.UInt32, "found": pl.UInt32, "rows": pl.UInt32, "most": pl.Float64}
    )
    listed = [pl.DataFrame(schema=PLACES)]
    for path in places:
        here = pl.read_parquet(path)
        before = here.join(totals.select("item", "found"), on="item", how="left", maintain_order="left")
        number = pl.col("found").fill_null(0) + pl.int_range(pl.len()).over("item")
        listed.append(before.filter(number < MOST_PLACES).drop("found"))
        more = here.group_by("item").agg(
            found=pl.len().cast(pl.UInt32),
            rows=pl.col("id").n_unique().cast(pl.UInt32),
            most=pl.col("share").max(),
        )
        totals = (
            pl.concat([totals, more]).group_by("item").agg(pl.sum("found"), pl.sum("rows"), pl.max("most"))
        )
    return totals.sort("item"), pl.concat(listed).sort("item", maintain_order=True)


def _items(benchmarks: Benchmarks, found: pl.DataFrame, common: pl.DataFrame) -> pl.DataFrame:
    """One row an item, in the order of the benchmarks."""
    phrases = benchmarks.owners().join(common, on="text", how="semi")["item"].unique()
    none = pl.col("found", "rows").fill_null(0)
    return (
        benchmarks.items()
        .join(found, on="item", how="left", maintain_order="left")
        .with_columns(
            none,
            pl.when(pl.col("item").is_in(phrases.implode()) & (pl.col("status") == "sought"))
            .then(pl.lit("common"))
            .otherwise("status")
            .alias("status"),
        )
        .select("item", "file", "number", "name", "status", "found", "rows", "most", "question")
    )


def _summary(items: pl.DataFrame) -> pl.DataFrame:
    """One row a benchmark file: its items, by status, and how many of them were found."""
    status = pl.col("status")
    return items.group_by("file", maintain_order=True).agg(
        items=pl.len(),
        found=(pl.col("found") > 0).sum(),
        share=(pl.col("found") > 0).mean(),
        places=pl.col("found").sum(),
        **{name: (status == name).sum() for name in ("too_short", "shared", "common", "no_text")},
    )
