"""A language model compares the responses to a prompt, two at a time and in both orders."""

from collections.abc import Iterator
from typing import Literal, Self

import polars as pl
from pydantic import Field, model_validator

from generate.asker import Asker
from generate.judging.contest import CHOICES, Contest
from generate.judging.llm_judge import LlmJudge, judge_name
from generate.judging.position import position_report
from generate.judging.scores import judged, measure, rows_of
from generate.template import TemplateRef, load_template
from seimai.dataset import Rows
from seimai.job import Job


class JudgePairwise(LlmJudge):
    """Have a model say which of two responses is better, shown in both orders; the score is the win share.

    A response's score is its wins and half its ties over its matches. Where every response meets the same
    others, that orders them as the Bradley-Terry model does (Ford 1957, https://doi.org/10.2307/2308513); it
    needs no fit, and it exists where one response beats all others, for which Bradley-Terry's strength is
    infinite. Equal texts are a tie without asking.

    A verdict that turns with the order counts as a tie, or with `inconsistent: drop` not at all. `why`
    counts such matches, the row's `meta` keeps both verdicts of each match under `verdicts`, and
    `job.metrics["position"]` is the position-bias report (`generate.judging.position`).
    """

    template: TemplateRef = Field("judge_pairwise", description="the frame around rubric and texts")
    match: Literal["all", "best", "against"] = Field(
        "all", description="each with each, each with the best so far, or each with that of `against`"
    )
    against: str | None = Field(None, description="model (or engine) whose first response all others meet")
    most: int | None = Field(None, ge=1, description="most matches of one prompt, with `match: all`")
    inconsistent: Literal["tie", "drop"] = Field("tie", description="verdicts that turn with the order")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.match == "against") != (self.against is not None):
            raise ValueError("against and match: against go together")
        if self.most is not None and self.match != "all":
            raise ValueError("most goes with match: all")
        return self

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Ask what is not answered yet, round by round, then add the scores, in the order of the rows."""
        label, rubric, needed = self.criteria(job, scale=None)
        template = load_template(job.locate(self.template))
        job.metrics["template"] = template.label
        with Asker(self, job) as asker:
            verdicts = self.verdicts(asker, template, CHOICES)
            drop = self.inconsistent == "drop"
            contest = Contest(self.match, self.against, self.most, drop, rubric, needed, verdicts)
            for number in range(self._rounds(rows)):
                verdicts.ask(lambda n=number: (q for row in rows_of(rows) for q in contest.questions(row, n)))
            name = self._name(label, template.name, asker.name)
            yield from judged(rows, job, self.path(), name, contest.judgement)
        job.metrics["position"] = report = position_report(contest.met)
        if report["pairs"]:
            shares = {f"of {report['pairs']:,} pairs: turn with the order": report["share"]}
            if turned := report["favours_first"] + report["favours_last"]:
                shares[f"of {turned:,} that turn: for the one shown first"] = report["first_share"]
            measure(job, self.path(), {f"{name}: {what}": share for what, share in shares.items()})

    def _rounds(self, rows: Rows) -> int:
        if self.match != "best":
            return 1
        most = max((f["responses"].list.len().max() or 0 for f in rows.frames(["responses"])), default=0)
        return max(0, int(most) - 1)  # pyright: ignore[reportArgumentType]

    def _name(self, rubric: str, template: str, model: str) -> str:
        return judge_name(
            "pairwise",
            rubric,
            model,
            "" if template == "judge_pairwise" else template,
            "" if self.match == "all" else f"against-{self.against}" if self.against else self.match,
            f"most{self.most}" if self.most else "",
            self.inconsistent if self.inconsistent == "drop" else "",
            f"explain{self.explain_tokens}" if self.explain else "",
        )
