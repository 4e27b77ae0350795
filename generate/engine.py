"""The small interface of an engine: requests in, answers out, in whatever order they get ready.

Four engines keep it: `transformers` in this process (`generate.engines.in_process`), vLLM in a process of its
own (`generate.engines.vllm_process`), replicas of vLLM on a Ray cluster (`generate.engines.on_ray`) and any
OpenAI-compatible server (`generate.engines.server`). None of them decides what is asked, in which order the
rows stand or what is kept: that is for the steps that ask, through `generate.asker`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypedDict

Engine = Literal["transformers", "vllm", "server", "ray"]


class Message(TypedDict):
    """One turn of a conversation."""

    role: str
    content: str


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen, and where the answer ends."""

    temperature: float
    top_p: float
    max_tokens: int
    stop: tuple[str, ...] = ()
    """Texts that end the answer and are no part of it."""
    logprobs: bool = False
    """Whether candidates say how probable the model holds them."""
    choices: tuple[str, ...] = ()
    """If any: the answer is one of these, letter for letter, whatever the prompt says."""


@dataclass(frozen=True)
class Request:
    """One conversation and the seeds of the candidates that are asked for it."""

    key: str
    messages: tuple[Message, ...]
    seeds: tuple[int, ...]
    sampling: Sampling
    turn: Literal["assistant", "user"] = "assistant"
    """Whose turn the model writes. Only engines that see the model's template can write the user's."""


@dataclass(frozen=True)
class Candidate:
    """One answer of a model, or the reason why there is none."""

    seed: int
    text: str = ""
    tokens: int = 0
    finish: str = ""
    """`stop` where the model ended its answer, `length` where it was cut at `max_tokens`."""
    error: str | None = None
    prompt_tokens: int = 0
    logprob: float | None = None
    """Where asked for: the sum over the answer's tokens of ln p at temperature 1, before `top_p`."""


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

    def chat(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """Answer all requests; each seed of each request is answered exactly once.

        An engine is asked as often as need be while it is up, one stream of requests after the other.

        Raises:
            SeimaiError: if the engine itself fails (no server, no memory). What concerns one request
                is told in `Candidate.error`.
        """
        ...


def failed(request: Request, error: str) -> Answer:
    """The answer to a request that cannot be answered."""
    return Answer(request.key, tuple(Candidate(seed, error=error) for seed in request.seeds))
