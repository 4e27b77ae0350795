"""A user's transform that reads a file which the recipe names."""

from pathlib import Path

import polars as pl

from seimai.errors import SeimaiError
from seimai.step import Ref, Transform


class Lookup(Transform):
    """Adds what stands in a file to each row; the file must not be empty."""

    changes = frozenset({"looked_up"})

    file: Ref

    def check(self) -> None:
        if not Path(self.file).read_text("utf-8"):
            raise SeimaiError(f"{self.file}:1: empty")

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.with_columns(looked_up=pl.lit(Path(self.file).read_text("utf-8")))
