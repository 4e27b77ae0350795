"""Whether the local labelling server can be started: what `seimai doctor` asks the label stage."""

import os
from collections.abc import Iterator
from pathlib import Path

from label.environment import lock_hash
from label.home import Home
from seimai.doctor import Check, Finding


def checks() -> Iterator[Check]:
    """The labelling server's environment, and whether it runs."""
    yield serving


def serving() -> Finding:
    """A server that was never started is missing nothing that its first start does not bring."""
    name, start = "labelling server", "seimai label serve"
    home = Home(Home.default())
    if (running := home.running()) is not None:
        return Finding(name, "ok", f"runs at {running.url}")
    venv = Path(os.environ.get("SEIMAI_LABEL_VENV") or home.venv)
    marker = venv / "seimai-lock.sha256"
    if not marker.exists():
        return Finding(name, "missing", f"not set up in {venv}", f"{start} (the first start installs it)")
    if marker.read_text("ascii") != lock_hash():
        return Finding(name, "missing", f"{venv} is of another version", f"{start} (makes it anew)")
    return Finding(name, "ok", f"set up in {venv}, not running")
