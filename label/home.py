"""The folder of the local labelling server: where its parts lie, and its secrets."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from seimai.data_home import data_home
from seimai.errors import SeimaiError
from seimai.lock import held

OWNER = "owner"
WORKSPACE = "seimai"


@dataclass(frozen=True)
class Secrets:
    """What opens the server: the owner's password and API key, and the key that signs sessions."""

    password: str
    api_key: str
    auth_secret_key: str


@dataclass(frozen=True)
class Running:
    """A server that is up: its supervisor's process, its address, its folder for short-lived files."""

    pid: int
    port: int
    scratch: str
    ready: bool = False
    """Whether it has answered since its supervisor started."""

    @property
    def url(self) -> str:
        """Where people and programs reach it."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Home:
    """One local server's folder: data, logs, secrets and (unless it is shared) its virtual environment."""

    path: Path

    @staticmethod
    def default() -> Path:
        """`$SEIMAI_LABEL_HOME`, or a folder below the user's data folder."""
        return data_home("label")

    def create(self) -> None:
        """Make the folders, readable by their owner alone: they hold the texts that people label."""
        for folder in (self.path, self.data, self.logs):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def venv(self) -> Path:
        """The server's own virtual environment."""
        return self.path / "venv"

    @property
    def data(self) -> Path:
        """Argilla's home: its database."""
        return self.path / "data"

    @property
    def logs(self) -> Path:
        """Logs of pip, the server and its supervisor."""
        return self.path / "logs"

    @property
    def lock(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.path / "serve.lock"

    @property
    def prepared(self) -> Path:
        """Written when the database is ready: the lock file's hash it was prepared for."""
        return self.path / "prepared"

    @property
    def _state(self) -> Path:
        return self.path / "running.json"

    def secrets(self) -> Secrets:
        """The server's secrets, made at the first call; the file's mode is 600.

        Raises:
            SeimaiError: if the file is there but cannot be read as secrets.
        """
        path = self.path / "secrets.json"
        if not path.exists():
            fresh = Secrets(secrets.token_urlsafe(12), secrets.token_urlsafe(32), secrets.token_hex(32))
            temporary = path.with_name(f".secrets.{os.getpid()}.tmp")
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"username": OWNER, **asdict(fresh)}, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        try:
            found = json.loads(path.read_text("utf-8"))
            return Secrets(found["password"], found["api_key"], found["auth_secret_key"])
        except (OSError, ValueError, KeyError) as error:
            raise SeimaiError(f"{path} does not hold the labelling server's secrets: {error}") from error

    def api_key(self) -> str | None:
        """The owner's API key, if this machine has a local server."""
        return self.secrets().api_key if (self.path / "secrets.json").exists() else None

    def write_running(self, running: Running) -> None:
        """Say where the server is."""
        temporary = self._state.with_name(f".running.{os.getpid()}.tmp")
        temporary.write_text(json.dumps(asdict(running)), "utf-8")
        temporary.replace(self._state)

    def last_run(self) -> Running | None:
        """The server that ran last, whether or not it still does."""
        try:
            return Running(**json.loads(self._state.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def running(self) -> Running | None:
        """The server that is up or coming up: its supervisor holds the lock."""
        if not self.lock.exists():
            return None
        try:
            with held(self.lock):
                return None
        except BlockingIOError:
            return self.last_run()
