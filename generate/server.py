"""The `server` engine: any OpenAI-compatible server, such as vLLM's or llama.cpp's, on the user's premises.

What fails for a moment (429, 5xx, a lost connection, a timeout) is asked again with growing, jittered
pauses. What is wrong with one prompt (400, 413, 422) costs that prompt. What is wrong with the server
stops the run with a sentence, and the same command goes on from the answers that came.
"""

import os
import random
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, repeat
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

from generate.engine import Answer, Candidate, Request
from seimai.errors import SeimaiError

if TYPE_CHECKING:
    import httpx

TOKEN = "SEIMAI_SERVER_TOKEN"
ATTEMPTS = 6
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
PROMPT_AT_FAULT = frozenset({400, 413, 422})
FOR_A_MOMENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
FAILURES_IN_A_ROW = 20
"""So many failed candidates with no success between them are the server's fault, not the prompts'."""


@dataclass(frozen=True)
class Asked:
    """What became of one candidate; `is_fault`: it failed in a way that may be the server's."""

    answer: Answer
    is_fault: bool = False


Task = tuple[Request, int]
Reply = Asked | BaseException


@dataclass
class Server:
    """A server, the name of a model on it, and how hard it may be asked."""

    url: str
    model: str
    concurrency: int = 16
    timeout: float = 600.0
    first_pause: float = FIRST_PAUSE
    _client: Any = field(default=None, init=False)
    _stop: threading.Event = field(default_factory=threading.Event, init=False)

    def __enter__(self) -> "Server":
        import httpx

        token = os.environ.get(TOKEN)
        self._client = httpx.Client(
            base_url=self.url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx.Timeout(self.timeout, connect=10.0),
            limits=httpx.Limits(max_connections=self.concurrency),
        )
        try:
            self._refuse(self._client.get("models", timeout=30.0))
        except httpx.TransportError as e:
            self._client.close()
            raise SeimaiError(f"no server answers at {self.url}: {_said(e)}") from e
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._client.close()

    def chat(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """Ask for each candidate by itself, `concurrency` at a time; answers come as they get ready."""
        # Daemon threads: a request that hangs must not keep the program from ending.
        todo: Queue[Task | None] = Queue()
        done: Queue[Reply] = Queue()
        for _ in range(self.concurrency):
            threading.Thread(target=self._work, args=(todo, done), daemon=True).start()
        try:
            yield from self._exchange(((r, seed) for r in requests for seed in r.seeds), todo, done)
        finally:
            self._stop.set()
            for _ in range(self.concurrency):
                todo.put(None)

    def _exchange(
        self, tasks: Iterable[Task], todo: "Queue[Task | None]", done: "Queue[Reply]"
    ) -> Iterator[Answer]:
        """Keep the workers busy; hold failures back until a success shows that the server is well."""
        running = 0
        held: list[Answer] = []
        for task in chain(tasks, repeat(None)):
            if task is not None:
                todo.put(task)
                running += 1
                if running < 2 * self.concurrency:
                    continue
            elif not running:
                break
            reply = done.get()
            running -= 1
            if isinstance(reply, BaseException):
                yield from _good(done)
                raise reply
            if reply.is_fault:
                held.append(reply.answer)
                if len(held) >= FAILURES_IN_A_ROW:
                    said = reply.answer.candidates[0].error
                    raise SeimaiError(f"the server at {self.url} failed {len(held)} times in a row: {said}")
                continue
            yield reply.answer
            yield from held
            held.clear()
        yield from held

    def _work(self, todo: "Queue[Task | None]", done: "Queue[Reply]") -> None:
        while task := todo.get():
            try:
                done.put(self._ask(*task))
            except BaseException as e:
                done.put(e)

    def _ask(self, request: Request, seed: int) -> Asked:
        """One candidate, asked until it comes or `ATTEMPTS` are used up."""
        import httpx

        said = ""
        for attempt in range(ATTEMPTS):
            if self._stop.is_set():
                break
            pause = self._pause(attempt)
            try:
                reply = self._client.post("chat/completions", json=self._body(request, seed))
            except httpx.TimeoutException as e:
                said = f"no answer within {self.timeout:g} s ({_said(e)})"
            except httpx.TransportError as e:
                said = _said(e)
                if attempt == ATTEMPTS - 1:
                    raise SeimaiError(f"the server at {self.url} stopped answering: {said}") from e
            else:
                self._refuse(reply)
                if reply.status_code == 200:
                    return Asked(Answer(request.key, (_candidate(reply, seed),)))
                said = f"HTTP {reply.status_code}: {reply.text[:300]}"
                if reply.status_code in PROMPT_AT_FAULT:
                    return Asked(Answer(request.key, (Candidate(seed, error=said),)))
                if reply.status_code == 429 and attempt == ATTEMPTS - 1:
                    raise SeimaiError(f"the server at {self.url} refuses more requests: {said}")
                pause = max(pause, _asked_pause(reply))
            if attempt < ATTEMPTS - 1:
                self._stop.wait(pause)
        return Asked(Answer(request.key, (Candidate(seed, error=said),)), is_fault=True)

    def _pause(self, attempt: int) -> float:
        """Between half and all of a doubling pause, so that the workers do not come back together."""
        return min(LONGEST_PAUSE, self.first_pause * 2**attempt) * random.uniform(0.5, 1.0)

    def _body(self, request: Request, seed: int) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": list(request.messages),
            "temperature": request.sampling.temperature,
            "top_p": request.sampling.top_p,
            "max_tokens": request.sampling.max_tokens,
            "seed": seed,
        }

    def _refuse(self, reply: "httpx.Response") -> None:
        """Stop at what asking again cannot mend: the token, the address, the model's name."""
        status = reply.status_code
        if status in (401, 403):
            raise SeimaiError(f"the server at {self.url} refuses the token in ${TOKEN} (HTTP {status})")
        is_known = status in PROMPT_AT_FAULT | FOR_A_MOMENT or status < 400
        if is_known or reply.request.method == "GET":
            return  # a server may well have no list of models
        raise SeimaiError(f"{reply.request.url} (model {self.model!r}): HTTP {status}: {reply.text[:300]}")


def _candidate(reply: "httpx.Response", seed: int) -> Candidate:
    try:
        body: dict[str, Any] = reply.json()
        choice = body["choices"][0]
        text = choice["message"]["content"]
    except (ValueError, LookupError, TypeError) as e:
        return Candidate(seed, error=f"not a chat completion ({type(e).__name__}: {e}): {reply.text[:300]}")
    if not isinstance(text, str):
        return Candidate(seed, error=f"a chat completion without text: {reply.text[:300]}")
    usage: dict[str, Any] = body.get("usage") or {}
    tokens = int(usage.get("completion_tokens") or 0)
    prompt_tokens = int(usage.get("prompt_tokens") or 0)
    finish = str(choice.get("finish_reason") or "")
    return Candidate(seed, text, tokens, finish, prompt_tokens=prompt_tokens)


def _good(done: "Queue[Reply]") -> Iterator[Answer]:
    """What else is there: it is kept when a fault beside it ends the run."""
    try:
        while True:
            reply = done.get_nowait()
            if isinstance(reply, Asked) and not reply.is_fault:
                yield reply.answer
    except Empty:
        return


def _asked_pause(reply: "httpx.Response") -> float:
    """The seconds that the server asks to wait; 0 where it asks nothing, or gives a date."""
    asked = reply.headers.get("retry-after", "")
    return min(LONGEST_PAUSE, float(asked)) if asked.replace(".", "", 1).isdigit() else 0.0


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
