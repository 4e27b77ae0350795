"""A user's selection that looks where rows come from."""

from collections.abc import Iterator

import polars as pl

from seimai.dataset import Rows
from seimai.job import Job
from seimai.step import Selection


class Parents(Selection):
    """Keeps all rows, and notes the entry that each comes from."""

    changes = frozenset({"entry"})

    def select(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        names = [name for shard in rows.shards for name in [shard.entry] * shard.rows]
        verdicts = pl.DataFrame({"row": range(len(names)), "entry": pl.Series(names, dtype=pl.String)})
        yield verdicts.with_columns(reason=pl.lit(None, pl.String))
