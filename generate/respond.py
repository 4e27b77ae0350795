"""Candidates from prompts: a model answers each prompt `n` times."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Self

import polars as pl
from pydantic import Field, model_validator

from generate.asker import Asker, fault
from generate.asks import Asks
from generate.engine import Candidate, Message, Request, Sampling
from generate.responses import model_response
from seimai.dataset import Rows
from seimai.job import Job
from seimai.nested import lists_of_structs
from seimai.rows import RESPONSES, Kind, row_id

AT_A_TIME = 1000
"""Rows that are Python objects at a time: forty thousand candidates of a whole shard were 160 MB."""


class Respond(Asks):
    """Ask a model for `n` candidates to each prompt, beside the responses that are written there already.

    Answers are committed as they come: a run that is killed goes on, and asks nothing twice. Each candidate
    has a seed of its own, made from the entry's seed, the messages and the candidate's number, so that it
    does not depend on what else is asked; `generate.engines.in_process`, `generate.engines.vllm_process` and
    `generate.engines.server` say how far each engine keeps that promise. A prompt that gets no answer is
    given back as `failed`; a prompt that gets some keeps those. Several models answer the same prompts when
    this step stands several times, with other models, one after the other.
    """

    version: ClassVar[int] = 2
    takes: ClassVar[Kind | None] = "prompts"
    gives: ClassVar[Kind | None] = "candidates"

    n: int = Field(4, ge=1, le=64, description="candidates to each prompt")
    temperature: float = Field(0.9, ge=0, le=5, description="0: always the most likely token")
    top_p: float = Field(0.95, gt=0, le=1, description="share of the probability that tokens are drawn from")
    max_tokens: int = Field(512, ge=1, description="where an answer is cut, in tokens")
    stop: list[str] = Field([], description="texts that end an answer")
    logprobs: bool = Field(False, description="record how probable the model holds each answer")
    system: str | None = Field(None, description="system message for prompts that have none")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.temperature == 0 and self.n > 1:
            raise ValueError("temperature 0 gives the same answer n times: set n: 1 or a higher temperature")
        return self

    def accepts(self, kind: Kind) -> bool:
        """Prompts, and prompts that another model has answered."""
        return kind in ("prompts", "candidates")

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Ask what is not answered yet, then join the answers to the prompts, in the order of the rows."""
        with Asker(self, job) as asker:
            asker.ask(lambda: self._requests(rows, asker))
            for frame in rows.frames():
                for part in frame.iter_slices(AT_A_TIME):
                    yield from self._joined(part, asker)

    @property
    def sampling(self) -> Sampling:
        """How the engine chooses tokens."""
        return Sampling(self.temperature, self.top_p, self.max_tokens, tuple(self.stop), self.logprobs)

    def _requests(self, rows: Rows, asker: Asker) -> Iterator[Request]:
        for frame in rows.frames(["prompt"]):
            for part in frame.iter_slices(AT_A_TIME):
                for prompt in part["prompt"].to_list():
                    if fault(prompt) is None:
                        yield self._request(prompt, asker)

    def _request(self, prompt: list[Message], asker: Asker) -> Request:
        if self.system is not None and prompt[0]["role"] != "system":
            prompt = [Message(role="system", content=self.system), *prompt]
        return asker.request(prompt, self.sampling, self.n)

    def _joined(self, frame: pl.DataFrame, asker: Asker) -> Iterator[pl.DataFrame]:
        """The rows with their candidates, and the rows without, with the reason."""
        prompts, responses, errors = list[Any](), list[Any](), list[str | None]()
        written = frame["responses"].to_list() if "responses" in frame.columns else [None] * frame.height
        for name, prompt, there in zip(frame["id"], frame["prompt"].to_list(), written, strict=True):
            error, found = fault(prompt), list[Candidate]()
            if error is None:
                request = self._request(prompt, asker)
                prompt = [dict(m) for m in request.messages]
                answers = asker.candidates(request)
                found = [a for a in answers if a.error is None]
                error = None if found else answers[0].error
            prompts.append(prompt)
            responses.append([*_written(name, there), *(self._response(name, c, asker.name) for c in found)])
            errors.append(error)
        whole = frame.with_columns(
            frame["prompt"] if self.system is None else pl.Series("prompt", prompts, frame.schema["prompt"]),
            lists_of_structs("responses", responses, RESPONSES),
            pl.Series("detail", errors, pl.String),
        )
        yield whole.filter(pl.col("detail").is_null()).drop("detail")
        bad = whole.filter(pl.col("detail").is_not_null())
        if bad.height:
            yield bad.with_columns(reason=pl.lit("failed"))

    def _response(self, name: str, candidate: Candidate, model: str) -> dict[str, Any]:
        made = row_id(name, self.engine, model, candidate.seed)
        return model_response(made, candidate, self, model, self.sampling)


def _written(name: str, responses: Iterable[dict[str, Any]] | None) -> Iterator[dict[str, Any]]:
    """The responses that came with the prompt; those without a name get one from their text."""
    for response in responses or ():
        made = row_id(name, response.get("engine"), response.get("model"), response.get("text"))
        yield response | {"id": response.get("id") or made}
