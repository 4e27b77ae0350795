"""Counts words only where characters leave a doubt."""

from typing import ClassVar

import polars as pl

from seimai.step import Filter


class Wordy(Filter):
    signals: ClassVar[str] = "mycompany.signals"

    def reasons(self) -> dict[str, pl.Expr]:
        return {"wordy": (pl.col("letters") > 3) & (pl.col("words") > 2)}
