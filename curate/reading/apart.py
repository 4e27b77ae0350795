"""Native parsers in a process of their own: what crashes or devours there costs one page and not the run.

The HTML parser never crashed in fuzzing, but pages exist that make it allocate a thousand times their size
(unclosed `<font>` elements are opened again in every paragraph) or work for hours (quadratic in the
attributes of one tag), and native code cannot be interrupted from within. So pages go through pipes to a
child that has a limit of memory and, for each page, of processor time.
"""

import atexit
import importlib
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

SECONDS = 30
"""Processor time of one call: five times what an ordinary page of 64 MB, the largest, takes."""

MEGABYTES = 2048
"""Address space of the child: a page of 50 MB of text needs 400 MB."""


class Apart(Generic[P, R]):
    """A function that runs in a child process, started when first called and again after a crash.

    `work` is a function of a module; arguments and result are picklable. What it raises comes back as a
    ValueError.
    """

    def __init__(self, work: Callable[P, R], *, seconds: int = SECONDS, megabytes: int = MEGABYTES) -> None:
        self._names = (work.__module__, work.__qualname__)
        self._limits = (seconds, megabytes)
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """The function's result.

        Raises:
            ValueError: what the function raised, or why its process died.
        """
        with self._lock:
            if self._child is None or self._owner != os.getpid():  # a fork must not share the pipes
                self._start()
            try:
                sent, received = _pipes(self._child)
                _send(sent, (args, kwargs))
                good, value = _receive(received)
            except (EOFError, OSError):
                raise ValueError(self._cause_of_death()) from None
        if not good:
            raise ValueError(value)
        return value

    def close(self) -> None:
        """End the child."""
        if self._child is not None and self._owner == os.getpid():
            for pipe in _pipes(self._child):
                pipe.close()
            self._child.wait()
        self._child = None

    def _start(self) -> None:
        module, name = self._names
        command = [sys.executable, "-P", "-m", __spec__.name, module, name, *map(str, self._limits)]
        # The paths of this process: a test's or a notebook's code may lie where Python would not look.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        self._owner = os.getpid()
        atexit.register(self.close)

    def _cause_of_death(self) -> str:
        child = self._child
        atexit.unregister(self.close)
        self.close()
        status = child.returncode if child else 0
        seconds, megabytes = self._limits
        if status == -signal.SIGXCPU:
            return f"takes more than {seconds} s of processor time"
        if status < 0:
            return f"the parser crashed ({signal.Signals(-status).name}) with {megabytes} MB of memory to use"
        return f"the parser's process ended with exit status {status}"


def _pipes(child: "subprocess.Popen[bytes] | None") -> tuple[BinaryIO, BinaryIO]:
    if child is None or child.stdin is None or child.stdout is None:
        raise EOFError
    return child.stdin, child.stdout  # pyright: ignore[reportReturnType]


def _send(stream: BinaryIO, value: Any) -> None:
    data = pickle.dumps(value, protocol=5)
    stream.write(len(data).to_bytes(8, "little"))
    stream.write(data)
    stream.flush()


def _receive(stream: BinaryIO) -> Any:
    size = stream.read(8)
    if len(size) < 8:
        raise EOFError
    data = stream.read(int.from_bytes(size, "little"))
    return pickle.loads(data)  # from our own child


def serve(module: str, name: str, seconds: int, megabytes: int) -> None:
    """The child: calls the function until its parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's matter
    work: Callable[..., Any] = getattr(importlib.import_module(module), name)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            args, kwargs = _receive(requests)
        except EOFError:
            return
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        soft = int(time.process_time()) + seconds
        resource.setrlimit(resource.RLIMIT_CPU, (soft if hard < 0 else min(soft, hard), hard))
        try:
            answer = (True, work(*args, **kwargs))
        except MemoryError:
            answer = (False, f"needs more than {megabytes} MB of memory")
        except Exception as e:
            answer = (False, str(e) if isinstance(e, ValueError) else f"{type(e).__name__}: {e}"[:500])
        _send(answers, answer)


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
