"""Asking an interpreter something, in a process of its own: a crash or an import without end is an answer."""

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from seimai.venv import clean_environment


@dataclass(frozen=True)
class Said:
    """What came of it: an object, or the reason why there is none."""

    found: Mapping[str, Any] = field(default_factory=dict[str, Any])
    error: str = ""


def probe(code: str, *arguments: str, python: str = sys.executable, timeout: float = 120) -> Said:
    """Run code that prints one JSON object as its last line.

    Another interpreter gets no variable that leads out of its own environment. Nothing is asked from a hub.
    """
    here = None if python == sys.executable else clean_environment()
    try:
        done = subprocess.run(
            [python, "-P", "-c", code, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            env=here,
            check=False,
        )
    except OSError as e:
        return Said(error=f"{python} cannot be run ({e.strerror})")
    except subprocess.TimeoutExpired:
        return Said(error=f"no answer within {timeout:.0f} s")
    if done.returncode:
        return Said(error=_why(done))
    with suppress(ValueError, IndexError):
        found = json.loads(done.stdout.strip().splitlines()[-1])
        if isinstance(found, dict):
            return Said(found)  # pyright: ignore[reportUnknownArgumentType]
    return Said(error=f"it printed {done.stdout.strip()[-80:]!r}")


def _why(done: "subprocess.CompletedProcess[str]") -> str:
    """The exception that ended it, or the signal."""
    if done.returncode < 0:
        return f"crashed ({signal.Signals(-done.returncode).name})"
    lines = [line.strip() for line in done.stderr.strip().splitlines() if line.strip()]
    return lines[-1][:200] if lines else f"exit code {done.returncode}"
