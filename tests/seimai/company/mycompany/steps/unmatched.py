"""A filter over columns that other steps add."""

import polars as pl

from seimai.step import Filter


class Unmatched(Filter):
    """Drops texts whose twin was dropped, and texts of one character."""

    signals = "mycompany.signals"

    def reasons(self) -> dict[str, pl.Expr]:
        return {"twin": pl.col("twin_of").is_not_null(), "single": pl.col("tag") == "1"}
