"""Candidates from prompts: a model answers each prompt `n` times."""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import polars as pl
from pydantic import Field, model_validator

from generate.engine import Candidate, Engine, Message, Request, Responder, Sampling
from generate.journal import Journal
from generate.seeds import candidate_seeds, canonical
from seimai.dataset import Rows
from seimai.job import Bar, Job
from seimai.rows import RESPONSES, Kind, row_id
from seimai.step import Aside, Ref, Rewrite


class Respond(Rewrite):
    """Ask a model for `n` candidates to each prompt, beside the responses that are written there already.

    Answers are committed as they come: a run that is killed goes on, and asks nothing twice. Each candidate
    has a seed of its own, made from the entry's seed, the messages and the candidate's number, so that it
    does not depend on what else is asked; `generate.in_process`, `generate.vllm_process` and
    `generate.server` say how far each engine keeps that promise. A prompt that gets no answer is given back
    as `failed`; a prompt that gets some keeps those.
    """

    version: ClassVar[int] = 1
    takes: ClassVar[Kind | None] = "prompts"
    gives: ClassVar[Kind | None] = "candidates"

    model: Ref = Field(description="an entry, a model's folder or a hub id; with `server`: its name there")
    engine: Engine = Field("transformers", description="what runs the model")
    url: Annotated[str | None, Aside()] = Field(
        None, description="base URL of an OpenAI-compatible server, such as http://gpu:8000/v1"
    )
    python: Annotated[str | None, Aside()] = Field(
        None, description="interpreter of the virtual environment that has vLLM"
    )
    n: int = Field(4, ge=1, le=64, description="candidates to each prompt")
    temperature: float = Field(0.9, ge=0, le=5, description="0: always the most likely token")
    top_p: float = Field(0.95, gt=0, le=1, description="share of the probability that tokens are drawn from")
    max_tokens: int = Field(512, ge=1, description="where an answer is cut, in tokens")
    system: str | None = Field(None, description="system message for prompts that have none")
    concurrency: Annotated[int, Aside()] = Field(
        16, ge=1, le=1024, description="requests to a server at a time"
    )
    timeout: Annotated[float, Aside()] = Field(
        600, gt=0, description="seconds that a server may take for one answer"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.engine == "server") != (self.url is not None):
            raise ValueError("url and engine: server go together")
        if self.python is not None and self.engine != "vllm":
            raise ValueError("python names vLLM's interpreter: it goes with engine: vllm")
        if self.temperature == 0 and self.n > 1:
            raise ValueError("temperature 0 gives the same answer n times: set n: 1 or a higher temperature")
        return self

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Ask what is not answered yet, then join the answers to the prompts, in the order of the rows."""
        place = self.model if self.engine == "server" else job.locate(self.model)
        with Journal(job.work / "journal.jsonl") as journal:
            asking = Asking(self, job.seed, place)
            self._ask(rows, job, asking, journal)
            for frame in rows.frames():
                yield from _joined(frame, asking, journal)

    def _ask(self, rows: Rows, job: Job, asking: "Asking", journal: Journal) -> None:
        total, missing = 0, list[Request]()
        seen = set[str]()
        for frame in rows.frames(["prompt"]):
            for request in asking.requests(frame["prompt"].to_list()):
                if request.key in seen:
                    continue
                seen.add(request.key)
                total += len(request.seeds)
                there = journal.seeds(request.key)
                seeds = tuple(seed for seed in request.seeds if seed not in there)
                if seeds:
                    missing.append(Request(request.key, request.messages, seeds))
        bar = job.bar(f"{job.entry}: {asking.name} answers", total, "responses")
        bar.advance(total - sum(len(r.seeds) for r in missing))
        if missing:
            with open_engine(self, asking.place, job.work) as engine:
                _collect(engine, missing, journal, bar)


@dataclass(frozen=True)
class Asking:
    """What turns a prompt into a request, and names the candidates that come back."""

    step: Respond
    seed: int
    place: str

    @property
    def name(self) -> str:
        """The model as the recipe writes it; of an absolute path only the last part."""
        written = Path(self.step.model)
        return written.name if written.is_absolute() else self.step.model

    @property
    def sampling(self) -> Sampling:
        """How the engine chooses tokens."""
        return Sampling(self.step.temperature, self.step.top_p, self.step.max_tokens)

    def messages(self, prompt: list[Message]) -> tuple[Message, ...]:
        """The conversation that the model sees."""
        turns = tuple(Message(role=m["role"], content=m["content"]) for m in prompt)
        if self.step.system is None or turns[0]["role"] == "system":
            return turns
        return (Message(role="system", content=self.step.system), *turns)

    def request(self, prompt: list[Message]) -> Request:
        """The request for a prompt. Its key also holds the settings, so that no others' answers are taken."""
        messages = self.messages(prompt)
        key = row_id(self.step.engine, self.step.url, self.place, self.sampling, canonical(messages))
        return Request(key, messages, candidate_seeds(self.seed, messages, self.step.n))

    def requests(self, prompts: Iterable[list[Message] | None]) -> Iterator[Request]:
        """The requests for the prompts that can be asked."""
        for prompt in prompts:
            if prompt and not _fault(prompt):
                yield self.request(prompt)


def open_engine(step: Respond, place: str, work: Path) -> Responder:
    """The engine that a step names, not yet up."""
    sampling = Sampling(step.temperature, step.top_p, step.max_tokens)
    if step.engine == "server":
        from generate.server import Server

        return Server(step.url or "", place, sampling, step.concurrency, step.timeout)
    from generate.model_files import find_model

    if step.engine == "vllm":
        from generate.vllm_process import VllmProcess

        return VllmProcess(step.python or sys.executable, find_model(place), sampling, work / "vllm.log")
    from generate.in_process import InProcess

    return InProcess(find_model(place), sampling)


def _collect(engine: Responder, missing: list[Request], journal: Journal, bar: Bar) -> None:
    tokens = failures = 0
    started = time.monotonic()
    for answer in engine.respond(missing):
        journal.add(answer)
        tokens += sum(c.tokens for c in answer.candidates)
        failures += sum(c.error is not None for c in answer.candidates)
        speed = tokens / max(time.monotonic() - started, 1e-6)
        bar.note(f"{speed:,.0f} tokens/s" + (f", {failures} failed" if failures else ""))
        bar.advance(len(answer.candidates))


def _joined(frame: pl.DataFrame, asking: Asking, journal: Journal) -> Iterator[pl.DataFrame]:
    """The rows with their candidates, and the rows without, with the reason."""
    prompts, responses, errors = list[Any](), list[Any](), list[str | None]()
    written = frame["responses"].to_list() if "responses" in frame.columns else [None] * frame.height
    for name, prompt, there in zip(frame["id"], frame["prompt"].to_list(), written, strict=True):
        error = _fault(prompt)
        found = list[Candidate]()
        if error is None:
            request = asking.request(prompt)
            prompt = [dict(m) for m in request.messages]
            answers = journal.candidates(request.key)
            found = [answers[seed] for seed in request.seeds if answers[seed].error is None]
            error = None if found else answers[request.seeds[0]].error
        prompts.append(prompt)
        responses.append([*_written(name, there), *(_response(name, c, asking) for c in found)])
        errors.append(error)
    whole = frame.with_columns(
        pl.Series("prompt", prompts, frame.schema["prompt"]),
        pl.Series("responses", responses, RESPONSES),
        pl.Series("detail", errors, pl.String),
    )
    yield whole.filter(pl.col("detail").is_null()).drop("detail")
    bad = whole.filter(pl.col("detail").is_not_null())
    if bad.height:
        yield bad.with_columns(reason=pl.lit("failed"))


def _fault(prompt: Iterable[Message] | None) -> str | None:
    """Why a prompt cannot be asked: rows may hold nulls where the types say that there are none."""
    turns: list[Any] = list(prompt or ())
    if not turns:
        return "the prompt has no messages"
    if any(m is None or m["role"] is None or m["content"] is None for m in turns):
        return "a message of the prompt has no role or no content"
    return None


def _written(name: str, responses: Iterable[dict[str, Any]] | None) -> Iterator[dict[str, Any]]:
    """The responses that came with the prompt; those without a name get one from their text."""
    for response in responses or ():
        made = row_id(name, response.get("engine"), response.get("model"), response.get("text"))
        yield response | {"id": response.get("id") or made}


def _response(name: str, candidate: Candidate, asking: Asking) -> dict[str, Any]:
    settings = vars(asking.sampling) | {
        "seed": candidate.seed,
        "tokens": candidate.tokens,
        "finish": candidate.finish,
    }
    return {
        "id": row_id(name, asking.step.engine, asking.name, candidate.seed),
        "text": candidate.text.strip(),
        "engine": asking.step.engine,
        "model": asking.name,
        "sampling": json.dumps(settings),
        "scores": [],
    }
