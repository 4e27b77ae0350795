"""The graphics cards of this machine, as NVIDIA's own tool tells them: no PyTorch is imported."""

import shutil
import subprocess
from dataclasses import dataclass

_QUERY = ("--query-gpu=name,driver_version,memory.total,memory.free", "--format=csv,noheader,nounits")


@dataclass(frozen=True)
class Gpu:
    """One card; memory in MiB."""

    name: str
    driver: str
    memory: int
    free: int


def gpus() -> list[Gpu]:
    """The cards that the driver shows; none where there is no driver, or it does not answer.

    Raises:
        OSError: if `nvidia-smi` is there and fails; the message is what it said.
    """
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    try:
        done = subprocess.run([tool, *_QUERY], capture_output=True, text=True, timeout=30, check=False)
    except subprocess.TimeoutExpired as e:
        raise OSError("nvidia-smi does not answer within 30 s") from e
    if done.returncode:
        said = (done.stdout.strip() or done.stderr.strip()).splitlines()
        raise OSError(said[0] if said else f"nvidia-smi failed with exit code {done.returncode}")
    return [_card(line) for line in done.stdout.splitlines() if line.count(",") >= 3]


def _card(line: str) -> Gpu:
    name, driver, memory, free = (part.strip() for part in line.rsplit(",", 3))
    return Gpu(name, driver, _whole(memory), _whole(free))


def _whole(number: str) -> int:
    return int(number) if number.isdigit() else 0  # "[N/A]" where memory is the machine's own
