"""The small interface of an engine: requests in, answers out, in whatever order they get ready.

Three engines keep it: `transformers` in this process (`generate.in_process`), vLLM in a process of its own
(`generate.vllm_process`) and any OpenAI-compatible server (`generate.server`). None of them decides what
is asked, in which order the rows stand or what is kept: that is `generate.respond`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypedDict

Engine = Literal["transformers", "vllm", "server"]


class Message(TypedDict):
    """One turn of a conversation."""

    role: str
    content: str


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen."""

    temperature: float
    top_p: float
    max_tokens: int


@dataclass(frozen=True)
class Request:
    """One conversation and the seeds of the candidates that are asked for it."""

    key: str
    messages: tuple[Message, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Candidate:
    """One answer of a model, or the reason why there is none."""

    seed: int
    text: str = ""
    tokens: int = 0
    finish: str = ""
    """`stop` where the model ended its answer, `length` where it was cut at `max_tokens`."""
    error: str | None = None


@dataclass(frozen=True)
class Answer:
    """The candidates of one request that got ready together: one, some or all of its seeds."""

    key: str
    candidates: tuple[Candidate, ...]


class Responder(Protocol):
    """An engine that is up: a context manager that gives its memory back at the end."""

    def __enter__(self) -> "Responder":
        """Load the model, or reach the server."""
        ...

    def __exit__(self, *exception: object) -> None:
        """Free the memory, end the process, close the connections."""
        ...

    def respond(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """Answer all requests; each seed of each request is answered exactly once.

        Raises:
            SeimaiError: if the engine itself fails (no server, no memory). What concerns one request
                is told in `Candidate.error`.
        """
        ...


def failed(request: Request, error: str) -> Answer:
    """The answer to a request that cannot be answered."""
    return Answer(request.key, tuple(Candidate(seed, error=error) for seed in request.seeds))
