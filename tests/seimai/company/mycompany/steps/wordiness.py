"""Counts words, a costly signal, only where characters leave a doubt."""

import polars as pl
from pydantic import Field

from seimai.step import Filter


class Wordiness(Filter):
    """Drops long texts of many words."""

    signals = "mycompany.signals"

    longer_than: int = Field(default=8, ge=0, description="fewest characters of a long text")
    at_most: int = Field(default=2, ge=0, description="most words")
    最少文字数: int = Field(default=0, ge=0, description="fewest characters")

    def reasons(self) -> dict[str, pl.Expr]:
        return {
            "wordy": (pl.col("letters") > self.longer_than) & (pl.col("words") > self.at_most),
            "短すぎる": pl.col("letters") < self.最少文字数,
        }
