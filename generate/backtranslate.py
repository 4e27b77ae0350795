"""Instructions for texts that people wrote: what would one have to ask to get this?"""

from collections.abc import Iterator
from typing import Any, ClassVar, Self

import polars as pl
from pydantic import Field, model_validator

from generate.asker import Asker
from generate.asks import Asks
from generate.drafting.drafts import Draft, checked
from generate.drafting.evidence import squeezed
from generate.drafting.labelled import Unreadable, labelled
from generate.drafting.passage import Passage
from generate.drafting.passage_rows import BACK, chosen, documents, made, not_made, title_of, without_passage
from generate.drafting.pointing import points_elsewhere
from generate.engine import Candidate, Request, Sampling
from generate.responses import written_response
from generate.template import Template, TemplateRef, load_template
from seimai.dataset import Rows
from seimai.job import Job
from seimai.rows import Kind, schema

LABEL = "依頼"
SCALE = ("1", "2", "3", "4", "5")
COPIED = 0.6
"""Of an instruction's 12-character runs, the share from the passage above which it gives the answer away."""
RUN = 12


class Backtranslate(Asks):
    """Have a model write the instruction to which a passage is a good response: instruction back-translation.

    LLaMA tuned on texts that people wrote, with instructions from the model itself, was the best of those
    that did not learn from a stronger model's answers (Li et al. 2023, arXiv:2308.06259). The paper's second
    half, self-curation, is `at_least`: the same model scores instruction and passage as a pair from 1 to 5,
    and pairs below are given back as `low_score`; the paper compares 4 and 5.

    The passage is a written response of the new prompt, so that candidates of a model may stand beside it
    (`generate.respond`). Passages without an instruction are given back as documents: `no_passage`,
    `unparsable`, `cut`, `copied` (the instruction repeats the passage), `not_self_contained` (it points at
    what nobody sees), `unscored`, `low_score`, the reasons of `generate.drafting.drafts`, and `failed`.
    """

    takes: ClassVar[Kind | None] = "documents"
    gives: ClassVar[Kind | None] = "candidates"

    template: TemplateRef = Field("write_instruction", description="what the model is asked, by name or file")
    rubric: TemplateRef = Field(
        "rate_instruction", description="how the model scores a pair, by name or file"
    )
    at_least: int | None = Field(
        None, ge=1, le=5, description="least score of a pair; not scored if left out"
    )
    passages: int = Field(1, ge=1, description="passages of a document")
    min_chars: int = Field(150, ge=20, description="least characters of a passage")
    max_chars: int = Field(1200, ge=50, description="most characters of a passage")
    temperature: float = Field(0.7, ge=0, le=5, description="0: always the most likely token")
    top_p: float = Field(0.95, gt=0, le=1, description="share of the probability that tokens are drawn from")
    max_tokens: int = Field(250, ge=1, description="where an instruction is cut, in tokens")
    stop: list[str] = Field([], description="texts that end what the model writes; a base model needs one")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.min_chars > self.max_chars:
            raise ValueError("min_chars is above max_chars")
        return self

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Ask for the instructions, then for their scores; yield the pairs, and what gave none."""
        template, rubric = load_template(job.locate(self.template)), load_template(job.locate(self.rubric))
        with Asker(self, job) as asker:
            asker.ask(lambda: self._requests(rows, asker, template, job.seed), "instructions")
            if self.at_least is not None:
                asker.ask(lambda: self._scorings(rows, asker, template, rubric, job.seed), "scores")
            for frame in rows.frames():
                good, back = list[dict[str, Any]](), list[dict[str, Any]]()
                for row in frame.iter_rows(named=True):
                    parts = self._chosen(row, job.seed)
                    if not parts:
                        back.append(without_passage(row))
                    for passage in parts:
                        new = self._row(row, passage, asker, template, rubric)
                        (back if "reason" in new else good).append(new)
                yield pl.DataFrame(good, schema=schema("candidates"))
                yield pl.DataFrame(back, schema=BACK)

    def _chosen(self, row: dict[str, Any], seed: int) -> list[Passage]:
        return chosen(row, self.passages, self.min_chars, self.max_chars, seed)

    def _requests(self, rows: Rows, asker: Asker, template: Template, seed: int) -> Iterator[Request]:
        for row in documents(rows):
            for passage in self._chosen(row, seed):
                yield self._request(row, passage, asker, template)

    def _request(self, row: dict[str, Any], passage: Passage, asker: Asker, template: Template) -> Request:
        messages = template.messages(passage=passage.text, **title_of(row))
        sampling = Sampling(self.temperature, self.top_p, self.max_tokens, tuple(self.stop))
        return asker.request(messages, sampling)

    def _scorings(
        self, rows: Rows, asker: Asker, template: Template, rubric: Template, seed: int
    ) -> Iterator[Request]:
        for row in documents(rows):
            for passage in self._chosen(row, seed):
                answer = asker.candidates(self._request(row, passage, asker, template))[0]
                draft = instruction(answer, passage.text)
                if draft.reason is None:
                    yield self._scoring(draft.text, passage, asker, rubric)

    def _scoring(self, instruction: str, passage: Passage, asker: Asker, rubric: Template) -> Request:
        messages = rubric.messages(instruction=instruction, passage=passage.text)
        return asker.request(messages, Sampling(0, 1, 4, choices=SCALE))

    def _row(
        self, row: dict[str, Any], passage: Passage, asker: Asker, template: Template, rubric: Template
    ) -> dict[str, Any]:
        key = f"{passage.start}-{passage.end}"
        meta: dict[str, Any] = {"template": template.label, "document": row["id"], "start": passage.start}
        draft = instruction(asker.candidates(self._request(row, passage, asker, template))[0], passage.text)
        if draft.reason is not None:
            return not_made(row, key, passage, draft.reason, draft.detail or draft.text, meta)
        if self.at_least is not None:
            scored = asker.candidates(self._scoring(draft.text, passage, asker, rubric))[0]
            if scored.error is not None or scored.text.strip() not in SCALE:
                return not_made(row, key, passage, "unscored", scored.error or scored.text, meta)
            meta |= {"rubric": rubric.label, "score": int(scored.text)}
            if meta["score"] < self.at_least:
                return not_made(row, key, passage, "low_score", f"{meta['score']}: {draft.text}", meta)
        prompt = [{"role": "user", "content": draft.text}]
        response = written_response(made(row, key, {}, {})["id"], passage.text)
        return made(row, key, {"prompt": prompt, "responses": [response]}, meta)


def instruction(answer: Candidate, passage: str) -> Draft:
    """The instruction that a model wrote for a passage, or why it is none.

    >>> instruction(Candidate(0, "依頼：精米を一文で説明して。"), "精米とは、ぬかを除くことです。").text
    '精米を一文で説明して。'
    """
    if answer.error is not None:
        return Draft("", "failed", answer.error)
    if answer.finish == "length":
        return Draft(answer.text.strip(), "cut")
    try:
        text = labelled(answer.text, [LABEL])[LABEL]
    except Unreadable as e:
        return Draft(answer.text.strip(), "unparsable", f"{e}: {answer.text.strip()}")
    said, shown = squeezed(text), squeezed(passage)
    runs = [said[i : i + RUN] for i in range(max(0, len(said) - RUN + 1))]
    if runs and sum(run in shown for run in runs) / len(runs) >= COPIED:
        return Draft(text, "copied")
    if points_elsewhere(text):
        return Draft(text, "not_self_contained")
    return checked(Draft(text))
