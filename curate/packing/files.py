"""The second half of packing: parts joined to token files of equal size, cut between documents.

A document lies in the file in which its first token falls when the whole stream is cut every `file_tokens`
tokens: where files end depends on the documents before and on nothing else.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.counting.tokenizer import Ids
from seimai.exporting.indexed import write_index

BLOCK = 1 << 22
FILE_TOKENS = 1 << 28
"""Tokens of a file: half a gigabyte of 16-bit ids."""


@dataclass(frozen=True)
class Slice:
    """Neighbouring documents of one part, all with text."""

    data: Path
    first: int
    """The first id, in ids."""
    ids: int
    lengths: Path
    rows: tuple[int, int]
    """The rows, from and to; those without text among them count for nothing."""


@dataclass
class TokenFile:
    """One file to write."""

    number: int
    slices: list[Slice] = field(default_factory=list[Slice])

    @property
    def name(self) -> str:
        """The name without suffix, which is what Megatron-LM asks for."""
        return f"tokens-{self.number:05d}"


@dataclass(frozen=True)
class Placed:
    """The rows of one part: which file each document is in, and where."""

    files: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: Ids


class Cutter:
    """Cuts the stream of documents into files, part after part."""

    def __init__(self, file_tokens: int) -> None:
        self.file_tokens = file_tokens
        self.files: list[TokenFile] = []
        self._position = 0
        self._cell = -1
        self._file_start = 0

    def place(self, data: Path, lengths: Path) -> Placed:
        """Give the next part's documents their places."""
        sizes = np.fromfile(lengths, np.int32)
        begins = np.cumsum(sizes, dtype=np.int64) - sizes
        cells = (self._position + begins) // self.file_tokens
        files, starts = np.zeros(len(sizes), np.int64), np.zeros(len(sizes), np.int64)
        rows = np.flatnonzero(sizes)
        cuts = np.flatnonzero(np.diff(cells[rows])) + 1 if rows.size else rows
        for group in np.split(rows, cuts) if rows.size else []:
            first, last = int(group[0]), int(group[-1])
            if int(cells[first]) != self._cell:
                self._cell = int(cells[first])
                self._file_start = self._position + int(begins[first])
                self.files.append(TokenFile(len(self.files)))
            here = self.files[-1]
            ids = int(begins[last] + sizes[last] - begins[first])
            here.slices.append(Slice(data, int(begins[first]), ids, lengths, (first, last + 1)))
            files[group] = here.number
            starts[group] = self._position + begins[group] - self._file_start
        self._position += int(sizes.sum(dtype=np.int64))
        return Placed(files, starts, sizes)


@dataclass(frozen=True)
class FileTask:
    """One pair of files to write."""

    name: str
    slices: tuple[Slice, ...]
    folder: Path
    ids: str


def tasks(files: Sequence[TokenFile], folder: Path, ids: str) -> Iterator[FileTask]:
    """One task a file."""
    for file in files:
        yield FileTask(file.name, tuple(file.slices), folder, ids)


def write_file(task: FileTask) -> dict[str, Any]:
    """Write `.bin` and `.idx`, whole or not at all; returns what stands about them in `tokens.json`."""
    kind = np.dtype(task.ids)
    target = task.folder / f"{task.name}.bin"
    digest = hashlib.sha256()
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    size = 0
    with temporary.open("wb") as out:
        for piece in task.slices:
            with piece.data.open("rb") as source:
                source.seek(piece.first * kind.itemsize)
                left = piece.ids * kind.itemsize
                while left:
                    block = source.read(min(BLOCK, left))
                    out.write(block)
                    digest.update(block)
                    left -= len(block)
            size += piece.ids
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(target)
    lengths = _lengths(task.slices)
    index = task.folder / f"{task.name}.idx"
    with index.open("wb") as out:
        write_index(out, lengths, kind)
    return {
        "name": task.name,
        "documents": len(lengths),
        "tokens": size,
        "sha256": {".bin": digest.hexdigest(), ".idx": hashlib.sha256(index.read_bytes()).hexdigest()},
    }


def _lengths(slices: Sequence[Slice]) -> Ids:
    parts = [np.zeros(0, np.int32)]
    for piece in slices:
        first, last = piece.rows
        some = np.fromfile(piece.lengths, np.int32, count=last - first, offset=4 * first)
        parts.append(some[some > 0])
    return np.concatenate(parts)
