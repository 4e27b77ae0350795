"""Windows that several blocks have: those with equal hashes, compared byte by byte, a part at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from numba import boolean, int64, njit, types, uint8

from curate.minhash.entries import Written, read_entries
from curate.suffixes.blocks import Block, part_bits
from curate.suffixes.corpus import Bytes, Corpus, Integers

_READ = types.Array(uint8, 1, "C", readonly=True)


@dataclass(frozen=True)
class PartTask:
    """One part of the hashes; `bounds[b]` is the number of the first distinct window of block b."""

    corpus: Corpus
    bounds: Integers
    part: int
    keep: Literal["first", "none"]


def parts(corpus: Corpus, counts: Sequence[int], keep: Literal["first", "none"]) -> list[PartTask]:
    """The tasks of all parts."""
    bounds = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return [PartTask(corpus, bounds, part, keep) for part in range(1 << part_bits(corpus.size))]


def shared_windows(task: PartTask) -> Integers:
    """Numbers of the windows that another block has (with `keep: first`: an earlier one), in order."""
    every = task.bounds.tolist()
    files: Iterator[Written] = (
        Written(Block(task.corpus, b).file("entries"), every[b], every[b + 1] - every[b])
        for b in range(task.corpus.blocks)
        if every[b + 1] > every[b]
    )
    keys, windows = read_entries(files, 0, 1, task.part, part_bits(task.corpus.size))
    order = np.argsort(keys, kind="stable")  # block after block
    keys, windows = keys[order], windows[order]
    begins = np.ones(keys.size, np.bool_)
    begins[1:] = keys[1:] != keys[:-1]
    group = np.cumsum(begins) - 1
    meets = np.bincount(group, minlength=1)[group] > 1 if keys.size else begins
    windows, group = windows[meets], _told_apart(task, windows[meets], group[meets])
    order = np.lexsort((windows, group))
    windows, group = windows[order], group[order]
    again = np.zeros(windows.size, np.bool_)
    again[1:] = group[1:] == group[:-1]
    if task.keep == "none":
        again[:-1] |= again[1:]
    return np.sort(windows[again])


def _told_apart(task: PartTask, windows: Integers, group: Integers) -> Integers:
    """Groups of windows with equal hashes, split where the windows differ."""
    if not windows.size:
        return group
    text = np.memmap(task.corpus.path, np.uint8, "r")
    at = _places(task, windows)
    first = np.searchsorted(group, group)
    same = equal_windows(np.asarray(text), at[first], at, task.corpus.window)
    if same.all():
        return group
    group = group.copy()
    names: dict[tuple[int, bytes], int] = {}
    for i in np.flatnonzero(~same).tolist():
        found = bytes(text[at[i] : at[i] + 4 * task.corpus.window]).split(b"\xff")[0]
        window = found.decode("utf-8", "ignore")[: task.corpus.window].encode()
        group[i] = names.setdefault((int(group[i]), window), -1 - len(names))
    return group


def _places(task: PartTask, windows: Integers) -> Integers:
    """Where in the file of all texts some windows begin."""
    of = np.searchsorted(task.bounds, windows, "right") - 1
    found = np.empty(windows.size, np.int64)
    for b in np.unique(of).tolist():
        block, here = Block(task.corpus, b), of == b
        places = np.memmap(block.file("places"), np.int32, "r")
        found[here] = places[windows[here] - task.bounds[b]].astype(np.int64) + block.begin
    return found


@njit(boolean[::1](_READ, int64[::1], int64[::1], int64), cache=True, nogil=True)
def equal_windows(text: Bytes, one: Integers, other: Integers, window: int) -> npt.NDArray[np.bool_]:
    """Whether the windows at two places are the same."""
    found = np.zeros(one.size, np.bool_)
    for n in range(one.size):
        a, b = one[n], other[n]
        characters = 0
        while True:
            if text[a] & 0xC0 != 0x80:
                if characters == window:
                    found[n] = True
                    break
                characters += 1
            if text[a] != text[b]:
                break
            a += 1
            b += 1
    return found
