r"""Token files as Megatron-LM reads them: a flat `.bin` of ids, and an `.idx` that says where documents lie.

The layout, little-endian, as Megatron-LM (NVIDIA, megatron/core/datasets/indexed_dataset.py) has it:

    9 bytes   MMIDIDX and two zero bytes
    uint64    1: the version
    uint8     the type of an id: 4 is int32, 8 is uint16
    uint64    number of sequences (here: documents)
    uint64    number of borders between documents: one more
    int32[]   ids of each sequence
    int64[]   byte of the .bin at which each sequence begins
    int64[]   borders between documents, in sequences: 0, 1, 2, ...

A document's ids end with the end-of-text token. Megatron's GPT dataset, NeMo and ours (`train.packed`) join
the documents of a file and cut the stream themselves, so these files suit every sequence length.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from seimai.errors import SeimaiError

MAGIC = b"MMIDIDX\x00\x00"
CODES: dict[int, np.dtype[Any]] = {4: np.dtype("<i4"), 8: np.dtype("<u2")}
HEADER = struct.Struct("<9sQBQQ")
AT_ONCE = 1 << 18
"""Documents whose borders are written at a time."""


def id_type(size: int) -> "np.dtype[Any]":
    """The type of ids below `size`: Megatron's rule, 16 bits for vocabularies under 65,500 tokens.

    >>> str(id_type(48_588)), str(id_type(151_936))
    ('uint16', 'int32')
    """
    return CODES[8] if size < 65_500 else CODES[4]


def write_index(file: BinaryIO, lengths: NDArray[np.int32], ids: "np.dtype[Any]") -> None:
    """Write the `.idx` of documents with these lengths; `lengths` may be mapped from disk."""
    code = next(c for c, known in CODES.items() if known == ids)
    count = len(lengths)
    file.write(HEADER.pack(MAGIC, 1, code, count, count + 1))
    for first in range(0, count, AT_ONCE):
        file.write(lengths[first : first + AT_ONCE].astype("<i4").tobytes())
    start = 0
    for first in range(0, count, AT_ONCE):
        sizes = lengths[first : first + AT_ONCE].astype(np.int64) * ids.itemsize
        file.write((start + np.cumsum(sizes) - sizes).astype("<i8").tobytes())
        start += int(sizes.sum())
    for first in range(0, count + 1, AT_ONCE):
        file.write(np.arange(first, min(first + AT_ONCE, count + 1), dtype="<i8").tobytes())


@dataclass(frozen=True)
class Indexed:
    """A pair of token files, mapped: nothing is read until it is asked for."""

    ids: "NDArray[Any]"
    """All ids of the file."""
    lengths: NDArray[np.int32]
    starts: NDArray[np.int64]
    """Where each document begins, in ids."""

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, number: int) -> "NDArray[Any]":
        """The ids of a document, with its end-of-text token."""
        start = int(self.starts[number])
        return self.ids[start : start + int(self.lengths[number])]


def open_indexed(prefix: Path) -> Indexed:
    """Map `<prefix>.bin` and `<prefix>.idx`.

    Raises:
        SeimaiError: if a file is missing, has another format, or the two do not belong together.
    """
    index, data = prefix.with_name(f"{prefix.name}.idx"), prefix.with_name(f"{prefix.name}.bin")
    try:
        with index.open("rb") as f:
            head = f.read(HEADER.size)
        room = index.stat().st_size - HEADER.size
        size = data.stat().st_size
    except OSError as e:
        raise SeimaiError(f"the token files {prefix} cannot be read: {e}") from None
    if len(head) < HEADER.size:
        raise SeimaiError(f"{index} is no index of token files: it is too short")
    magic, version, code, count, borders = HEADER.unpack(head)
    if magic != MAGIC or version != 1 or code not in CODES:
        raise SeimaiError(f"{index} is no index of token files with 16- or 32-bit ids")
    if room < 12 * count + 8 * borders:
        raise SeimaiError(f"{index} is cut short: it names {count} documents")
    ids = CODES[code]
    lengths = _mapped(index, "<i4", HEADER.size, count)
    pointers = _mapped(index, "<i8", HEADER.size + 4 * count, count)
    end = int(pointers[-1]) + int(lengths[-1]) * ids.itemsize if count else 0
    if size != end:
        raise SeimaiError(f"{data} has {size} bytes, its index names {end}")
    return Indexed(_mapped(data, ids, 0, size // ids.itemsize), lengths, pointers // ids.itemsize)


def _mapped(file: Path, kind: "np.dtype[Any] | str", offset: int, count: int) -> "NDArray[Any]":
    if not count:
        return np.zeros(0, kind)
    return np.memmap(file, kind, "r", offset, (count,))
