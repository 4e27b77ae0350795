"""Memory that is freed stays with the process, for the next shard to use.

Every shard allocates and frees the same hundred megabytes. Given back to the system each time, they are
faulted in anew each time: a tenth of the CPU time of a run over 127 MB of text went there.
"""

import ctypes
import os
from contextlib import suppress

_KEPT = 256 << 20
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h


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
