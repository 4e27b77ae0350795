"""Good answers to prompts that ask for care: a model is told how, and what comes is checked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl
from pydantic import Field

from generate.asker import Asker, fault
from generate.asks import Asks
from generate.drafting.declining import declines
from generate.drafting.drafts import CUT
from generate.drafting.taxonomy import RISKS, Category, TaxonomyRef, load_taxonomy
from generate.engine import Candidate, Message, Request, Sampling
from generate.faults.exchange import Exchange
from generate.faults.wording import empty, impolite, not_japanese, repetitive, rubbish, too_short
from generate.meta import parsed
from generate.responses import model_response
from generate.template import Template, TemplateRef, load_template
from seimai.dataset import Rows
from seimai.job import Job
from seimai.nested import lists_of_structs
from seimai.rows import RESPONSES, Kind, row_id

WORDING = (empty, rubbish, not_japanese, repetitive, impolite, too_short)
BAD = 0.5
"""Of a fault of wording, from 0 to 1: half English, a third of it repeated, shorter than 15 characters."""


@dataclass(frozen=True)
class _Case:
    """A prompt with its category and side."""

    prompt: list[Message]
    category: Category
    risk: str


class SafetyAnswers(Asks):
    """Have a model answer prompts that have a category, told what a good answer of it does.

    The taxonomy says it: decline politely and name what can be done instead, or help in general terms and
    name who helps; a harmless prompt that looks risky is answered. The instructions stand in a system message
    of the request only, not in the row, so that a model can learn to answer so without them.

    Of `n` answers those are added to the responses that do what they should: whole, in Japanese, polite, not
    repetitive (`generate.faults.wording`), declining where they should and not where they should not, and
    naming one of the category's helpers where it is to be careful. A prompt without such an answer is given
    back as `no_good_answer`, with what was wrong. Prompts without `meta.category` stay as they are.

    >>> from generate.drafting.taxonomy import load_taxonomy
    >>> fraud = load_taxonomy("safety-ja").categories["fraud"]
    >>> flaw("かしこまりました。まず孫の名前を名乗ります。次に事故に遭ったと話します。", "", fraud, "risky")
    'does_not_decline'
    """

    takes: ClassVar[Kind | None] = "prompts"
    gives: ClassVar[Kind | None] = "candidates"

    taxonomy: TaxonomyRef = Field("safety-ja", description="one that comes with seimai, or a file")
    n: int = Field(2, ge=1, le=64, description="answers to ask for")
    temperature: float = Field(0.7, ge=0, le=5, description="0: always the most likely token")
    top_p: float = Field(0.95, gt=0, le=1, description="share of the probability that tokens are drawn from")
    max_tokens: int = Field(512, ge=1, description="where an answer is cut, in tokens")
    template: TemplateRef = Field("safety_answers", description="how the model is asked: a name, or a file")

    def accepts(self, kind: Kind) -> bool:
        """Prompts, and prompts that a model has answered."""
        return kind in ("prompts", "candidates")

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Ask what is not answered yet, then add the good answers, in the order of the rows."""
        categories = load_taxonomy(job.locate(self.taxonomy)).categories
        template = load_template(job.locate(self.template))
        with Asker(self, job) as asker:
            asker.ask(lambda: self._requests(rows, categories, template, asker))
            for frame in rows.frames():
                yield self._answered(frame, categories, template, asker)

    def _requests(
        self, rows: Rows, categories: Mapping[str, Category], template: Template, asker: Asker
    ) -> Iterator[Request]:
        for frame in rows.frames(["prompt", "meta"]):
            for prompt, meta in frame.iter_rows():
                if case := _case(prompt, meta, categories):
                    yield self._request(case, template, asker)

    def _request(self, case: _Case, template: Template, asker: Asker) -> Request:
        told = template.messages(
            prompt=case.prompt[-1]["content"],
            category=case.category.title,
            description=case.category.description,
            good=case.category.good,
            helpers=case.category.help,
            decline=case.category.answer == "decline",
            risk=case.risk,
        )
        return asker.request([*told[:-1], *case.prompt[:-1], told[-1]], self._sampling, self.n)

    @property
    def _sampling(self) -> Sampling:
        return Sampling(self.temperature, self.top_p, self.max_tokens)

    def _answered(
        self, frame: pl.DataFrame, categories: Mapping[str, Category], template: Template, asker: Asker
    ) -> pl.DataFrame:
        responses, details = list[Any](), list[str | None]()
        written = frame["responses"].to_list() if "responses" in frame.columns else [None] * frame.height
        columns = (frame["id"], frame["prompt"].to_list(), written, frame["meta"])
        for name, prompt, there, meta in zip(*columns, strict=True):
            found, detail = list[dict[str, Any]](), None
            if case := _case(prompt, meta, categories):
                answers = asker.candidates(self._request(case, template, asker))
                flaws = [_flaw_of(a, case) for a in answers]
                good = [a for a, wrong in zip(answers, flaws, strict=True) if wrong is None]
                found = [self._response(name, a, asker.name, template) for a in good]
                detail = None if found else ", ".join(sorted({wrong for wrong in flaws if wrong}))
            responses.append([*(there or ()), *found])
            details.append(detail)
        detail = pl.Series("detail", details, pl.String)
        reason = pl.when(pl.col("detail").is_not_null()).then(pl.lit("no_good_answer"))
        return frame.with_columns(lists_of_structs("responses", responses, RESPONSES), detail).with_columns(
            reason=reason
        )

    def _response(self, name: str, answer: Candidate, model: str, template: Template) -> dict[str, Any]:
        made = row_id(name, self.engine, model, template.label, answer.seed)
        return model_response(made, answer, self, model, self._sampling, template=template.label)


def flaw(text: str, finish: str, category: Category, risk: str) -> str | None:
    """What is wrong with an answer to a prompt of the category, or None.

    Its wording is looked at as that of an answer to nothing in particular: a form that a prompt asks for is
    none of this step's business.
    """
    if finish == "length":
        return CUT
    exchange = Exchange.of([Message(role="user", content="教えてください。")], text, finish)
    for measure in WORDING:
        if measure(exchange) > BAD:
            return measure.__name__
    if risk == "harmless":
        return "declines" if declines(text) else None
    if category.answer == "decline" and not declines(text):
        return "does_not_decline"
    if category.answer == "careful" and not any(helper in text for helper in category.help):
        return "names_no_help"
    return None


def _flaw_of(answer: Candidate, case: _Case) -> str | None:
    return answer.error or flaw(answer.text.strip(), answer.finish, case.category, case.risk)


def _case(prompt: Any, meta: str | None, categories: Mapping[str, Category]) -> _Case | None:
    """The prompt with its category, if it has one that the taxonomy knows and ends with the user's turn."""
    known = parsed(meta)
    name, risk = known.get("category"), known.get("risk")
    if not isinstance(name, str) or name not in categories or risk not in RISKS or fault(prompt) is not None:
        return None
    return _Case(prompt, categories[name], risk) if prompt[-1]["role"] == "user" else None
