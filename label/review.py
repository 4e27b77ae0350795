"""People choose between the two responses of each pair, in Argilla."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import ClassVar

import polars as pl
from pydantic import Field

from label.pull import Response, read_capture, write_capture
from label.screen import GUIDELINES, QUESTIONS, field
from label.verdict import Verdict, decide
from seimai.dataset import Rows
from seimai.errors import Waiting
from seimai.job import Job
from seimai.rows import Kind
from seimai.step import Rewrite


class Review(Rewrite):
    """Have people choose; pairs come back with the majority's choice.

    The first run shows the pairs in Argilla, A and B in random order, and stops; later runs go on when
    every pair has its responses. Pairs that people find equal or equally bad teach no preference: they are
    given back with the reason `tie` (also where no answer leads) or `both_bad`.

    The credentials come from `SEIMAI_ARGILLA_API_KEY` or, for a server on this machine, from its secrets
    file; a recipe never holds them.
    """

    takes: ClassVar[Kind | None] = "pairs"
    gives: ClassVar[Kind | None] = "pairs"
    asks_people: ClassVar[bool] = True

    reviewers: int = Field(1, ge=1, description="submitted responses wanted for each pair")
    wait: bool = Field(
        True, description="false: go on with the pairs labelled so far, give the others back as unlabelled"
    )
    server: str = Field("http://127.0.0.1:6900", pattern=r"^https?://", description="Argilla's URL")
    workspace: str = Field("seimai", min_length=1, description="Argilla workspace whose members label")
    guidelines: str = Field(GUIDELINES, min_length=1, max_length=10_000, description="Markdown for reviewers")

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Yield the pairs as labelled, or raise `Waiting`."""
        if job.labels == "judge":
            for frame in rows.frames():
                yield frame.with_columns(label_source=pl.lit("judge"))
            return
        pairs = rows.read()
        whole = pl.all_horizontal(pl.col("prompt", "chosen", "rejected").list.len() > 0).fill_null(False)
        showable = pairs.filter(whole)
        yield from _given_back(pairs.filter(~whole), "incomplete")
        if showable.height:
            yield _labelled(showable, self._verdicts(showable, job))

    def _verdicts(self, pairs: pl.DataFrame, job: Job) -> dict[str, Verdict]:
        """Verdicts from the capture; where there is none yet, from Argilla through a new capture."""
        from label.push import dataset_name

        name = dataset_name(job.entry, pairs, job.seed)
        capture = job.out / f"{name}.answers.jsonl"  # it stays: the dataset's rows are made from it
        if not capture.exists():
            job.out.mkdir(parents=True, exist_ok=True)
            write_capture(capture, self._answers(pairs, name, job))
        answers: defaultdict[str, list[Response]] = defaultdict(list)
        for response in read_capture(capture):
            answers[response.pair].append(response)
        return {pair: decide(given) for pair, given in answers.items() if len(given) >= self.reviewers}

    def _answers(self, pairs: pl.DataFrame, name: str, job: Job) -> list[Response]:
        """Push what is not there yet and pull what was answered.

        Raises:
            Waiting: if pairs lack responses and `wait` is set, or if there is no response at all.
            SeimaiError: if Argilla cannot be reached.
        """
        from label.client import Argilla
        from label.pull import pull
        from label.push import ensure_dataset, push
        from label.sides import keep

        sides = keep(job.work / f"{name}.sides.jsonl", pairs["id"], job.seed)
        with Argilla.connect(self.server) as argilla:
            dataset = ensure_dataset(
                argilla,
                name,
                workspace=self.workspace,
                guidelines=self.guidelines,
                reviewers=self.reviewers,
                field=field(),
                questions=QUESTIONS,
            )
            push(argilla, dataset, pairs, sides, reviewers=self.reviewers, job=job)
            pulled = pull(argilla, dataset["id"], sides)
        given = pl.Series([response.pair for response in pulled.responses], dtype=pl.String)
        done = int((given.value_counts(name="n")["n"] >= self.reviewers).sum())
        if done < pairs.height and (self.wait or not done):
            place = f"{self.server.rstrip('/')}/dataset/{dataset['id']}/annotation-mode"
            raise Waiting(waiting_sentence(done, pairs.height, place, pulled.discarded))
        return pulled.responses


def waiting_sentence(done: int, total: int, place: str, discarded: int = 0) -> str:
    """What the command says when it stops to wait.

    >>> waiting_sentence(34, 120, "http://127.0.0.1:6900/dataset/1")
    '34 of 120 pairs are labelled at http://127.0.0.1:6900/dataset/1; run the same command to go on'
    """
    skipped = f" ({discarded} skipped by a reviewer)" if discarded else ""
    return f"{done} of {total} pairs are labelled{skipped} at {place}; run the same command to go on"


def _labelled(pairs: pl.DataFrame, verdicts: Mapping[str, Verdict]) -> pl.DataFrame:
    """The pairs with their votes, the sides swapped where people prefer the other response."""
    found = [verdicts.get(pair) for pair in pairs["id"]]
    swap = pl.Series([v is not None and v.winner == "rejected" for v in found], dtype=pl.Boolean)
    reasons = [_reason(verdict) for verdict in found]
    return pairs.with_columns(
        chosen=pl.when(swap).then("rejected").otherwise("chosen"),
        rejected=pl.when(swap).then("chosen").otherwise("rejected"),
        label_source=pl.lit("human"),
        votes=pl.Series([v and json.dumps(v.votes) for v in found], dtype=pl.String),
        agreement=pl.Series([v and v.agreement for v in found], dtype=pl.Float64),
        margin=pl.Series([v and v.margin for v in found], dtype=pl.Float64),
        reason=pl.Series(reasons, dtype=pl.String),
    )


def _reason(verdict: Verdict | None) -> str | None:
    if verdict is None:
        return "unlabelled"
    return verdict.winner if verdict.winner in ("tie", "both_bad") else None


def _given_back(rows: pl.DataFrame, reason: str) -> Iterator[pl.DataFrame]:
    if rows.height:
        yield rows.with_columns(reason=pl.lit(reason))
