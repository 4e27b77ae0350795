"""Python for the few documents that need it."""

from collections.abc import Callable

import polars as pl


def apply_where(text: pl.Series, chosen: pl.Series, change: Callable[[str], str]) -> pl.Series:
    """The column with `change` applied to the rows that are chosen (true; null is not)."""
    at = chosen.fill_null(value=False).arg_true()
    if not len(at):
        return text
    return text.scatter(at, pl.Series([change(t) for t in text.gather(at)], dtype=pl.String))
