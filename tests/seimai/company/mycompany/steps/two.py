"""A module with one step too many."""

import polars as pl

from seimai.step import Filter


class First(Filter):
    """One."""

    def reasons(self) -> dict[str, pl.Expr]:
        return {}


class Second(Filter):
    """Two."""

    def reasons(self) -> dict[str, pl.Expr]:
        return {}
