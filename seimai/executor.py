"""Runs tasks on all cores of this machine, or on a Ray cluster.

What a run makes does not depend on where or how parallel it ran: tasks are cut before, and results come
back in their order.
"""

import importlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from itertools import chain, islice
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from seimai.errors import SeimaiError
from seimai.memory import cores, keep_freed_memory

T = TypeVar("T")
R = TypeVar("R")

# One thread a worker: the processes are the parallelism. Set before a worker imports anything.
ONE_THREAD = {
    "POLARS_MAX_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
}


class WorkerDied(SeimaiError):
    """A worker process was killed: out of memory, or a crash in native code."""


class LocalExecutor:
    """A pool of fresh processes (no fork: threads and forks do not mix), started when first needed."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or cores()
        self._pool: ProcessPoolExecutor | None = None
        self._processes: list[BaseProcess] = []

    def map(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """Results in the order of the tasks; at most four tasks a worker are waiting.

        A single task runs in this process. Threads of one process are used all the same by Polars.

        Raises:
            WorkerDied: if a worker process is killed.
        """
        rest = iter(tasks)
        first = [*islice(rest, 2)]
        if len(first) < 2 or self.workers == 1:
            for task in chain(first, rest):
                yield work(task)
            return
        pool = self._start()
        waiting: deque[Future[R]] = deque()
        rest = chain(first, rest)
        try:
            while True:
                for task in islice(rest, 4 * self.workers - len(waiting)):
                    waiting.append(pool.submit(work, task))
                if not waiting:
                    return
                # Polars restarts system calls after a signal: a wait without end would not see Ctrl+C.
                while not wait([waiting[0]], timeout=0.5).done:
                    pass
                yield waiting.popleft().result()
        except BrokenProcessPool:
            self.close()
            raise WorkerDied(
                "a worker process was killed (out of memory?); run again, with fewer --workers if need be: "
                "what is done is kept"
            ) from None
        finally:
            for future in waiting:
                future.cancel()

    def _start(self) -> ProcessPoolExecutor:
        if self._pool is None:
            before = {k: os.environ.get(k) for k in ONE_THREAD}
            others = set(multiprocessing.active_children())
            with _interrupts_held_back():
                os.environ.update(ONE_THREAD)
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(
                    self.workers, mp_context=context, initializer=_begin, initargs=(os.getpid(),)
                )
                try:  # workers start on submit
                    for future in [self._pool.submit(os.getpid) for _ in range(self.workers)]:
                        future.result()
                finally:
                    self._processes = [p for p in multiprocessing.active_children() if p not in others]
                    for key, value in before.items():
                        os.environ.pop(key) if value is None else os.environ.update({key: value})
        return self._pool

    def close(self) -> None:
        """End the workers at once: after an error or Ctrl+C nobody waits for the shards they are at."""
        if self._pool is not None:
            for process in self._processes:
                process.terminate()
            # Not waiting for the pool's own thread would leave it to race with the interpreter's end.
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


@contextmanager
def _interrupts_held_back() -> Generator[None]:
    """Ctrl+C waits until all workers have started: a worker that half knows its task dies with a traceback.

    The mask is for the workers, which inherit it. It does not keep the signal from another thread of this
    process, so the handler waits too.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python interrupts the main thread only
        return
    resource_tracker.ensure_running()  # its start would unblock the signal
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        if came:
            signal.raise_signal(signal.SIGINT)


def _begin(parent: int) -> None:
    """What a worker does first; it has imported no Polars yet."""
    keep_freed_memory()
    end_with(parent)


def end_with(parent: int) -> None:
    """Die when the parent process dies, also of SIGKILL, and leave Ctrl+C to it."""
    import ctypes

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG, Linux only
    if os.getppid() != parent:  # it died before: no signal will come
        os._exit(1)


class RayExecutor:
    """The same tasks on a Ray cluster; datasets must lie on storage that all nodes share."""

    def __init__(self, address: str | None) -> None:
        try:
            ray: Any = importlib.import_module("ray")
        except ModuleNotFoundError:
            raise SeimaiError("--on ray needs the package 'ray': pip install 'seimai[ray]'") from None
        self._ray = ray
        environment = {"env_vars": ONE_THREAD}
        ray.init(address=address, runtime_env=environment, log_to_driver=False, include_dashboard=False)
        self.workers = int(ray.cluster_resources().get("CPU", 1))

    def map(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """Results in the order of the tasks."""
        remote: Any = self._ray.remote(work)
        rest, waiting = iter(tasks), deque[Any]()
        while True:
            for task in islice(rest, 4 * self.workers - len(waiting)):
                waiting.append(remote.remote(task))
            if not waiting:
                return
            yield self._ray.get(waiting.popleft())

    def close(self) -> None:
        """Leave the cluster."""
        self._ray.shutdown()
