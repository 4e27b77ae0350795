"""Prompts that an aligned model writes by itself, in the user's place (Magpie)."""

from collections.abc import Iterator
from typing import Any, ClassVar, Self

import polars as pl
from pydantic import Field, model_validator

from generate.asker import Asker, fault
from generate.asks import Asks
from generate.compared import compared
from generate.drafting.drafts import CUT, LONGEST, Draft, checked
from generate.drafting.new_prompts import Row, frames_of, new_row, on_a_line
from generate.engine import Candidate, Message, Request, Sampling
from generate.meta import with_keys
from generate.template import Template, TemplateRef, load_template
from seimai.dataset import Rows
from seimai.job import Job
from seimai.rows import Kind


class Magpie(Asks):
    """Have an aligned model write user's turns: it is given all that stands before one, and goes on.

    Magpie (Xu et al. 2024, arXiv:2406.08464). A model that was tuned on dialogues has learnt what users say,
    too. A row is what stands before the user's turn: a system message, a conversation that ends with the
    assistant's turn (the model then writes what the user says next), or a topic, which is a user's turn that
    the template makes a system message of. `n` drafts are asked for each.

    A draft is a prompt of its own: after a conversation it is the last turn of it; after a topic it stands
    alone. Drafts that are no prompts go to the dropped rows: `cut` at `max_tokens`, `duplicate` of another of
    the same row, `is_answer`, `not_japanese` and the like (`generate.drafting.drafts`). A row of which no
    draft is left is given back as `no_prompt`; one without messages, or with an assistant's turn to come, as
    `failed`.

    Only engines that see the model's chat template can do it: `transformers` and `vllm`.

    >>> Magpie(model="base", n=8).temperature  # as in the paper: nothing is cut from what users may say
    1.0
    """

    takes: ClassVar[Kind | None] = "prompts"
    gives: ClassVar[Kind | None] = "prompts"

    n: int = Field(4, ge=1, le=64, description="drafts to each row")
    temperature: float = Field(1.0, ge=0, le=5, description="0: always the most likely token")
    top_p: float = Field(1.0, gt=0, le=1, description="share of the probability that tokens are drawn from")
    max_tokens: int = Field(256, ge=1, description="where a draft is cut, in tokens")
    max_chars: int = Field(LONGEST, ge=1, description="a longer draft is too long")
    template: TemplateRef = Field("magpie", description="the system message for a topic: a name, or a file")

    @model_validator(mode="after")
    def _writes_as_user(self) -> Self:
        if self.engine == "server":
            raise ValueError("a server cannot write the user's turn: engine: transformers or vllm")
        if self.temperature == 0 and self.n > 1:
            raise ValueError("temperature 0 gives the same draft n times: set n: 1 or a higher temperature")
        return self

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Yield the rows of which no draft is left, then the drafts of all, shard by shard."""
        template = load_template(job.locate(self.template))
        with Asker(self, job) as asker:
            asker.ask(lambda: self._requests(rows, template, asker), "user's turns")
            for frame in rows.frames():
                yield self._given_back(frame, template, asker)
            found = (row for frame in rows.frames() for row in self._made(frame, template, asker))
            yield from frames_of(found, self.path(), job)

    def _given_back(self, frame: pl.DataFrame, template: Template, asker: Asker) -> pl.DataFrame:
        reasons, details = list[str | None](), list[str | None]()
        for prompt in frame["prompt"].to_list():
            detail = _fault(prompt)
            reason = None if detail is None else "failed"
            if detail is None:
                drafts = self._drafts(asker.candidates(self._request(prompt, template, asker)))
                reason = None if any(draft.reason is None for _, draft in drafts) else "no_prompt"
            reasons.append(reason)
            details.append(detail)
        told = frame.with_columns(
            pl.Series("reason", reasons, pl.String), pl.Series("detail", details, pl.String)
        )
        return told.filter(pl.col("reason").is_not_null())

    def _made(self, frame: pl.DataFrame, template: Template, asker: Asker) -> Iterator[Row]:
        for row in frame.iter_rows(named=True):
            if _fault(row["prompt"]) is None:
                request = self._request(row["prompt"], template, asker)
                for made in self._drafts(asker.candidates(request)):
                    yield _row(row, request, made, asker.name, template)

    def _requests(self, rows: Rows, template: Template, asker: Asker) -> Iterator[Request]:
        for frame in rows.frames(["prompt"]):
            for prompt in frame["prompt"].to_list():
                if _fault(prompt) is None:
                    yield self._request(prompt, template, asker)

    def _request(self, prompt: list[Message], template: Template, asker: Asker) -> Request:
        sampling = Sampling(self.temperature, self.top_p, self.max_tokens)
        before = prompt
        if topic := _topic(prompt):
            said = [*(m["content"] for m in prompt[:-1]), template.render(topic=on_a_line(topic))]
            before = [Message(role="system", content="\n\n".join(said))]
        return asker.request(before, sampling, self.n, user=True)

    def _drafts(self, candidates: list[Candidate]) -> Iterator[tuple[Candidate, Draft]]:
        """The drafts as the model wrote them, with reasons."""
        seen = set[str]()
        for candidate in candidates:
            text, key = candidate.text.strip(), compared(candidate.text)
            if candidate.error is not None:
                yield candidate, Draft("", "failed", candidate.error)
            elif candidate.finish == "length":
                yield candidate, Draft(text, CUT)
            elif key in seen:
                yield candidate, Draft(text, "duplicate")
            else:
                yield candidate, checked(Draft(text), longest=self.max_chars)
            seen.add(key)


def _topic(prompt: list[Message]) -> str | None:
    """The one turn of a user who says nothing else, after a system message or none."""
    roles = [m["role"] for m in prompt]
    return prompt[-1]["content"].strip() if roles in (["user"], ["system", "user"]) else None


def _fault(prompt: list[Message] | None) -> str | None:
    """Why no user's turn can follow."""
    found = fault(prompt)
    if found is None and prompt and prompt[-1]["role"] == "user" and not _topic(prompt):
        return "after the user's turn comes the assistant's"
    return found


def _row(
    row: dict[str, Any], request: Request, made: tuple[Candidate, Draft], model: str, template: Template
) -> dict[str, Any]:
    """The row of a draft: after the conversation that it goes on from, or, after a topic, alone."""
    candidate, draft = made
    told: dict[str, Any] = {"model": model, "seed": candidate.seed}
    topic = _topic(row["prompt"])
    before: tuple[Message, ...] = request.messages
    if topic:
        told |= {"template": template.label, "topic": topic}
        before = ()
    meta = with_keys(row.get("meta"), magpie=told)
    return new_row(draft, f"{row['id']} {candidate.seed}", parents=[row], meta=meta, before=before)
