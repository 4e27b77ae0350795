"""A rewrite that waits for people."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from seimai.dataset import Rows
from seimai.errors import Waiting
from seimai.job import Job
from seimai.step import Ref, Rewrite


class Asks(Rewrite):
    """Waits until somebody has written `answer` into the folder."""

    asks_people = True

    folder: Ref

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        answer = Path(job.locate(self.folder)).parent / "answer"
        if job.labels != "judge" and not answer.exists():
            raise Waiting(f"0 of {len(rows)} texts are answered; run the same command to go on")
        yield from rows.frames()
