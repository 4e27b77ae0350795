"""Checks of the machine: Python, cores, memory, disk, graphics cards."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from seimai.doctor import Check, Finding
from seimai.doctoring.probe import probe
from seimai.gpu import gpus
from seimai.memory import cores

GIB = 1 << 30

_TORCH = """
import importlib.util, json
found = {"there": importlib.util.find_spec("torch") is not None}
if found["there"]:
    import torch
    found |= {"torch": torch.__version__, "cuda": torch.version.cuda, "sees": torch.cuda.is_available()}
    found["cards"] = torch.cuda.device_count()
print(json.dumps(found))
"""


def checks() -> Iterator[Check]:
    """What the machine has."""
    yield python
    yield processor
    yield memory
    yield disk
    yield graphics


def python() -> Finding:
    """The interpreter that runs this."""
    return Finding("Python", "ok", f"{platform.python_version()}, {sys.executable}")


def processor() -> Finding:
    """Cores that this process may use, not those of the machine."""
    return Finding("cores", "ok", f"{cores()} for this process, {platform.machine()}")


def memory() -> Finding:
    """Memory of the machine, or of the container where that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # `max`: no limit
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text("ascii")))
    free = ""
    with suppress(OSError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                free = f", {min(total, int(line.split()[1]) * 1024) / GIB:.1f} free"
    return Finding("memory", "ok", f"{total / GIB:.1f} GiB{free}")


def disk() -> Finding:
    """Space where datasets go by default."""
    usage = shutil.disk_usage(Path.cwd())
    return Finding(
        "disk", "ok", f"{usage.free / GIB:.1f} GiB free of {usage.total / GIB:.1f} in {Path.cwd()}"
    )


def graphics() -> Finding:
    """NVIDIA's cards, and whether PyTorch can use them."""
    try:
        cards = gpus()
    except OSError as e:
        return Finding("GPU", "broken", str(e), "reboot, or install the driver anew")
    if not cards:
        return Finding("GPU", "missing", "no NVIDIA card is seen (nvidia-smi): models run on the CPU")
    shown = ", ".join(f"{c.name} {c.memory / 1024:.0f} GiB ({c.free / 1024:.0f} free)" for c in cards)
    shown += f", driver {cards[0].driver}"
    torch = probe(_TORCH)
    if torch.error:
        return Finding(
            "GPU", "broken", f"{shown}; PyTorch: {torch.error}", "pip install --force-reinstall torch"
        )
    found = torch.found
    if not found["there"]:
        return Finding("GPU", "ok", f"{shown}; PyTorch is not installed")
    if not found["sees"]:
        build = f"built for CUDA {found['cuda']}" if found["cuda"] else "a build for the CPU"
        mend = "pip install --force-reinstall torch, from PyTorch's index for your driver (docs/install.md)"
        return Finding("GPU", "broken", f"{shown}; PyTorch {found['torch']} ({build}) does not see it", mend)
    return Finding("GPU", "ok", f"{shown}; PyTorch {found['torch']} sees {found['cards']}")
