"""A user's selection."""

from collections.abc import Iterator
from typing import Literal

import polars as pl
from pydantic import Field

from seimai.dataset import Rows
from seimai.job import Job
from seimai.step import Selection


class Twins(Selection):
    """Keeps the first of equal texts and notes which row the others repeat."""

    changes = frozenset({"twin_of"})

    fault: Literal["twice", "beyond"] | None = Field(default=None, description="a mistake to make")

    def select(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        frame = rows.read(["id", "text"]).with_row_index("row")
        first = frame.with_columns(pl.col("id").first().over("text").alias("twin_of"))
        verdicts = first.filter(pl.col("id") != pl.col("twin_of")).select(
            "row", "twin_of", reason=pl.lit("repeated")
        )
        if self.fault == "twice":
            yield verdicts
        if self.fault == "beyond":
            verdicts = verdicts.with_columns(pl.col("row") + len(rows))
        yield verdicts
