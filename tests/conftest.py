"""What all tests share: the console script, run as a user runs it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("seimai", deadline=None)  # a busy machine is no failure
settings.load_profile("seimai")

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = Path(sys.executable).with_name("seimai")

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The data beside the repository; tests that need it are skipped where it is not."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs ../shared beside the repository")
    return folder


@pytest.fixture
def seimai(tmp_path: Path) -> Command:
    """Runs the console script in `tmp_path`; a traceback is never right."""

    def run(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [SCRIPT, *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "160", **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run
