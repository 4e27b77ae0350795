"""What is known of all documents, in flat files: each shard writes its own slice, any process maps all.

Slices are written with plain writes, not through a mapping: neighbours on a shared file system would
overwrite each other's pages. A shard's marker is written last, so a killed run goes on with the others.
Mappings are opened anew for each task and end with it, so that what was touched does not stay in memory.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.buffers import Utf8
from curate.minhash.bands import Buckets, Layout, Rows, buckets
from curate.minhash.digest import Digests
from curate.minhash.entries import Written, part_bits, read_entries
from curate.minhash.scattered import scattered
from seimai.mapped import Array, filled, mapped, put

ID_BYTES = 32
"""Room for a row's id; those of `seimai.rows.row_id` have 24 bytes."""

Sketches = npt.NDArray[np.uint8]
"""The low bytes of the signatures: two unequal values look equal once in 256 times."""


@dataclass(frozen=True)
class Store:
    """The files of one search, in the step's scratch directory.

    Rows from `own` on are those of earlier releases' indexes: they are matched, and never dropped.
    """

    directory: Path
    shards: tuple[tuple[int, int], ...]
    """Number of the first row, and of rows, of each shard, those of the indexes last."""
    own: int
    num_perm: int
    layout: Layout
    """0 bands: only equal texts are looked for."""

    @property
    def rows(self) -> int:
        """Rows of the dataset and of all indexes."""
        return sum(size for _, size in self.shards)

    @property
    def bits(self) -> int:
        """Bits of a key that number its part."""
        return part_bits(self.rows)

    @property
    def digest_group(self) -> int:
        """The group of entries whose keys are the texts' digests; those before are the bands."""
        return self.layout.bands

    def create(self) -> None:
        """Make the files, empty (sparse); those of a killed run stay."""
        self.directory.mkdir(parents=True, exist_ok=True)
        for name, width in self._widths().items():
            with (self.directory / name).open("ab") as f:
                f.truncate(width * self.rows)

    def _widths(self) -> dict[str, int]:
        widths = {"digests": 16, "chars": 4, "bytes": 8, "ids": ID_BYTES}
        return {**widths, "sketches": self.num_perm} if self.layout.bands else widths

    def allot(self, name: str, size: int) -> None:
        """Make a file of this many bytes."""
        with (self.directory / name).open("ab") as f:
            f.truncate(size)

    def write(self, name: str, start: int, values: Array) -> None:
        """Write values from byte `start` on."""
        with (self.directory / name).open("r+b") as f:
            f.seek(start)
            f.write(np.ascontiguousarray(values).data)

    def put(self, name: str, values: Array) -> None:
        """Replace a file, at once."""
        put(self.directory / name, [values])

    def put_parts(self, name: str, parts: Iterable[Array]) -> None:
        """The same, by arrays that are made one by one."""
        put(self.directory / name, parts)

    def filled(self, name: str, value: np.generic) -> Array:
        """A new file with this value for each row, as an array to write to: of this process alone."""
        return filled(self.directory / name, self.rows, value)

    def has(self, name: str) -> bool:
        """Whether a file is there; those that `put` writes are whole."""
        return (self.directory / name).exists()

    def is_done(self, work: str, first: int) -> bool:
        """Whether the slices of the shard with this first row were written by an earlier call."""
        return self.has(f"{work}-{first}.done")

    def done(self, work: str, first: int, *names: str) -> None:
        """Say that the shard's slices of these files are written, once they are on the disk."""
        for name in names:
            with (self.directory / name).open("r+b") as f:
                os.fsync(f.fileno())
        (self.directory / f"{work}-{first}.done").touch()

    def entries(self, first: int) -> Path:
        """The file of the entries of the shard with this first row."""
        return self.directory / f"entries-{first}"

    def map(self, name: str, kind: Any, *shape: int) -> Array:
        """A file as a read-only array."""
        return mapped(self.directory / name, kind, *shape)

    def sketches(self, rows: Rows) -> Sketches:
        """The sketches of some rows: one column a permutation."""
        found = scattered(self.directory / "sketches", rows * self.num_perm, self.num_perm)
        return found.reshape(-1, self.num_perm)

    @property
    def digests(self) -> Digests:
        """Two words a document."""
        return self.map("digests", np.uint64, self.rows, 2)

    @property
    def chars(self) -> npt.NDArray[np.uint32]:
        """Characters of each comparable text."""
        return self.map("chars", np.uint32, self.rows)

    @property
    def bytes(self) -> Rows:
        """UTF-8 bytes of each comparable text; 0 for those of an index."""
        return self.map("bytes", np.int64, self.rows)

    def ids(self, rows: Rows) -> pl.Series:
        """The ids of some rows."""
        found = self.map("ids", f"S{ID_BYTES}", self.rows)[rows]
        return pl.Series("id", found.astype(f"U{ID_BYTES}"), pl.String)

    @property
    def same(self) -> Rows:
        """For each row the first row with an equal text: only that one is compared with others."""
        return self.map("same", np.int64, self.rows)

    @property
    def roots(self) -> Rows:
        """The cluster of each row before the present band."""
        return self.map("roots", np.int64, self.rows)

    @property
    def starts(self) -> Rows:
        """Where the text of each row of the dataset begins, and where the last one ends."""
        return self.map("starts", np.int64, self.own + 1)

    def spans(self, rows: Rows) -> Rows:
        """Where in the file of texts the text of each row begins and ends."""
        return scattered(self.directory / "starts", 8 * rows, 16).view(np.int64).reshape(-1, 2)

    def text(self, spans: Rows) -> Utf8:
        """The comparable texts that lie in these spans of the file of texts."""
        sizes = spans[:, 1] - spans[:, 0]
        offsets = np.zeros(sizes.size + 1, np.int64)
        np.cumsum(sizes, out=offsets[1:])
        return Utf8(scattered(self.directory / "text", spans[:, 0], sizes), offsets)

    def buckets(self, group: int, part: int) -> Buckets:
        """Rows that share a key of a part of a group."""
        files = (Written(self.entries(first), first, size) for first, size in self.shards if size)
        return buckets(*read_entries(files, group, self.layout.bands + 1, part, self.bits))

    def keep_buckets(self, group: int, part: int, found: Buckets) -> None:
        """Write buckets, so that nobody looks for them again."""
        numbers = np.concatenate([[found.offsets.size], found.offsets, found.members])
        self.put(f"buckets-{group}-{part}", numbers.astype(self._kind))

    def kept_buckets(self, group: int, part: int) -> Buckets:
        """Buckets as they were written."""
        numbers = np.fromfile(self.directory / f"buckets-{group}-{part}", self._kind).astype(np.int64)
        cut = 1 + int(numbers[0])
        return Buckets(numbers[cut:], numbers[1:cut])

    @property
    def _kind(self) -> type[np.uint32] | type[np.int64]:
        return np.uint32 if self.rows < 1 << 32 else np.int64
