"""Asking a model: what it has said once is never asked again.

A step makes its requests twice, once to ask and once to look the answers up; the requests, and so the keys
under which the journal keeps the answers, must come out the same. Nothing but the journal's index and what
is in flight is held in memory, so that a step may ask for as many answers as its disk can take.
"""

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any

from generate.asks import Asks, model_name
from generate.engine import Candidate, Message, Request, Responder, Sampling
from generate.journal import Journal
from generate.seeds import candidate_seeds, canonical
from generate.usage import Usage
from seimai.job import Bar, Job
from seimai.rows import row_id


class Asker:
    """A step's model, opened with the first request that is not answered yet and closed at the end."""

    def __init__(self, step: Asks, job: Job) -> None:
        self._step = step
        self._job = job
        self._place = step.place(job)
        self._engine: Responder | None = None
        self._usage = Usage(step.engine, self.name)
        self._journal = Journal(job.work / "journal.jsonl", self._usage)

    def __enter__(self) -> "Asker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._engine is not None:
                self._engine.__exit__(kind, error, trace)
        finally:
            self._journal.close()
        if kind is None:
            self._usage.tell(self._job)

    @property
    def name(self) -> str:
        """The model's name in rows and tables."""
        return model_name(self._step.model)

    def request(
        self,
        messages: Iterable[Message],
        sampling: Sampling,
        n: int = 1,
        *,
        user: bool = False,
        about: str = "",
    ) -> Request:
        """A request for `n` candidates.

        Equal conversations with equal settings are one request, and get the same answers; `about` (a row's
        id, the number of a round) tells apart what shall be answered anew. `user`: the model writes the
        user's next turn.
        """
        turns = tuple(Message(role=m["role"], content=m["content"]) for m in messages)
        text = canonical(turns) + about + (" user" if user else "")
        key = row_id(self._step.engine_shape(), self._place, sampling, text)
        seeds = candidate_seeds(self._job.seed, text, n)
        return Request(key, turns, seeds, sampling, "user" if user else "assistant")

    def ask(self, requests: Callable[[], Iterable[Request]], what: str = "answers") -> None:
        """Ask what is not answered yet; `requests` is called twice, to count and to ask.

        Raises:
            SeimaiError: if the engine fails; what was answered until then is kept.
        """
        total = missing = 0
        for request in _distinct(requests()):
            total += len(request.seeds)
            missing += len(self._unanswered(request))
        bar = self._job.bar(f"{self._job.entry}: {self.name} {what}", total, "responses")
        bar.already(total - missing)
        if missing:
            self._collect(self._missing(requests()), bar)

    def candidates(self, request: Request) -> list[Candidate]:
        """The answers to a request that was asked, in the order of its seeds, failed ones among them."""
        found = self._journal.candidates(request.key)
        return [found[seed] for seed in request.seeds]

    def _unanswered(self, request: Request) -> tuple[int, ...]:
        there = self._journal.seeds(request.key)
        return tuple(seed for seed in request.seeds if seed not in there)

    def _missing(self, requests: Iterable[Request]) -> Iterator[Request]:
        # The engine may still be at work on a request when an equal one comes: `_distinct` knows it.
        for r in _distinct(requests):
            if seeds := self._unanswered(r):
                yield Request(r.key, r.messages, seeds, r.sampling, r.turn)

    def _collect(self, missing: Iterator[Request], bar: Bar) -> None:
        if self._engine is None:
            engine = self._step.open(self._job)
            self._engine = engine.__enter__()
        self._usage.start()
        for answer in self._engine.chat(missing):
            self._journal.add(answer)
            bar.note(self._usage.speed())
            bar.advance(len(answer.candidates))


def _distinct(requests: Iterable[Request]) -> Iterator[Request]:
    """The requests without those that were there before."""
    seen = set[str]()
    for request in requests:
        if request.key not in seen:
            seen.add(request.key)
            yield request


def fault(prompt: Iterable[Message] | None) -> str | None:
    """Why a prompt cannot be asked: rows may hold nulls where the types say that there are none."""
    turns: list[Any] = list(prompt or ())
    if not turns:
        return "the prompt has no messages"
    if any(m is None or m["role"] is None or m["content"] is None for m in turns):
        return "a message of the prompt has no role or no content"
    return None
