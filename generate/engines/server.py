"""The `server` engine: any OpenAI-compatible server, such as vLLM's or llama.cpp's, on the user's premises.

What fails for a moment (429, 5xx, a lost connection, a timeout, a reply that is cut short or no chat
completion) is asked again with growing, jittered pauses. What is wrong with one prompt (400, 413, 422) costs
that prompt. What is wrong with the server stops the run with a sentence, and the same command goes on from
the answers that came.

Everything happens in one thread, in an event loop that turns while the next answer is waited for: a thousand
requests at a time cost no thousand threads, and one timeout covers all of an exchange, so that a server
which sends a byte now and then is cut like one that sends nothing.
"""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from generate.engine import Answer, Candidate, Request
from generate.engines import completion, connection
from generate.engines.pace import Pace, asked_pause
from seimai.errors import SeimaiError

if TYPE_CHECKING:
    import httpx

ATTEMPTS = 6
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
LONGEST_CONNECT = 10.0
PATIENCE = 600.0
"""Seconds that a server may refuse with 429, or ask to wait, with no answer between."""
LARGEST = 32 << 20
"""Bytes of a reply; more is no answer of a model, and would fill the memory."""
PROMPT_AT_FAULT = frozenset({400, 413, 422})
FOR_A_MOMENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
FAILURES_IN_A_ROW = 20
"""So many failed candidates with no success between them are the server's fault, not the prompts'."""

T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """What became of one candidate; `is_fault`: it failed in a way that may be the server's."""

    answer: Answer
    is_fault: bool = False


@dataclass(frozen=True)
class Again:
    """Why one try gave no answer, and how long the server wants to be left alone."""

    said: str
    pause: float = 0.0
    is_refusal: bool = False
    """The server is well and has enough to do."""
    is_gone: bool = False
    """There is no server."""


@dataclass(frozen=True)
class Reply:
    """A whole reply."""

    status: int
    headers: "httpx.Headers"
    body: bytes


@dataclass
class Server:
    """A server, the name of a model on it, and how hard it may be asked.

    `token_env` names the environment variable with the token and `token_header` the header that carries it:
    after `Bearer` in `Authorization`, as it is in any other. Without such a variable none is sent.
    """

    url: str
    model: str
    concurrency: int = 16
    timeout: float = 600.0
    token_header: str = connection.HEADER
    token_env: str = connection.TOKEN
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    first_pause: float = FIRST_PAUSE
    _open: "Callable[[], httpx.AsyncClient]" = field(init=False, repr=False)
    _idle: "list[httpx.AsyncClient]" = field(
        default_factory=list["httpx.AsyncClient"], init=False, repr=False
    )
    """Connections that no request uses now."""
    _loop: asyncio.AbstractEventLoop = field(init=False, repr=False)
    _slots: asyncio.Semaphore = field(init=False, repr=False)
    _pace: Pace = field(init=False, repr=False)
    _token: str = field(default="", init=False, repr=False)
    _well: float = field(default=0.0, init=False, repr=False)
    """When the server last gave an answer."""

    def __enter__(self) -> "Server":
        self._token = connection.token(self.token_env)
        header = connection.header(self.token_header, self._token)
        self._open = connection.opener(self.url, header, min(LONGEST_CONNECT, self.timeout))
        connection.allow_open_files(2 * self.concurrency + 256)
        self._loop = asyncio.new_event_loop()
        self._slots = asyncio.Semaphore(self.concurrency)
        self._pace = Pace(self.requests_per_minute, self.tokens_per_minute)
        try:
            self._run(self._greet())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._cancel(asyncio.all_tasks(self._loop))
        while self._idle:
            self._run(self._idle.pop().aclose())
        self._loop.close()

    def chat(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """Ask for each candidate by itself, `concurrency` at a time; answers come as they get ready.

        As many again wait out a pause or for their turn. Failures are held back until a success shows that
        the server is well.
        """
        self._well = time.monotonic()
        held: list[Answer] = []
        with closing(self._finished((r, seed) for r in requests for seed in r.seeds)) as finished:
            for asked in (task.result() for task in finished):
                if not asked.is_fault:
                    yield asked.answer
                    yield from held
                    held.clear()
                    continue
                held.append(asked.answer)
                if len(held) >= FAILURES_IN_A_ROW:
                    said = asked.answer.candidates[0].error
                    raise SeimaiError(f"the server at {self.url} failed {len(held)} times in a row: {said}")
        yield from held

    def _finished(self, todo: Iterator[tuple[Request, int]]) -> Generator[asyncio.Task[Asked]]:
        """Tasks as they end; once one has failed, those that are done come first and no more are begun."""
        done = asyncio.Queue[asyncio.Task[Asked]]()
        running = set[asyncio.Task[Asked]]()
        try:
            while True:
                for request, seed in islice(todo, 2 * self.concurrency - len(running)):
                    task = self._loop.create_task(self._ask(request, seed))
                    task.add_done_callback(done.put_nowait)
                    running.add(task)
                if not running:
                    return
                task = self._run(done.get())
                running.discard(task)
                if task.exception():
                    yield from (t for t in running if t.done() and not t.exception())
                yield task
        finally:
            if not self._loop.is_closed():
                self._cancel(running)

    async def _ask(self, request: Request, seed: int) -> Asked:
        """One candidate, asked until it comes or `ATTEMPTS` are used up; refusals are no attempts."""
        if request.turn == "user":
            raise SeimaiError(
                "engine: server cannot write the user's turn: a chat server hides the model's template; "
                "use engine: transformers or engine: vllm"
            )
        tries = refusals = 0
        body = completion.body(request, seed, self.model)
        while True:
            came = await self._try(request, seed, body)
            if isinstance(came, Asked):
                return came
            refusals, tries = refusals + came.is_refusal, tries + (not came.is_refusal)
            if came.is_refusal and time.monotonic() - self._well > PATIENCE:
                raise SeimaiError(f"the server at {self.url} refuses more requests: {came.said}")
            if tries >= ATTEMPTS:
                if came.is_gone:
                    raise SeimaiError(f"the server at {self.url} stopped answering: {came.said}")
                return Asked(Answer(request.key, (Candidate(seed, error=came.said),)), is_fault=True)
            await asyncio.sleep(self._pause(tries + refusals - 1, came.pause))

    async def _try(self, request: Request, seed: int, body: bytes) -> Asked | Again:
        import httpx

        async with self._slots:
            aside = await self._pace.turn(len(body) // 3 + request.sampling.max_tokens)
            used = 0
            try:
                async with asyncio.timeout(self.timeout):
                    reply = await self._exchange("POST", "chat/completions", body)
                came = self._read(reply, request, seed)
                if isinstance(came, Asked):
                    used = sum(c.tokens + c.prompt_tokens for c in came.answer.candidates)
                return came
            except TimeoutError:
                return Again(f"no answer within {self.timeout:g} s")
            except (httpx.ConnectError, httpx.ConnectTimeout) as e:
                return Again(self._told(_said(e)), is_gone=True)
            except (httpx.HTTPError, completion.Malformed) as e:
                return Again(self._told(_said(e)))
            finally:
                self._pace.settle(aside, used)

    async def _exchange(self, method: str, path: str, body: bytes | None = None) -> Reply:
        content = bytearray()
        headers = {"Content-Type": "application/json"} if body else {}
        client = self._idle.pop() if self._idle else self._open()
        try:
            async with client.stream(method, path, content=body, headers=headers) as reply:
                async for chunk in reply.aiter_bytes():
                    content += chunk
                    if len(content) > LARGEST:
                        raise completion.Malformed(f"a reply of more than {LARGEST >> 20} MiB")
        finally:
            self._idle.append(client)
        return Reply(reply.status_code, reply.headers, bytes(content))

    def _read(self, reply: Reply, request: Request, seed: int) -> Asked | Again:
        """The candidate that a reply holds, or why it must be asked for again."""
        self._pace.heed(reply.headers, PATIENCE)
        if reply.status == 200:
            found = completion.candidate(reply.body, request, seed)
            if found.error is None:
                self._well = time.monotonic()
            else:
                found = Candidate(seed, error=self._told(found.error))
            return Asked(Answer(request.key, (found,)), is_fault=found.error is not None)
        said = self._told(f"HTTP {reply.status}: {completion.complaint(reply.body)}")
        if reply.status in PROMPT_AT_FAULT:
            return Asked(Answer(request.key, (Candidate(seed, error=said),)))
        self._refuse(reply, said)
        pause = asked_pause(reply.headers)
        if pause > PATIENCE:
            raise SeimaiError(f"the server at {self.url} asks to wait {pause:,.0f} s: {said}")
        if pause:
            self._pace.hold(pause)
        return Again(said, pause, is_refusal=reply.status == 429)

    def _refuse(self, reply: Reply, said: str) -> None:
        """Stop at what asking again cannot mend: the token, the address, the model's name."""
        if reply.status in (401, 403):
            what = f"refuses the token in ${self.token_env}" if self._token else "wants a token"
            hint = "" if self._token else f", and ${self.token_env} is not set"
            raise SeimaiError(f"the server at {self.url} {what} (HTTP {reply.status}){hint}")
        if 300 <= reply.status < 400:
            raise SeimaiError(
                f"the server at {self.url} sends requests on elsewhere ({said}): correct the url"
            )
        if reply.status not in FOR_A_MOMENT:
            raise SeimaiError(f"{self.url}/chat/completions (model {self.model!r}): {said}")

    async def _greet(self) -> None:
        """See whether a server is there; it may well have no list of models."""
        import httpx

        try:
            async with asyncio.timeout(30.0):
                reply = await self._exchange("GET", "models")
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as e:
            hint = "; $SSL_CERT_FILE may name a private authority" if "CERTIFICATE" in str(e) else ""
            raise SeimaiError(f"no server answers at {self.url}: {self._told(_said(e))}{hint}") from e
        if reply.status == 401:
            self._refuse(reply, "")

    def _pause(self, attempt: int, asked: float) -> float:
        """Half to all of a doubling pause, and what the server asks: workers do not come back together."""
        own = min(LONGEST_PAUSE, self.first_pause * 2 ** min(attempt, 16))
        return asked + own * random.uniform(0.5, 1.0)

    def _told(self, said: str) -> str:
        """What a server or a library says, without the token, which an error page may repeat."""
        return said.replace(self._token, "***") if self._token else said

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def _cancel(self, tasks: Iterable[asyncio.Task[Any]]) -> None:
        tasks = [t for t in tasks if not t.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            self._run(asyncio.wait(tasks))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
