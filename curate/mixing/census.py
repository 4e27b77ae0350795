"""One pass over the rows: key, size and stratum of each, and what there is of every stratum."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate.mixing.amount import Unit, needed, size
from curate.mixing.order import bucket, keys
from seimai.dataset import Rows, Shard, write_parquet
from seimai.errors import SeimaiError
from seimai.job import Job

MOST_STRATA = 10_000

_META = re.compile(r"meta\.(\w+)")


@dataclass(frozen=True)
class CensusTask:
    """One shard, and the file that takes what is to be known of its rows."""

    shard: Shard
    target: Path
    seed: int
    unit: Unit
    column: str
    stratum: pl.Expr
    """The stratum of a row, as text."""


@dataclass(frozen=True)
class Census:
    """What a pass found."""

    files: tuple[Path, ...]
    """One a shard: `key`, `size` (null: not known) and `stratum` of its rows, in their order."""
    counts: pl.DataFrame
    """`rows` and `amount` by `stratum` and `bucket` of keys, of the rows whose size is known."""

    def amounts(self) -> dict[str, int]:
        """The amount there is of each stratum, by name."""
        by = self.counts.group_by("stratum").agg(pl.col("amount").sum()).sort("stratum")
        return dict(by.select("stratum", "amount").iter_rows())


def stratum_of(text: str | None) -> pl.Expr:
    """From what a recipe names (a column, a key of `meta`, an SQL expression) to the stratum of a row.

    >>> pl.select(pl.lit(0.4).alias("kana")).select(stratum_of("kana > 0.3")).item()
    'true'

    Raises:
        ValueError: if the text is no expression.
    """
    if text is None:
        return pl.lit("")
    if key := _META.fullmatch(text):
        return pl.col("meta").str.json_path_match(f"$.{key[1]}").fill_null("null")
    try:
        return pl.sql_expr(text).cast(pl.String).fill_null("null")
    except pl.exceptions.PolarsError as e:
        raise ValueError(f"{text!r} is no column and no expression: {e}") from None


def census(
    rows: Rows,
    job: Job,
    unit: Unit,
    column: str,
    stratum: Callable[[Shard], pl.Expr],
) -> Census:
    """Look at all rows once.

    Raises:
        SeimaiError: if there are more strata than can be drawn from.
    """
    folder = job.work / "census"
    folder.mkdir(exist_ok=True)
    shards = [s for s in rows.shards if s.rows]
    files = tuple(folder / f"{n:05d}.parquet" for n in range(len(shards)))
    tasks = [
        CensusTask(shard, file, job.seed, unit, column, stratum(shard))
        for shard, file in zip(shards, files, strict=True)
    ]
    bar = job.bar("counting", len(rows), "rows")
    counts = pl.DataFrame()
    for task, found in zip(tasks, job.executor.map(count, tasks), strict=True):
        counts = pl.concat([counts, found]).group_by("stratum", "bucket").agg(pl.all().sum())
        if counts["stratum"].n_unique() > MOST_STRATA:
            raise SeimaiError(f"more than {MOST_STRATA:,} strata: name something that has fewer values")
        bar.advance(task.shard.rows)
    return Census(files, counts)


def count(task: CensusTask) -> pl.DataFrame:
    """Write the file of a shard, and count by stratum and bucket."""
    if not task.target.exists():
        wanted = {"id", *needed(task.unit, task.column), *task.stratum.meta.root_names()}
        frame = pl.read_parquet(task.shard.path, columns=sorted(wanted), hive_partitioning=False)
        facts = frame.select(
            pl.Series("key", keys(frame["id"], task.seed)),
            size(task.unit, task.column).alias("size"),
            task.stratum.alias("stratum"),
        )
        write_parquet(facts, task.target)
    known = pl.read_parquet(task.target).filter(pl.col("size").is_not_null())
    sums = known.group_by("stratum", bucket().alias("bucket")).agg(
        pl.len().cast(pl.Int64).alias("rows"), pl.col("size").sum().alias("amount")
    )
    return sums.select("stratum", "bucket", "rows", "amount")
