"""A user's transform that adds a column, and says itself which rows it cannot process."""

import polars as pl

from seimai.step import Transform


class Tag(Transform):
    """Tags each row with its length."""

    changes = frozenset({"tag"})

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        bad = pl.when(pl.col("text").str.contains("壊")).then(pl.lit("壊れている"))
        return rows.with_columns(tag=pl.col("text").str.len_chars().cast(pl.String), failed=bad)
