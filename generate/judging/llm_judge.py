"""What the steps share in which a language model judges: rubric, frame, reasons."""

from abc import ABC
from typing import ClassVar

from pydantic import Field

from generate.asker import Asker
from generate.asks import Asks
from generate.judging.case import EVIDENCE, REFERENCE, needs
from generate.judging.verdicts import Verdicts
from generate.template import Template, TemplateRef, load_template
from seimai.job import Job
from seimai.rows import Kind


class LlmJudge(Asks, ABC):
    """A language model that judges by a rubric, and may say its reasons before."""

    takes: ClassVar[Kind | None] = "candidates"
    keeps_columns: ClassVar[bool] = True

    rubric: TemplateRef = Field(
        "helpful",
        description="what counts: helpful, instruction, fluency, safety, faithful (needs `evidence` in "
        "meta), reference (needs `reference` in meta), or a file of your own",
    )
    explain: bool = Field(False, description="have the judge write its reasons before the verdict")
    explain_tokens: int = Field(256, ge=16, le=4096, description="where the reasons are cut, in tokens")

    def verdicts(
        self, asker: Asker, template: Template, choices: tuple[str, ...], votes: int = 1
    ) -> Verdicts:
        """The judge's answers to questions of this step."""
        reason_tokens = self.explain_tokens if self.explain else None
        return Verdicts(asker, template, choices, votes=votes, reason_tokens=reason_tokens)

    def criteria(self, job: Job, *, scale: int | None) -> tuple[str, str, frozenset[str]]:
        """The rubric's label, its text, and which of evidence and reference it needs."""
        rubric = load_template(job.locate(self.rubric))
        needed = needs(rubric)
        names = {"evidence": EVIDENCE, "reference": REFERENCE}
        text = rubric.render(scale=scale, **{name: names[name] for name in needed})
        return rubric.label, text, needed


def judge_name(way: str, *parts: str) -> str:
    """The name under which scores are kept: all that shapes them, the defaults left out.

    >>> judge_name("score", "helpful-1", "m", "", "explain")
    'score:helpful-1:m:explain'
    """
    return ":".join([way, *filter(None, parts)])
