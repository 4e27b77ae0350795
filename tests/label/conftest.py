"""A job for steps, and one real labelling server for all tests that want it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from seimai.dataset import Rows, Shard
from seimai.job import Job
from seimai.rows import origin_of, row_id, schema


class Bar:
    def advance(self, amount: float = 1) -> None: ...

    def note(self, text: str) -> None: ...


class Serial:
    workers = 1

    def map(self, work: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
        return map(work, tasks)


@pytest.fixture
def job_in() -> Callable[..., Job]:
    def make(work: Path, **changes: Any) -> Job:
        work.mkdir(parents=True, exist_ok=True)
        settings: dict[str, Any] = {"entry": "pairs", "seed": 17, "out": work, "executor": Serial()}
        return Job(work=work, bar=lambda label, total, unit: Bar(), **(settings | changes))

    return make


@pytest.fixture
def rows_of() -> Callable[[Path, pl.DataFrame], Rows]:
    def make(folder: Path, frame: pl.DataFrame) -> Rows:
        path = folder / "00000-0000.parquet"
        frame.write_parquet(path)
        return Rows((Shard(path, frame.height),))

    return make


def pairs(*texts: tuple[str, str, str]) -> pl.DataFrame:
    """Pairs from (prompt, chosen, rejected)."""
    rows = [
        {
            "id": row_id(*text),
            "origin": origin_of(["p"]),
            "prompt": [{"role": "user", "content": text[0]}],
            "chosen": [{"role": "assistant", "content": text[1]}],
            "rejected": [{"role": "assistant", "content": text[2]}],
            "label_source": "rule",
            "margin": 0.5,
        }
        for text in texts
    ]
    return pl.DataFrame(rows, schema=schema("pairs"))


@pytest.fixture
def make_pairs() -> Callable[..., pl.DataFrame]:
    return pairs


@dataclass
class Served:
    """A server that the tests started."""

    url: str
    api_key: str
    home: Path
    venv: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def venv_for_tests() -> Path:
    """Shared between test runs: making it takes half a minute or more."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("SEIMAI_LABEL_VENV") or cache / "seimai" / "label-venv")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "label.commands", *arguments]


def serve(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    options = ["--home", str(home), "--venv", str(venv_for_tests()), *arguments]
    return subprocess.run(command("serve", *options), capture_output=True, text=True, timeout=900)


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    from label.home import Home

    folder = Path(tempfile.mkdtemp(prefix="seimai-test-"))
    home = Home(folder / "home")
    done = serve(home.path, "--port", str(free_port()), "--background")
    assert done.returncode == 0, done.stdout + done.stderr
    running = home.running()
    assert running is not None
    try:
        yield Served(running.url, home.secrets().api_key, home.path, venv_for_tests())
    finally:
        os.kill(running.pid, signal.SIGTERM)
        limit = time.monotonic() + 30
        while home.running() is not None and time.monotonic() < limit:
            time.sleep(0.1)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def reviewer(served: Served) -> Callable[[], Any]:
    """Makes reviewers: an open connection signed in as a new annotator, and the password."""
    from label.client import Argilla

    def make(workspace: str = "seimai") -> Any:
        name = f"r{time.time_ns()}"
        with Argilla.connect(served.url, served.api_key) as owner:
            user = owner.add_annotator(name, "hyoushaku-1", workspace)
        argilla = Argilla.connect(served.url, user["api_key"])
        opened.append(argilla)
        return Account(argilla, name, "hyoushaku-1")

    opened: list[Argilla] = []
    yield make
    for argilla in opened:
        argilla.http.close()


@dataclass
class Account:
    """A reviewer as the tests use it."""

    argilla: Any
    name: str
    password: str

    def answer(self, record_id: str, answer: str, *, status: str = "submitted", comment: str = "") -> None:
        values = {"better": {"value": answer}} | ({"comment": {"value": comment}} if comment else {})
        body = {"values": values, "status": status}
        self.argilla.request("POST", f"records/{record_id}/responses", json=body)


@pytest.fixture(name="command")
def command_fixture() -> Callable[..., list[str]]:
    return command


@pytest.fixture(name="free_port")
def free_port_fixture() -> int:
    return free_port()
