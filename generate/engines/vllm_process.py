"""The `vllm` engine: vLLM in a process of its own, so that its memory is free again when it ends.

vLLM pins an exact PyTorch, so it mostly lives in a virtual environment of its own: `python` names that
environment's interpreter. The process leads a group of its own, which is killed whole at the end; if this
process dies without a word (`kill -9`), the worker notices and ends the group.

vLLM batches as requests come, and a batch's composition may change the last bit of a logit: the same seeds
give nearly always, not always, the same text.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from generate.engine import Answer, Candidate, Request, failed
from generate.engines.model_files import ModelFiles
from generate.engines.prompt_tokens import load_tokenizer, read
from generate.engines.vllm_settings import worker_settings
from seimai.errors import SeimaiError

WORKER = Path(__file__).with_name("vllm_worker.py")
INSTALL = (
    "`seimai generate setup-vllm` installs it into an environment of its own; or name the interpreter of one "
    "that has it (python: vllm-env/bin/python, after vllm-env/bin/pip install 'vllm>=0.30,<0.34'), or choose "
    "engine: transformers"
)


class VllmProcess:
    """A vLLM worker process."""

    def __init__(
        self, python: str, files: ModelFiles, log: Path, args: Mapping[str, Any] | None = None
    ) -> None:
        self._python = str(Path(python).expanduser())
        self._files = files
        self._log = log
        self._args = args or {}
        self._tokenizer: Any = None
        self._process: subprocess.Popen[str] | None = None
        self._unanswered: dict[str, set[int]] = {}
        self._refused: list[Answer] = []
        self._fault: BaseException | None = None

    def __enter__(self) -> "VllmProcess":
        find_vllm(self._python)
        settings = worker_settings(self._files, self._args)
        self._tokenizer = load_tokenizer(self._files)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [self._python, "-P", str(WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._environment(),
                text=True,
                encoding="utf-8",
                start_new_session=True,  # vLLM's own children die with it
            )
        try:
            with suppress(OSError):  # a worker that died at once: `_hear` says why
                self._tell(settings)
            said = self._hear() or {}
            if refused := said.get("refused"):
                raise SeimaiError(refused)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        try:
            with suppress(OSError):
                process.stdin.close() if process.stdin else None
            process.wait(timeout=0 if any(exception) else 20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with suppress(ProcessLookupError):  # the children that it has left behind, mostly none
            os.killpg(process.pid, signal.SIGKILL)
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # what was still to be written has no reader any more
                pipe.close() if pipe else None

    def chat(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """Send all requests, and hand each candidate on as it gets ready."""
        sender = threading.Thread(target=self._send, args=(requests,), daemon=True)
        sender.start()
        while (record := self._hear()) and not record.get("end"):
            yield from self.refusals()
            candidate = Candidate(**record["candidate"])
            self._unanswered[record["key"]].discard(candidate.seed)
            yield Answer(record["key"], (candidate,))
        sender.join()
        if self._fault:
            raise self._fault
        yield from self.refusals()
        if missing := sum(map(len, self._unanswered.values())):
            raise SeimaiError(f"vLLM ended with {missing} candidates unanswered: {self._last_words()}")

    def refusals(self) -> Iterator[Answer]:
        """Prompts that the template refused and that nobody was told of; any thread may ask."""
        with suppress(IndexError):
            while True:
                yield self._refused.pop()

    def _send(self, requests: Iterable[Request]) -> None:
        """Write the requests: in a thread, because the worker's answers must be read at the same time."""
        try:
            for request in requests:
                self._send_one(request)
            self._tell({"end": True})
        except OSError:
            return  # the worker is gone: the thread that reads says so
        except BaseException as e:
            self._fault = e
            with suppress(OSError):
                self._stdin().close()

    def _send_one(self, request: Request) -> None:
        try:
            prompt = read(self._tokenizer, request)
            if not prompt.tokens:
                raise ValueError("a prompt of 0 tokens leaves nothing to answer")
        except Exception as e:  # a template that refuses the turns: this row only
            self._refused.append(failed(request, f"{type(e).__name__}: {e}"))
            return
        self._unanswered[request.key] = set(request.seeds)
        sampling = vars(request.sampling)
        record = {"key": request.key, "seeds": request.seeds, "tokens": prompt.tokens, "sampling": sampling}
        self._tell(record | {"stop": prompt.stop, "stop_tokens": prompt.stop_tokens})

    def _tell(self, record: dict[str, Any]) -> None:
        stdin = self._stdin()
        stdin.write(json.dumps(record, ensure_ascii=False) + "\n")
        stdin.flush()

    def _stdin(self) -> IO[str]:
        assert self._process is not None
        assert self._process.stdin is not None
        return self._process.stdin

    def _hear(self) -> dict[str, Any] | None:
        """The next line of the worker; None: it has ended well.

        Raises:
            SeimaiError: if the worker failed.
        """
        assert self._process is not None
        assert self._process.stdout is not None
        if line := self._process.stdout.readline():
            return json.loads(line)
        if code := self._process.wait():
            raise SeimaiError(f"vLLM failed (exit code {code}): {self._last_words()}")
        return None

    def _last_words(self) -> str:
        """The first error that the worker printed (what follows is its echo), and where the rest is."""
        said = self._log.read_text("utf-8", errors="replace")
        error = re.search(r"\b\w*(?:Error|Exception): .*", said)
        return f"{error.group() if error else said.strip()[-200:]} (all of it: {self._log})"

    def _environment(self) -> dict[str, str]:
        offline = {"HF_HUB_OFFLINE": "1"} if self._files.is_local else {}
        ours = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")  # they name another environment's packages
        return {k: v for k, v in os.environ.items() if k not in ours} | offline


def find_vllm(python: str) -> None:
    """Make sure that an interpreter can import vLLM, without importing it.

    Raises:
        SeimaiError: if it cannot, or there is no such interpreter; says how to install vLLM.
    """
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('vllm') is None)"
    try:
        done = subprocess.run([python, "-P", "-c", code], capture_output=True, timeout=60, check=False)
    except OSError as e:
        raise SeimaiError(f"python: {python} cannot be run ({e.strerror}); {INSTALL}") from e
    if done.returncode:
        raise SeimaiError(f"vLLM is not installed for {python}; {INSTALL}")
