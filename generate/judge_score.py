"""A language model scores each response by a rubric."""

from collections.abc import Iterator
from typing import Literal

import polars as pl
from pydantic import Field

from generate.asker import Asker
from generate.judging.case import Case
from generate.judging.llm_judge import LlmJudge, judge_name
from generate.judging.scores import NO_TEXT, Judgement, Row, Score, has_text, judged, rows_of
from generate.judging.verdicts import Question, Verdicts, Vote
from generate.template import TemplateRef, load_template
from seimai.dataset import Rows
from seimai.job import Job


class JudgeScore(LlmJudge):
    """Have a model score each response from 1 to `scale` by a rubric; the score is brought to 0..1.

    The model can answer nothing but one of the numbers, whatever a document or a response says. Its name is
    a part of the judge's (`score:helpful-1:MODEL`), so a panel is this step several times, with other models
    or rubrics, and `job.metrics["agreement"]` says how far they agree. Without a verdict the score is null
    and `why` says the reason; else `why` holds the number and, with `explain`, the model's reasons.

    With `votes` the model is asked several times at temperature 1 and the mean counts, which tells apart
    what a single number ties (Liu et al. 2023, https://arxiv.org/abs/2303.16634, section 2). Models score
    long and polite answers too high and their own too high (Zheng et al. 2023,
    https://arxiv.org/abs/2306.05685): check a sample against people.
    """

    template: TemplateRef = Field("judge_score", description="the frame around rubric and texts")
    scale: Literal[5, 10] = Field(5, description="the highest number of points; the lowest is 1")
    votes: int = Field(1, ge=1, le=32, description="answers to each question, of which the mean counts")

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Ask what is not answered yet, then add the scores, in the order of the rows."""
        label, rubric, needed = self.criteria(job, scale=self.scale)
        template = load_template(job.locate(self.template))
        job.metrics["template"] = template.label
        with Asker(self, job) as asker:
            choices = tuple(str(n) for n in range(1, self.scale + 1))
            verdicts = self.verdicts(asker, template, choices, self.votes)

            def questions() -> Iterator[Question]:
                for row in rows_of(rows):
                    found = self._questions(row, rubric, needed)
                    yield from () if isinstance(found, str) else filter(None, found)

            def judgement(row: Row) -> Judgement:
                found = self._questions(row, rubric, needed)
                if isinstance(found, str):
                    return Judgement([Score(None, f"no verdict: {found}") for _ in row["responses"]])
                return Judgement([self._score(q, verdicts) for q in found])

            verdicts.ask(questions)
            yield from judged(rows, job, self.path(), self._name(label, template.name, asker.name), judgement)

    def _name(self, rubric: str, template: str, model: str) -> str:
        return judge_name(
            "score",
            rubric,
            model,
            "" if template == "judge_score" else template,
            "" if self.scale == 5 else f"of{self.scale}",
            f"explain{self.explain_tokens}" if self.explain else "",
            "" if self.votes == 1 else f"votes{self.votes}",
        )

    def _questions(self, row: Row, rubric: str, needed: frozenset[str]) -> list[Question | None] | str:
        """What to ask about each response of a row (None: it has no text), or why nothing can be asked."""
        case = Case.of(row, needed)
        if isinstance(case, str):
            return case
        shared: Question = {"rubric": rubric, "scale": self.scale, **case.shown()}
        responses: list[Row] = row["responses"] or []
        return [{**shared, "response": r["text"]} if has_text(r) else None for r in responses]

    def _score(self, question: Question | None, verdicts: Verdicts) -> Score:
        if question is None:
            return Score(None, NO_TEXT)
        votes = verdicts.votes(question)
        points = [int(v.choice) for v in votes if v.choice is not None]
        if not points:
            return Score(None, f"no verdict: {votes[0].said}")
        mean = sum(points) / len(points)
        return Score(round((mean - 1) / (self.scale - 1), 4), self._why(votes))

    def _why(self, votes: list[Vote]) -> str:
        """The points of all votes and the reasons, if any; votes that failed are named."""
        given = ", ".join(v.choice or "none" for v in votes) + f" of {self.scale}"
        reasons = [v.said for v in votes if v.said]
        return "\n".join([given, *dict.fromkeys(reasons)])
