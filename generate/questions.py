"""Prompts from documents: a model asks what a passage answers, and quotes the evidence."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from generate.asker import Asker
from generate.asks import Asks
from generate.drafting.drafts import Draft, checked
from generate.drafting.draws import drawn
from generate.drafting.evidence import is_quoted, squeezed
from generate.drafting.labelled import Unreadable, bare, labelled
from generate.drafting.passage import Passage
from generate.drafting.passage_rows import BACK, chosen, documents, made, not_made, title_of, without_passage
from generate.drafting.pointing import points_elsewhere
from generate.engine import Candidate, Request, Sampling
from generate.template import Template, TemplateRef, load_template
from seimai.dataset import Rows
from seimai.errors import SeimaiError
from seimai.job import Job
from seimai.rows import Kind, schema

QuestionKind = Literal["fact", "definition", "reason", "procedure", "comparison", "condition", "summary"]
KINDS: dict[QuestionKind, str] = {
    "fact": "人、物、場所、数量、時期などの事実を尋ねる質問",
    "definition": "用語や仕組みが何であるかを尋ねる質問",
    "reason": "理由や原因、目的を尋ねる質問",
    "procedure": "手順や方法を尋ねる質問",
    "comparison": "二つ以上のものの違いや関係を尋ねる質問",
    "condition": "どのような場合にどうなるか、条件や例外を尋ねる質問",
    "summary": "資料の主題について、要点をまとめて説明するように求める質問",
}
LABELS = ("質問", "答え", "根拠")
ASKS = re.compile(
    r"(?:か|かな|の|何|なぜ|は|ください|下さい|[せべえけめれ]よ|しろ|なさい|ほしい(?:です)?|たい(?:です)?|願いします|[?？])[。．!！]*$"
)
"""How a question or a request ends: weak models write a sentence of the passage in its place."""


@dataclass(frozen=True)
class Asked:
    """One question that is asked for: of which passage, of which kind."""

    passage: Passage
    kind: QuestionKind

    @property
    def key(self) -> str:
        """What tells the question from the document's others."""
        return f"{self.passage.start}-{self.passage.end} {self.kind}"


class Questions(Asks):
    """Have a model write questions that a passage of the document answers, with the answer and its evidence.

    Each question is asked for alone, by kind, with one passage: three labelled lines are what a small model
    manages, and one that fails costs no other. `meta` of a prompt holds `evidence` (the passage), `reference`
    (the answer) and `quote` (the sentence of the passage that the model says it has the answer from), so that
    answers to the question can be judged by what the document says.

    The quote is looked up in the passage; a question whose quote is not there is given back as `no_evidence`
    (the answer may be invented). Other reasons: `no_passage`, `unparsable`, `cut` (at `max_tokens`),
    `no_question` (it asks nothing), `not_self_contained` (it points at what `prompt` does not show),
    `in_question` (the question holds its answer), those of `generate.drafting.drafts`, and `failed`. A row
    that is given back for a question is the passage, as a document.
    """

    takes: ClassVar[Kind | None] = "documents"
    gives: ClassVar[Kind | None] = "prompts"

    template: TemplateRef = Field("write_question", description="what the model is asked, by name or file")
    prompt: TemplateRef = Field(
        "as_is", description="the prompt that a question becomes; with_passage shows the passage too"
    )
    kinds: list[QuestionKind] = Field([*KINDS], min_length=1, description="kinds of questions")
    each: int = Field(2, ge=1, description="questions of each passage, of different kinds")
    passages: int = Field(1, ge=1, description="passages of a document")
    min_chars: int = Field(150, ge=20, description="least characters of a passage")
    max_chars: int = Field(800, ge=50, description="most characters of a passage")
    temperature: float = Field(0.7, ge=0, le=5, description="0: always the most likely token")
    top_p: float = Field(0.95, gt=0, le=1, description="share of the probability that tokens are drawn from")
    max_tokens: int = Field(400, ge=1, description="where what the model writes is cut, in tokens")
    stop: list[str] = Field([], description="texts that end what the model writes; a base model needs one")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.min_chars > self.max_chars:
            raise ValueError("min_chars is above max_chars")
        if self.each > len(set(self.kinds)):
            raise ValueError(f"each: {self.each} questions need as many kinds; there are {len(self.kinds)}")
        return self

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Ask for all questions, then yield those that have evidence, and what gave none."""
        template = load_template(job.locate(self.template))
        prompt = load_template(job.locate(self.prompt))
        with Asker(self, job) as asker:
            asker.ask(lambda: self._requests(rows, asker, template, job.seed), "questions")
            for frame in rows.frames():
                good, back = list[dict[str, Any]](), list[dict[str, Any]]()
                for row in frame.iter_rows(named=True):
                    asked = self._asked(row, job.seed)
                    if not asked:
                        back.append(without_passage(row))
                    for one in asked:
                        answer = asker.candidates(self._request(row, one, asker, template))[0]
                        new = self._row(row, one, answer, template, prompt)
                        (back if "reason" in new else good).append(new)
                yield pl.DataFrame(good, schema=schema("prompts"))
                yield pl.DataFrame(back, schema=BACK)

    def _asked(self, row: dict[str, Any], seed: int) -> list[Asked]:
        parts = chosen(row, self.passages, self.min_chars, self.max_chars, seed)
        kinds = list(dict.fromkeys(self.kinds))
        return [Asked(p, k) for p in parts for k in drawn(kinds, self.each, seed, row["id"], p.start)]

    def _requests(self, rows: Rows, asker: Asker, template: Template, seed: int) -> Iterator[Request]:
        for row in documents(rows):
            for one in self._asked(row, seed):
                yield self._request(row, one, asker, template)

    def _request(self, row: dict[str, Any], one: Asked, asker: Asker, template: Template) -> Request:
        messages = template.messages(passage=one.passage.text, kind=KINDS[one.kind], **title_of(row))
        sampling = Sampling(self.temperature, self.top_p, self.max_tokens, tuple(self.stop))
        return asker.request(messages, sampling)

    def _row(
        self, row: dict[str, Any], one: Asked, answer: Candidate, template: Template, prompt: Template
    ) -> dict[str, Any]:
        meta: dict[str, Any] = {
            "template": template.label,
            "kind": one.kind,
            "document": row["id"],
            "start": one.passage.start,
        }
        if answer.error is not None:
            return not_made(row, one.key, one.passage, "failed", answer.error, meta)
        try:
            parts = labelled(answer.text, LABELS)
        except Unreadable as e:
            reason = "cut" if answer.finish == "length" else "unparsable"
            return not_made(row, one.key, one.passage, reason, f"{e}: {answer.text.strip()}", meta)
        question, reference, quote = (parts[label] for label in LABELS)
        if answer.finish == "length" and answer.text.rstrip().endswith(quote):
            return not_made(row, one.key, one.passage, "cut", answer.text.strip(), meta)
        quote = bare(quote.splitlines()[0])
        try:
            turns = prompt.messages(text=question, passage=one.passage.text, **title_of(row))
        except SeimaiError as e:
            return not_made(row, one.key, one.passage, "not_filled", str(e), meta)
        shows = any(one.passage.text in turn["content"] for turn in turns)
        if reason := fault(question, reference, quote, one.passage.text, shows_passage=shows):
            return not_made(row, one.key, one.passage, reason, answer.text.strip(), meta)
        found = {"evidence": one.passage.text, "reference": reference, "quote": quote}
        return made(row, one.key, {"prompt": turns, "responses": []}, meta | found)


def fault(question: str, answer: str, quote: str, passage: str, *, shows_passage: bool) -> str | None:
    """Why a question is of no use, or None.

    >>> passage = "精米とは、玄米からぬかを除くことです。"
    >>> question = "精米とは何をすることですか。"
    >>> fault(question, "ぬかを除くこと", "ぬかを除くことです。", passage, shows_passage=False)
    >>> fault(question, "糠を削ること", "糠を削ること", passage, shows_passage=False)
    'no_evidence'
    """
    if reason := checked(Draft(question)).reason:
        return reason
    if not ASKS.search(question):
        return "no_question"
    if not is_quoted(quote, passage):
        return "no_evidence"
    if points_elsewhere(question) and not shows_passage:
        return "not_self_contained"
    wanted = squeezed(answer).rstrip("。")
    return "in_question" if len(wanted) > 1 and wanted in squeezed(question) else None
