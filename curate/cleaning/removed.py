"""The account of what cleaning removed: one column a step, in characters."""

from collections.abc import Sequence

import polars as pl


def cleaned(rows: pl.DataFrame, texts: Sequence[str | None], column: str) -> pl.DataFrame:
    """The rows with their new texts; `column` counts the characters that went.

    A count that is there already, from a step of the same name before, is added to.
    """
    before = rows[column].fill_null(0) if column in rows.columns else 0
    new = pl.Series("text", texts, pl.String)
    went = rows["text"].str.len_chars().cast(pl.Int64) - new.str.len_chars().cast(pl.Int64)
    return rows.with_columns(new, (went + before).alias(column))
