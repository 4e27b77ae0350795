"""A user's transform: it changes the text, and some texts break it."""

import polars as pl
from pydantic import Field

from seimai.step import Transform


class Shout(Transform):
    """Ends every text with a mark; explodes on some texts."""

    mark: str = Field(default="!", description="what to add")

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        if rows["text"].str.contains("爆発").any():
            raise ValueError("爆発した")
        if rows["text"].str.contains("恐慌").any():
            raise pl.exceptions.PanicException("a crash in native code")
        return rows.with_columns(pl.col("text") + self.mark)
