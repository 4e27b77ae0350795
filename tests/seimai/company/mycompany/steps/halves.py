"""A user's rewrite."""

from collections.abc import Iterator

import polars as pl
from pydantic import Field

from seimai.dataset import Rows
from seimai.job import Job
from seimai.rows import origin_of, row_id
from seimai.step import Rewrite


class Halves(Rewrite):
    """Cuts each text in two; texts of one character go."""

    forget: bool = Field(default=False, description="lose the texts of one character")

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        yield pl.DataFrame()
        for frame in rows.frames():
            made: list[dict[str, object]] = []
            for row in frame.iter_rows(named=True):
                text, half = row["text"], len(row["text"]) // 2
                if half:
                    for n, part in enumerate((text[:half], text[half:])):
                        made.append(
                            {"id": row_id(row["id"], n), "origin": origin_of([row["id"]]), "text": part}
                        )
                elif not self.forget:
                    made.append(
                        {"id": row["id"], "origin": row["origin"], "text": text, "reason": "too_short"}
                    )
            schema = {
                "id": pl.String,
                "origin": frame.schema["origin"],
                "text": pl.String,
                "reason": pl.String,
            }
            yield pl.DataFrame(made, schema=schema)
