"""A transform that breaks its contract."""

import polars as pl

from seimai.step import Transform


class Loses(Transform):
    """Loses the first row of each frame."""

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows[1:]
