"""A transform that takes its time and writes down which rows it saw."""

import os
import time
from typing import Annotated

import polars as pl
from pydantic import Field

from seimai.step import Aside, Transform


class Slow(Transform):
    """Sleeps, then notes the ids of its rows in the file that MYCOMPANY_LOG names."""

    seconds: Annotated[float, Aside()] = Field(default=0.0, ge=0)

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        time.sleep(self.seconds)
        log = os.open(os.environ["MYCOMPANY_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(log, "".join(f"{i}\n" for i in rows["id"]).encode())
        os.close(log)
        return rows.with_columns(pl.col("text") + "。")
