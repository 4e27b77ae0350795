"""Parts of a split: what must stay together, and to which part it goes."""

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from curate.mixing.order import keys
from seimai.dataset import Rows
from seimai.job import Job


def part_of(groups: pl.Series, shares: Mapping[str, float], seed: int) -> pl.Series:
    """The part of each group: by its name and the seed alone.

    A hash of the name falls into one of the parts' ranges, so that the shares are met on average, and a group
    that comes or goes moves no other.

    >>> part_of(pl.Series(["玄米", "白米", "玄米"]), {"train": 0.5, "test": 0.5}, 5).to_list()
    ['test', 'test', 'test']
    """
    ends = np.cumsum(list(shares.values()))[:-1] * 2.0**64
    where = np.searchsorted(ends.astype(np.uint64), keys(groups, seed), side="right")
    return pl.Series("part", list(shares), pl.String).gather(where)


def known_groups(rows: Rows) -> Iterator[pl.Series]:
    """The name of each row's group, shard after shard: its cluster, what it repeats, else its own id.

    Rows without text that were made from one row (the pairs of a prompt) stay together.
    """
    for shard in rows.shards:
        schema = pl.read_parquet_schema(shard.path)
        names = [pl.col(c) for c in ("cluster", "copy_of") if c in schema]
        if "text" not in schema:
            names.append(pl.col("origin").struct.field("parents").list.first())
        frame = pl.scan_parquet(shard.path, hive_partitioning=False)
        yield frame.select(pl.coalesce(*names, "id").alias("group")).collect()["group"]


def found_groups(rows: Rows, job: Job, ngram: int, threshold: float) -> Iterator[pl.Series]:
    """The id of the first row of each row's cluster of near-duplicates, shard after shard."""
    from curate.minhash.bands import layout
    from curate.minhash.search import Search
    from curate.minhash.similar import Similar

    search = Search(rows, job, layout(threshold, 128), 128, Similar(ngram, exact=True))
    roots = search.clusters(threshold)
    first = 0
    for shard in rows.shards:
        yield search.store.ids(roots[first : first + shard.rows])
        first += shard.rows
