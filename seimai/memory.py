"""The machine's memory and cores: how much of them a run takes.

What is freed stays with the process, for the next shard to use. Every shard allocates and frees the same
hundred megabytes. Given back to the system each time, they are faulted in anew each time: a tenth of the CPU
time of a run over 127 MB of text went there.
"""

import ctypes
import os
import re
from contextlib import suppress

from seimai.errors import SeimaiError

_KEPT = 256 << 20
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def keep_freed_memory() -> None:
    """Have the allocators of C and of Polars keep what is freed; call before Polars is imported.

    Polars' jemalloc gives pages back after half a minute instead of half a second; glibc keeps blocks
    below 256 MiB. Where there is neither, nothing happens.
    """
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:30000,muzzy_decay_ms:30000")
    with suppress(AttributeError, OSError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _KEPT)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT)


_MAIN, _WORKER = 250 << 20, 350 << 20
"""What the main process and a worker need at most, measured over short and long documents."""


def workers_within(limit: str, wanted: int | None) -> int:
    """As many workers as fit into a limit such as `8GB`, and at most `wanted`; one where none fits.

    Every worker holds one frame of rows, so that memory is a matter of workers, and what a run makes does
    not depend on it.

    >>> workers_within("1GB", 2), workers_within("600MB", 8)
    (2, 1)

    Raises:
        SeimaiError: if the limit is no size.
    """
    fit = int((bytes_of(limit, "--max-ram") - _MAIN) // _WORKER)
    return max(1, min(fit, wanted or cores()))


def bytes_of(size: str, option: str) -> int:
    """The bytes of a size such as `8GB` or `500MiB`.

    >>> bytes_of("1.5kB", "--max-ram"), bytes_of("2 MiB", "--max-ram")
    (1500, 2097152)

    Raises:
        SeimaiError: if it is no size; the message names the option.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kMGT]i?)?B?", size.strip(), re.IGNORECASE)
    if not found:
        raise SeimaiError(f"{option} {size}: expected a size such as 8GB or 500MB")
    unit = (found[2] or "").lower()
    step = 1024 if unit.endswith("i") else 1000
    return int(float(found[1]) * step ** ("kmgt".index(unit[0]) + 1 if unit else 0))
