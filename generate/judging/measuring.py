"""Numbers that a model in this process gives to responses: taken once, journalled, looked up.

The responses to one prompt are one batch, and a batch never holds another prompt, so that a number depends on
nothing but its row.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import polars as pl

from generate.asker import fault
from generate.engine import Answer, Candidate, Message
from generate.journal import Journal
from generate.judging.scores import NO_TEXT, Judgement, Row, Score, has_text, judged, rows_of
from generate.seeds import canonical
from generate.usage import Usage
from seimai.dataset import Rows
from seimai.job import Job
from seimai.rows import row_id

NOTHING = Score(None, NO_TEXT)


class Meter(Protocol):
    """A loaded model that measures the responses to one conversation."""

    def measure(self, messages: Sequence[Message], texts: Sequence[str]) -> list[Candidate]:
        """One candidate for each text, its seed being the text's number: what was measured, or an error."""
        ...


class Measurements:
    """What a model says of each response; `name` and `place` of the model, `file` for its journal."""

    def __init__(self, job: Job, name: str, place: str, file: str) -> None:
        self._job = job
        self._place = place
        self._usage = Usage("transformers", name)
        self._journal = Journal(job.work / file, self._usage)

    def take(self, rows: Rows, model: Callable[[], AbstractContextManager[Meter]]) -> None:
        """Measure what is not measured yet; the model is loaded only if there is any, and freed after it.

        Raises:
            SeimaiError: if the model cannot be loaded; what was measured before is kept.
        """
        total = missing = 0
        for _ in self._rows(rows):
            total += 1
        for _ in self._todo(rows):
            missing += 1
        bar = self._job.bar(f"{self._job.entry}: {self._usage.model} measures", total, "prompts")
        bar.already(total - missing)
        if missing:
            with model() as meter:
                self._usage.start()
                for key, row in self._todo(rows):
                    self._measure(meter, key, row)
                    bar.note(self._usage.speed())
                    bar.advance()
        self._usage.tell(self._job)

    def _measure(self, meter: Meter, key: str, row: Row) -> None:
        found = tuple(meter.measure(row["prompt"], [r["text"] for r in row["responses"] if has_text(r)]))
        self._journal.add(Answer(key, found))

    def _rows(self, rows: Rows) -> Iterator[Row]:
        """Rows that have something to measure."""
        for row in rows_of(rows):
            if fault(row["prompt"]) is None and any(has_text(r) for r in row["responses"] or ()):
                yield row

    def _todo(self, rows: Rows) -> Iterator[tuple[str, Row]]:
        """Rows that are not measured yet; of equal ones the first alone."""
        seen = set[str]()
        for row in self._rows(rows):
            key = self._key(row)
            if key not in seen and not self._journal.seeds(key):
                seen.add(key)
                yield key, row

    def _key(self, row: Row) -> str:
        texts = [r["text"] for r in row["responses"] if has_text(r)]
        return row_id(self._place, canonical(row["prompt"]), *texts)

    def of(self, row: Row) -> Iterator[Candidate]:
        """The measurements of a row's responses that have a text, in their order."""
        found = self._journal.candidates(self._key(row))
        return (found[number] for number in sorted(found))

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()


def measured(
    rows: Rows,
    job: Job,
    step: str,
    judge: str,
    taken: Sequence[Measurements],
    score: Callable[[Sequence[Candidate]], Score],
) -> Iterator[pl.DataFrame]:
    """The rows with the scores that `score` makes of each response's measurements, one of each model."""

    def judgement(row: Row) -> Judgement:
        if said := fault(row["prompt"]):
            return Judgement([Score(None, f"no verdict: {said}") for _ in row["responses"]])
        found = zip(*(m.of(row) for m in taken), strict=True)
        return Judgement([_of(next(found), score) if has_text(r) else NOTHING for r in row["responses"]])

    yield from judged(rows, job, step, judge, judgement)


def _of(candidates: Sequence[Candidate], score: Callable[[Sequence[Candidate]], Score]) -> Score:
    errors = [c.error for c in candidates if c.error is not None]
    return Score(None, f"no verdict: {errors[0]}") if errors else score(candidates)
