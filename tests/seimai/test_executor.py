import os
import time
from collections.abc import Iterator

import pytest

from seimai.executor import ONE_THREAD, LocalExecutor, WorkerDied
from seimai.memory import cores


@pytest.fixture
def two() -> Iterator[LocalExecutor]:
    executor = LocalExecutor(2)
    yield executor
    executor.close()


def late(n: int) -> tuple[int, int]:
    time.sleep(0.02 * (n % 3))
    return n * n, os.getpid()


def threads(_: int) -> dict[str, str | None]:
    return {name: os.environ.get(name) for name in ONE_THREAD}


def ends(n: int) -> int:
    if n == 5:
        os.kill(os.getpid(), 9)
    return n


def test_results_come_in_the_order_of_the_tasks(two):
    results = list(two.map(late, range(20)))
    assert [square for square, _ in results] == [n * n for n in range(20)]
    assert os.getpid() not in {process for _, process in results}


@pytest.mark.parametrize(("workers", "tasks"), [(1, 3), (2, 1)])
def test_one_worker_or_one_task_needs_no_process(workers, tasks):
    executor = LocalExecutor(workers)
    assert {process for _, process in executor.map(late, range(tasks))} == {os.getpid()}
    assert list(executor.map(late, [])) == []


def test_workers_have_one_thread_each_and_this_process_keeps_its_own(two, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("RAYON_NUM_THREADS", raising=False)
    assert list(two.map(threads, range(3))) == [ONE_THREAD] * 3
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "RAYON_NUM_THREADS" not in os.environ


def test_a_killed_worker_is_one_sentence_and_the_next_map_starts_anew(two):
    with pytest.raises(WorkerDied, match=r"a worker process was killed \(out of memory\?\); run again"):
        list(two.map(ends, range(8)))
    assert list(two.map(ends, range(3))) == [0, 1, 2]


def test_an_exception_of_a_task_is_raised_here(two):
    with pytest.raises(TypeError):
        list(two.map(late, [1, "a", 2]))
    assert [s for s, _ in two.map(late, [1, 2])] == [1, 4]


def test_one_worker_a_core_by_default():
    assert LocalExecutor().workers == cores() >= 1
