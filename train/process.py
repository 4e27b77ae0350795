"""Runs a training in a process of its own: its memory, on the GPU too, is free again when it is done."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from seimai.dataset import Rows
from seimai.errors import SeimaiError
from seimai.job import Bar, Job
from seimai.step import Training
from train.script import MARK, METRICS, PARENT, Config

LOG = "train.log"
SECONDS_TO_STOP = 10


def run(step: Training, rows: Rows, job: Job) -> dict[str, Any]:
    """Run `python -P -m <the step's module>` and return its metrics.

    `-P` keeps a user's own `train.py` in the working directory from shadowing this package.

    Raises:
        SeimaiError: if the training fails; the message holds the error's last line and the log's path.
    """
    config = Config(
        parameters=step.model_dump(mode="json"),
        rows=[shard.path.absolute() for shard in rows.shards],
        out=job.out.absolute(),
        work=job.work.absolute(),
        seed=job.seed,
        places={reference: str(place) for reference, place in job.places.items()},
    )
    config.work.mkdir(parents=True, exist_ok=True)
    file, metrics, log = (config.work / name for name in ("config.json", METRICS, LOG))
    file.write_text(config.model_dump_json(indent=1), "utf-8")
    metrics.unlink(missing_ok=True)
    command = [sys.executable, "-P", "-m", step.path(), "--config", str(file)]
    with log.open("a", encoding="utf-8") as kept:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=kept,
            text=True,
            env=_environment(),
        )
        try:
            error = _follow(process.stdout, kept, step.path(), job)
            code = process.wait()
        finally:
            _stop(process)
    if code or error:
        raise SeimaiError(f"{step.path()}: {error or _reason(code, log)}; the log is {log}")
    return json.loads(metrics.read_text("utf-8"))


def _environment() -> dict[str, str]:
    """The child's environment; what the user has set stands."""
    defaults = {
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TOKENIZERS_PARALLELISM": "true",
        # OpenMP threads that spin while they wait for each other cost a factor of ten on cores that are
        # busy with something else; threads that sleep cost next to nothing on idle ones.
        "OMP_WAIT_POLICY": "PASSIVE",
        # glibc gives large buffers back to the system at once and gets them anew at the next step: a fifth
        # of a small model's processor time. Elsewhere these two mean nothing.
        "MALLOC_MMAP_THRESHOLD_": str(2**30),
        "MALLOC_TRIM_THRESHOLD_": str(2**32),
        # One process trains on one GPU: TRL refuses several without a launcher (torchrun).
        "CUDA_VISIBLE_DEVICES": "0",
        "PYTHONIOENCODING": "utf-8",
    }
    return {**defaults, **os.environ, PARENT: str(os.getpid())}


def _follow(output: IO[str] | None, log: IO[str], label: str, job: Job) -> str | None:
    """Show progress until the output ends; the error, if the child reports one."""
    bar: Bar | None = None
    done, error = 0, None
    for line in output or ():
        if not line.startswith(MARK):
            log.write(line)
            continue
        said: dict[str, Any] = json.loads(line.removeprefix(MARK))
        error = said.get("error", error)
        if "total" in said:
            bar, done = job.bar(said.get("label", label), said["total"], "steps"), 0
        if bar and "step" in said:
            bar.advance(said["step"] - done)
            done = said["step"]
        if bar and "note" in said:
            bar.note(said["note"])
    return error


def _stop(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout:
        process.stdout.close()


def _reason(code: int, log: Path) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        hint = " (out of memory?)" if name == "SIGKILL" else ""
        return f"the process was ended by {name}{hint}"
    lines = [line.strip() for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    return f"failed: {lines[-1]}" if lines else f"failed with exit code {code}"
