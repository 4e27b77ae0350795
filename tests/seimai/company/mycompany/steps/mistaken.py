"""A filter with a slip of the pen."""

import polars as pl

from seimai.step import Filter


class Mistaken(Filter):
    """Names a signal that is not there."""

    signals = "mycompany.signals"

    def reasons(self) -> dict[str, pl.Expr]:
        return {"too_loud": pl.col("bang") > 1}
