"""What is done with one block: its distinct windows written down, later its repeated ones made to spans."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from numba import boolean, int32, int64, njit

from curate.minhash.entries import write_entries
from curate.suffixes.corpus import Corpus
from curate.suffixes.windows import (
    Places,
    common_prefixes,
    leaders,
    suffix_array,
    window_bytes,
    window_hashes,
)

Flags = npt.NDArray[np.bool_]
Spans = npt.NDArray[np.int64]
"""Rows of two: the first byte and the one after the last, in the file of all texts."""

_PART = 1 << 20
"""Entries of a part, on average: 16 MB."""


@dataclass(frozen=True)
class Block:
    """One block of the corpus, and its files."""

    corpus: Corpus
    number: int

    @property
    def begin(self) -> int:
        """Its first byte in the file of all texts."""
        return self.number * self.corpus.block

    @property
    def starts(self) -> int:
        """Its bytes: places where a window may begin."""
        return min(self.corpus.block, self.corpus.size - self.begin)

    def file(self, what: str) -> Path:
        """A file of the block."""
        return self.corpus.folder / f"{what}-{self.number}"


def part_bits(size: int) -> int:
    """Bits of a hash that number its part: by the size of the texts, never by workers or memory."""
    return min(16, (size // _PART).bit_length())


def index(block: Block) -> int:
    """Write what is to be known of the block's windows; returns the number of distinct ones."""
    if block.file("indexed").exists():
        return block.file("places").stat().st_size // 4
    text = block.corpus.block_text(block.number)
    order = suffix_array(text)
    widths = window_bytes(text, block.starts, block.corpus.window)
    first = leaders(order, common_prefixes(text, order), widths)
    del order
    places = np.flatnonzero(first == np.arange(first.size)).astype(np.int32)
    hashes = window_hashes(text, widths, places)
    write_entries(block.file("entries"), hashes[None, :], part_bits(block.corpus.size))
    block.file("places").write_bytes(places.data)
    block.file("leaders").write_bytes(np.ascontiguousarray(first[widths > 0]).data)
    block.file("indexed").touch()
    return places.size


@dataclass(frozen=True)
class SpanTask:
    """One block, and whether the first of equal windows stays."""

    block: Block
    keep: Literal["first", "none"]


def find_spans(task: SpanTask) -> int:
    """Write the spans of the block's repeated windows; returns the block's bytes."""
    block = task.block
    text = block.corpus.block_text(block.number)
    widths = window_bytes(text, block.starts, block.corpus.window)
    places = np.flatnonzero(widths).astype(np.int32)
    first = np.fromfile(block.file("leaders"), np.int32)
    shared = np.zeros(block.starts, np.bool_)
    if block.file("shared").exists():
        distinct = np.fromfile(block.file("places"), np.int32)
        shared[distinct[np.fromfile(block.file("shared"), np.int64)]] = True
    if task.keep == "first":
        goes = (first != places) | shared[first]
    else:
        goes = (np.bincount(first, minlength=block.starts)[first] > 1) | shared[first]
    block.file("spans").write_bytes(_covered(places, widths, goes, block.begin).data)
    return block.starts


@njit(int64[:, ::1](int32[::1], int32[::1], boolean[::1], int64), cache=True, nogil=True)
def _covered(places: Places, widths: Places, goes: Flags, begin: int) -> Spans:
    """The union of the windows that go, as spans."""
    spans = np.empty((int(goes.sum()), 2), np.int64)
    n = 0
    for i in range(places.size):
        if not goes[i]:
            continue
        start = begin + np.int64(places[i])
        end = start + np.int64(widths[places[i]])
        if n and start <= spans[n - 1, 1]:
            spans[n - 1, 1] = end
        else:
            spans[n, 0] = start
            spans[n, 1] = end
            n += 1
    return spans[:n].copy()
