"""A second filter, over the same signals module."""

import polars as pl
from pydantic import Field

from seimai.step import Filter


class Kanji(Filter):
    """Drops texts with few kanji."""

    signals = "mycompany.signals"

    at_least: float = Field(default=0.2, ge=0, le=1)

    def reasons(self) -> dict[str, pl.Expr]:
        return {"too_few": pl.col("kanji_share") < self.at_least}
