"""All texts one after another in a file, each ended by a byte that no text has, cut into blocks of bytes.

Blocks do not depend on shards: a shard is written where those before it end.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.buffers import utf8
from curate.minhash.sketch import read

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]

SEPARATOR = 0xFF
"""No byte of UTF-8."""

BLOCK = 4 << 20
"""Bytes of a block: its arrays take some 22 times as much. libdivsufsort sorts 33 MB/s of blocks of 4 MiB and
24 MB/s of 16 MiB (an ordinary core, Japanese text)."""


@dataclass(frozen=True)
class Corpus:
    """The file, its size, and the length of a window in characters."""

    folder: Path
    size: int
    window: int
    block: int

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return -(-self.size // self.block)

    @property
    def path(self) -> Path:
        """The texts."""
        return self.folder / "text"

    def read(self, begin: int, end: int) -> Bytes:
        """Some bytes of the file."""
        return np.fromfile(self.path, np.uint8, end - begin, offset=begin)

    def block_text(self, number: int) -> Bytes:
        """A block and as many bytes after it as a window that begins in it may reach."""
        begin = number * self.block
        return self.read(begin, min(self.size, begin + self.block + 4 * self.window))


@dataclass(frozen=True)
class TextTask:
    """One shard, and where its texts begin in the file."""

    path: Path
    first: int
    start: int
    folder: Path


def sizes(path: Path) -> int:
    """Bytes that the texts of a shard take in the file."""
    text = read(path)
    return int(text.str.len_bytes().fill_null(0).sum()) + len(text)


def write_text(task: TextTask) -> int:
    """Write the texts of a shard; returns their number."""
    done = task.folder / f"text-{task.first}.done"
    text = read(task.path)
    if not done.exists():
        with (task.folder / "text").open("r+b") as f:
            f.seek(task.start)
            f.write(_separated(text).data)
            f.flush()
            os.fsync(f.fileno())
        done.touch()
    return len(text)


def _separated(text: pl.Series) -> Bytes:
    raw = utf8(text)
    at = np.arange(1, len(raw) + 1) + raw.offsets[1:] - raw.offsets[0] - 1
    out = np.empty(raw.offsets[-1] - raw.offsets[0] + len(raw), np.uint8)
    text_bytes = np.ones(out.size, np.bool_)
    text_bytes[at] = False
    out[text_bytes] = raw.data[raw.offsets[0] : raw.offsets[-1]]
    out[at] = SEPARATOR
    return out
