"""Virtual environments of our own making, by pip alone: what cannot live beside the rest lives apart.

pip and not uv, because what a site tells pip (its index, its proxy, a folder of wheels, constraints) is what
must count here, and uv reads none of it.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO

from seimai.errors import SeimaiError
from seimai.executor import end_with


def python_of(venv: Path) -> Path:
    """The environment's interpreter."""
    return venv / "bin" / "python"


def clean_environment() -> dict[str, str]:
    """The variables that a program inside the private environment gets: none that leads out of it."""
    astray = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_USER", "PIP_TARGET", "PIP_PREFIX"}
    return {k: v for k, v in os.environ.items() if k not in astray} | {"PYTHONNOUSERSITE": "1"}


def create(venv: Path) -> None:
    """Make an environment that holds pip and nothing else.

    Raises:
        SeimaiError: if Python cannot (Debian wants its package python3-venv); it says what venv said.
    """
    made = subprocess.run(
        [sys.executable, "-I", "-m", "venv", str(venv)],
        capture_output=True,
        text=True,
        env=clean_environment(),
    )
    if made.returncode != 0:
        raise SeimaiError(f"python -m venv {venv} failed: {made.stdout.strip() or made.stderr.strip()}")


def pip(venv: Path, *arguments: str, log: IO[str], heard: Callable[[str], object] | None = None) -> int:
    """Run the environment's pip and return its exit code; `heard` is called with each line that it prints.

    It dies with this process: no orphan goes on installing under the next attempt. Call it from the main
    thread, which the kernel's death signal follows.
    """
    command = [str(python_of(venv)), "-I", "-m", "pip", "--no-input", *arguments]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=clean_environment(),
        preexec_fn=partial(end_with, os.getpid()),
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            log.write(line)
            log.flush()
            if heard:
                heard(line)
    return child.returncode
