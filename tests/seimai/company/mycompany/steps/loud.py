"""A user's filter over signals of his own."""

import polars as pl
from pydantic import Field

from seimai.step import Filter


class Loud(Filter):
    """Drops shouting and snippets."""

    signals = "mycompany.signals"

    at_most: int = Field(default=1, ge=0, description="most exclamation marks")
    at_least: int = Field(default=3, ge=0, description="fewest characters")

    def reasons(self) -> dict[str, pl.Expr]:
        return {"too_loud": pl.col("bangs") > self.at_most, "too_short": pl.col("letters") < self.at_least}
