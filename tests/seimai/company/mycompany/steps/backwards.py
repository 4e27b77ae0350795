"""A user's rewrite that changes nothing but the order."""

from collections.abc import Iterator

import polars as pl

from seimai.dataset import Rows
from seimai.job import Job
from seimai.step import Rewrite


class Backwards(Rewrite):
    """Puts the last row first."""

    keeps_columns = True

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        for frame in reversed([*rows.frames()]):
            yield frame.reverse()
