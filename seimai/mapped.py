"""Arrays in files: what is held of every row takes pages of the file cache, not memory of the process.

Files are written by plain writes before they are mapped, so that a full disk is an error that is said and not
a signal that kills, and put in their place at once, so that one that is there is whole.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

SLICE = 1 << 20
"""Rows that are gone through at a time: 8 MB of 64-bit numbers."""


def slices(rows: int) -> Iterator[slice]:
    """All rows, in slices of some megabytes.

    >>> list(slices(SLICE + 1))
    [slice(0, 1048576, None), slice(1048576, 1048577, None)]
    """
    for first in range(0, rows, SLICE):
        yield slice(first, min(first + SLICE, rows))


def put(path: Path, parts: Iterable[Array]) -> None:
    """Write arrays one behind another and replace the file by them, at once."""
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as f:
        for part in parts:
            f.write(np.ascontiguousarray(part).data)
    temporary.replace(path)


def mapped(path: Path, kind: Any, *shape: int, mode: Literal["r", "r+"] = "r") -> Array:
    """A file as an array: read-only, or (`r+`) one whose changes go to the file."""
    if not path.stat().st_size:
        return np.zeros((0, *shape[1:]), kind)
    return np.asarray(np.memmap(path, kind, mode, shape=shape))


def filled(path: Path, rows: int, value: np.generic) -> Array:
    """A new file with this value for each row, as an array whose changes go to the file."""
    put(path, (_repeated(value, some.stop - some.start) for some in slices(rows)))
    return mapped(path, value.dtype, rows, mode="r+")


def _repeated(value: np.generic, times: int) -> Array:
    part: Array = np.empty(times, value.dtype)
    part[:] = value
    return part
