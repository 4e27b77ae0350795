"""Where vLLM's private environment is, and which interpreter `engine: vllm` takes."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from seimai.data_home import data_home
from seimai.venv import python_of

Build = Literal["cpu", "gpu"]
VARIABLE = "SEIMAI_VLLM_PYTHON"


def home() -> Path:
    """`$SEIMAI_VLLM_HOME`, or a folder below the user's data folder."""
    return data_home("vllm")


@dataclass(frozen=True)
class VllmEnvironment:
    """A virtual environment that `seimai generate setup-vllm` made, or is making."""

    venv: Path

    @property
    def state_file(self) -> Path:
        """Says that the folder is ours, and since its last writing that it is ready."""
        return self.venv / "seimai-vllm.json"

    @property
    def log(self) -> Path:
        """What pip printed, and vLLM when it was tried."""
        return self.venv / "seimai-setup.log"

    @property
    def versions(self) -> Path:
        """`pip freeze` of what was tried."""
        return self.venv / "seimai-versions.txt"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return python_of(self.venv)

    def state(self) -> dict[str, Any] | None:
        """What the state file says; None: the folder is not ours."""
        try:
            found: object = json.loads(self.state_file.read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None  # pyright: ignore[reportUnknownVariableType]

    def write_state(self, state: str, build: Build, requirement: str) -> None:
        """Replace the state file in one move: `making` at first, `ready` at last."""
        record = {"state": state, "build": build, "requirement": requirement}
        temporary = self.state_file.with_suffix(".new")
        temporary.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
        temporary.replace(self.state_file)

    @property
    def is_ready(self) -> bool:
        """Whether it was made and tried to the end, and its interpreter is still there."""
        state = self.state()
        return state is not None and state.get("state") == "ready" and self.python.exists()


def remember(environment: VllmEnvironment) -> None:
    """Let `engine: vllm` find this environment from now on."""
    place = home() / "place.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_suffix(".new")
    temporary.write_text(json.dumps({"venv": str(environment.venv.absolute())}) + "\n", "utf-8")
    temporary.replace(place)


def remembered() -> VllmEnvironment | None:
    """The environment that was made last on this machine by this user, ready or not."""
    try:
        return VllmEnvironment(Path(json.loads((home() / "place.json").read_text("utf-8"))["venv"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def vllm_python(named: str | None = None) -> str:
    """The interpreter that runs vLLM.

    It is the one that was named, or `$SEIMAI_VLLM_PYTHON`, or that of the environment which
    `seimai generate setup-vllm` made last, or the one that runs this.
    """
    if named or (named := os.environ.get(VARIABLE)):
        return str(Path(named).expanduser())
    made = remembered()
    return str(made.python) if made and made.is_ready else sys.executable
