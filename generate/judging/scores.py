"""How verdicts enter the rows: a judge adds its scores and leaves those of other judges alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from generate.judging.agreement import Agreement
from generate.meta import parsed, with_keys
from seimai.dataset import Rows
from seimai.job import Job
from seimai.nested import lists_of_structs
from seimai.rows import RESPONSES

Row = dict[str, Any]

NO_TEXT = "no verdict: the response has no text"


@dataclass(frozen=True)
class Score:
    """From 0 to 1, or None: the judge gave no verdict, and `why` says the reason."""

    score: float | None
    why: str


@dataclass(frozen=True)
class Judgement:
    """The scores of one prompt's responses, in their order; `record` goes into the row's `meta`."""

    scores: Sequence[Score]
    record: Any = None


def rows_of(rows: Rows) -> Iterator[Row]:
    """What judges look at, row by row."""
    for frame in rows.frames(["id", "prompt", "responses", "meta"]):
        yield from frame.iter_rows(named=True)


def judged(
    rows: Rows, job: Job, step: str, judge: str, verdict: Callable[[Row], Judgement]
) -> Iterator[pl.DataFrame]:
    """The rows with the judge's scores; a score that the same judge gave before is replaced.

    The name of a judge says all that shapes its verdicts, so the replaced one was the same. Rows without
    responses pass. Afterwards `job.metrics` has the agreement of all judges under `agreement`, and under
    `measures` what a run shows at its end: that of this judge with each other, and its missing verdicts.
    """
    agreement = Agreement()
    asked = given = 0
    bar = job.bar(f"{job.entry}: {judge}", len(rows), "rows")
    for frame in rows.frames():
        responses, metas = list[Any](), list[str | None]()
        for row in frame.select("id", "prompt", "responses", "meta").iter_rows(named=True):
            found = verdict(row) if row["responses"] else Judgement(())
            responses.append(_scored(row["responses"], judge, found.scores))
            asked += len(found.scores)
            given += sum(s.score is not None for s in found.scores)
            metas.append(_recorded(row["meta"], judge, found.record))
            agreement.add(responses[-1] or ())
        bar.advance(frame.height)
        yield frame.with_columns(
            lists_of_structs("responses", responses, RESPONSES), pl.Series("meta", metas, pl.String)
        )
    job.metrics["agreement"] = found = agreement.report()
    lines = [("responses without a verdict", (asked - given) / max(1, asked))]
    for record in found:
        if judge in record["judges"] and record["decided"]:
            (other,) = (j for j in record["judges"] if j != judge)
            lines.append((f"of {record['decided']:,} pairs: the same winner as {other}", record["agree"]))
    measure(job, step, {f"{judge}: {name}": value for name, value in lines})


def measure(job: Job, step: str, shares: Mapping[str, float]) -> None:
    """Have a run show shares at its end."""
    job.metrics.setdefault("measures", []).extend(
        {"step": step, "measure": name, "value": round(value, 4), "unit": "share"}
        for name, value in shares.items()
    )


def has_text(response: Row) -> bool:
    """Whether there is anything to judge."""
    return bool((response["text"] or "").strip())


def add_score(response: Row, judge: str, score: Score) -> Row:
    """The response with one more score."""
    others = [s for s in response["scores"] or () if s["judge"] != judge]
    return response | {"scores": [*others, {"judge": judge, "score": score.score, "why": score.why}]}


def _scored(responses: list[Row] | None, judge: str, scores: Sequence[Score]) -> list[Row] | None:
    if not responses:
        return responses
    return [add_score(r, judge, s) for r, s in zip(responses, scores, strict=True)]


def _recorded(meta: str | None, judge: str, record: Any) -> str | None:
    if record is None:
        return meta
    return with_keys(meta, verdicts={**parsed(meta).get("verdicts", {}), judge: record})
