"""The server's own virtual environment, made from the lock by pip alone.

Argilla's server pins pydantic 2.9 and httpx 0.27, so it cannot live beside the rest.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from label.home import held
from seimai.errors import SeimaiError

LOCK = Path(__file__).with_name("serve_lock.txt")


def lock_hash() -> str:
    """What the environment was made from: the lock and the interpreter's version."""
    version = "{}.{}".format(*sys.version_info)
    return hashlib.sha256(LOCK.read_bytes() + version.encode()).hexdigest()


def python_of(venv: Path) -> Path:
    """The environment's interpreter."""
    return venv / "bin" / "python"


def clean_environment() -> dict[str, str]:
    """The variables that a program inside the private environment gets: none that leads out of it."""
    astray = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_USER", "PIP_TARGET", "PIP_PREFIX"}
    return {k: v for k, v in os.environ.items() if k not in astray} | {"PYTHONNOUSERSITE": "1"}


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
        environment = clean_environment()
        made = subprocess.run(
            [sys.executable, "-I", "-m", "venv", str(venv)], capture_output=True, text=True, env=environment
        )
        if made.returncode != 0:
            raise SeimaiError(f"python -m venv {venv} failed: {made.stdout.strip() or made.stderr.strip()}")
        _install(venv, log, environment)
        marker.write_text(lock_hash(), "ascii")


def _install(venv: Path, log: Path, environment: Mapping[str, str]) -> None:
    """Run pip over the lock, one step of the bar for each of its packages."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    wanted = sum("==" in line for line in LOCK.read_text("utf-8").splitlines())
    pip = [
        str(python_of(venv)),
        "-I",
        "-m",
        "pip",
        "install",
        "--no-input",
        "--no-deps",
        "--progress-bar",
        "off",
    ]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with log.open("w", encoding="utf-8") as file, Progress(*columns) as progress:
        task = progress.add_task("fetching the labelling server", total=wanted)
        with subprocess.Popen(
            [*pip, "--requirement", str(LOCK)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        ) as child:
            assert child.stdout is not None
            for line in child.stdout:
                file.write(line)
                if line.startswith(("Collecting ", "Processing ")):  # the second for a wheel on this disk
                    progress.advance(task)
                elif line.startswith("Installing "):
                    progress.update(task, description="installing the labelling server", total=None)
        if child.returncode != 0:
            raise SeimaiError(f"pip could not install the labelling server; its log is {log}")
