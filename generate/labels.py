"""Single labels, good or bad, as KTO takes them: from scores or from pairs."""

from collections.abc import Iterator
from typing import Any, ClassVar, Self

import polars as pl
from pydantic import Field, model_validator

from generate.asker import fault
from generate.meta import parsed, with_keys
from generate.pairing.balance import balance
from generate.pairing.scored import label_source, scored
from generate.pairing.sides import Sides, key_of
from seimai.dataset import Rows
from seimai.errors import SeimaiError
from seimai.job import Job
from seimai.rows import Kind, origin_of, schema
from seimai.step import Rewrite


class Labels(Rewrite):
    """Label single responses as good or bad: candidates by their scores, pairs by their sides.

    KTO (Ethayarajh et al. 2024, arXiv:2402.01306) learns from a response and one bit; TRL's trainer takes
    the rows as they are. Of candidates, responses of `good` and more are good, those of `bad` and less are
    bad, and what lies between is left out. Of pairs, chosen responses are good and rejected ones bad. A
    response that stands in several rows is one row; one that is good here and bad there is neither. Of the
    answers that the rules alone call good, LLM judges put 62 % at half of the scale or above (shaberi): let
    the rules label the bad, or take the labels from pairs.

    Where good and bad are not equally many, a trainer weighs them: the report gives the range of TRL's
    `desirable_weight` in which good rows count between once and 4/3 times as much as bad ones in all.

    Rows that give no label are given back as `unscored`, `undecided` (every score lies between),
    `contradictory`, or `failed` where prompt or response has no text.

    >>> [Labels(good=0.8, bad=0.4).says(score) for score in (0.9, 0.6, 0.2)]
    [True, None, False]
    """

    takes: ClassVar[Kind | None] = "candidates"
    gives: ClassVar[Kind | None] = "labels"

    good: float = Field(0.8, description="candidates: least score of a good response")
    bad: float = Field(0.4, description="candidates: greatest score of a bad response")
    judges: list[str] = Field([], description="candidates: whose scores count; everyone's if left out")

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.bad >= self.good:
            raise ValueError("bad must be less than good")
        return self

    def accepts(self, kind: Kind) -> bool:
        """Candidates and pairs."""
        return kind in ("candidates", "pairs")

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Yield the labels, then the rows that give none, shard by shard; the rows are read twice.

        Raises:
            SeimaiError: if the rows are candidates and no response of all has a score.
        """
        bar = job.bar(f"{job.entry}: labelling", 2 * len(rows), "rows")
        sides, has_score = Sides(), False
        for frame in rows.frames():
            found = list[dict[str, Any]]()
            for row in frame.iter_rows(named=True):
                labels, reason, _ = self._labels(row)
                has_score = has_score or reason in (None, "undecided")
                found += [{"key": n["id"], "label": n["label"], "parent": row["id"]} for n in labels]
            sides.add(found)
            bar.advance(frame.height)
        if len(rows) and not has_score and "responses" in next(rows.frames()).columns:
            raise SeimaiError(f"{self.path()}: no response has a score: put generate.judge before it")
        good, bad, both = sides.counts()
        lines = balance(good, bad)
        if both:
            lines.append({"measure": "responses both good and bad, left out", "value": both, "unit": ""})
        job.metrics["measures"] = [{"step": self.path(), **line} for line in lines]
        for frame in rows.frames():
            yield from self._labelled(frame, sides)
            bar.advance(frame.height)

    def _labelled(self, frame: pl.DataFrame, sides: Sides) -> Iterator[pl.DataFrame]:
        labels, parents = list[dict[str, Any]](), list[str]()
        reasons, details = list[str | None](), list[str | None]()
        for row in frame.iter_rows(named=True):
            found, reason, detail = self._labels(row)
            labels += found
            parents += [row["id"]] * len(found)
            reasons.append(reason)
            details.append(detail)
        made = pl.DataFrame(labels, schema=schema("labels"))
        verdicts = sides.verdicts([n["id"] for n in labels]).with_columns(
            pl.Series("row", parents, pl.String)
        )
        mine = ~pl.col("contradictory") & (pl.col("owner") == pl.col("row"))
        whole = made.with_columns(verdicts["contradictory", "owner", "parents", "row"])
        named = pl.col("origin").struct.with_fields(parents=pl.col("parents"))
        yield (
            whole.filter(mine)
            .unique("id", maintain_order=True)
            .select(named if name == "origin" else name for name in made.columns)
        )
        lost = verdicts.group_by("row").agg(pl.col("contradictory").all()).filter("contradictory")["row"]
        back = frame.with_columns(
            pl.Series("reason", reasons, pl.String), pl.Series("detail", details, pl.String)
        ).with_columns(
            reason=pl.when(pl.col("id").is_in(lost.implode()))
            .then(pl.lit("contradictory"))
            .otherwise("reason")
        )
        yield back.filter(pl.col("reason").is_not_null())

    def _labels(self, row: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None, str | None]:
        """The labels of a row, or the reason why there are none, and its detail."""
        if detail := fault(row["prompt"]):
            return [], "failed", detail
        if "responses" not in row:
            return _of_pair(row)
        responses = scored(row["responses"], self.judges)
        labels = [
            _label(
                row,
                [{"role": "assistant", "content": response.text}],
                good=self.says(response.score),
                source=label_source(response),
                meta=with_keys(row.get("meta"), judged=response.account()),
            )
            for response in responses
            if self.says(response.score) is not None
        ]
        return labels, None if labels else "undecided" if responses else "unscored", None

    def says(self, score: float) -> bool | None:
        """What a score means; None: neither good nor bad."""
        return True if score >= self.good else False if score <= self.bad else None


def _of_pair(row: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None, str | None]:
    sides = (row["chosen"], row["rejected"])
    if any(fault(side) for side in sides):
        return [], "failed", "a side of the pair has no text"
    keys = {k: v for k, v in parsed(row.get("meta")).items() if k != "judged"}  # it compares the two sides
    meta = with_keys(None, **keys, margin=row["margin"])
    chosen, rejected = (
        _label(row, side, good=good, source=row["label_source"], meta=meta)
        for side, good in zip(sides, (True, False), strict=True)
    )
    return [chosen, rejected], None, None


def _label(
    row: dict[str, Any], completion: list[Any], *, good: bool | None, source: str | None, meta: str
) -> dict[str, Any]:
    return {
        "id": key_of(row["prompt"], completion),
        "origin": origin_of([]),
        "prompt": row["prompt"],
        "completion": completion,
        "label": good,
        "label_source": source,
        "source": row.get("source"),
        "license": row.get("license"),
        "meta": meta,
    }
