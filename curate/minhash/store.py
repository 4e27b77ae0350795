"""What is known of all documents, in flat files: each shard writes its own slice, any process maps all.

Slices are written with plain writes, not through a mapping: neighbours on a shared file system would
overwrite each other's pages. A shard's marker is written last, so a killed run goes on with the others.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from curate.minhash.bands import Buckets, Keys, Layout
from curate.minhash.digest import Digests
from curate.minhash.signature import Signatures

SKETCHES = ("signatures", "keys", "digests", "chars", "bytes")
"""The files that the pass over all texts fills."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Store:
    """The files of one search, in the step's scratch directory."""

    directory: Path
    documents: int
    num_perm: int
    layout: Layout

    def create(self) -> None:
        """Make the files, empty (sparse); those of a killed run stay."""
        self.directory.mkdir(parents=True, exist_ok=True)
        widths = (4 * self.num_perm, 8 * self.layout.bands, 16, 4, 8)
        for name, width in zip(SKETCHES, widths, strict=True):
            self.allot(name, width * self.documents)

    def allot(self, name: str, size: int) -> None:
        """Make a file of this many bytes."""
        with (self.directory / name).open("ab") as f:
            f.truncate(size)

    def write(self, name: str, start: int, values: Array) -> None:
        """Write values from byte `start` on."""
        with (self.directory / name).open("r+b") as f:
            f.seek(start)
            f.write(np.ascontiguousarray(values).data)

    def is_done(self, work: str, first: int) -> bool:
        """Whether the slices of the shard with this first row were written by an earlier call."""
        return self._marker(work, first).exists()

    def done(self, work: str, first: int, *names: str) -> None:
        """Say that the shard's slices of these files are written, once they are on the disk."""
        for name in names:
            with (self.directory / name).open("r+b") as f:
                os.fsync(f.fileno())
        self._marker(work, first).touch()

    def _marker(self, work: str, first: int) -> Path:
        return self.directory / f"{work}-{first}.done"

    def map(self, name: str, kind: Any, *shape: int) -> Array:
        """A file as a read-only array."""
        if not (self.directory / name).stat().st_size:
            return np.zeros(shape, kind)
        return np.asarray(np.memmap(self.directory / name, kind, "r", shape=shape))

    @property
    def signatures(self) -> Signatures:
        """One row a document."""
        return self.map("signatures", np.uint32, self.documents, self.num_perm)

    @property
    def keys(self) -> Keys:
        """One row a band, one column a document."""
        return self.map("keys", np.uint64, self.layout.bands, self.documents)

    @property
    def digests(self) -> Digests:
        """Two words a document."""
        return self.map("digests", np.uint64, self.documents, 2)

    @property
    def chars(self) -> npt.NDArray[np.uint32]:
        """Characters of each comparable text."""
        return self.map("chars", np.uint32, self.documents)

    @property
    def bytes(self) -> npt.NDArray[np.int64]:
        """UTF-8 bytes of each comparable text."""
        return self.map("bytes", np.int64, self.documents)

    def text(self, size: int) -> npt.NDArray[np.uint8]:
        """The comparable texts of the documents that are compared, one after another."""
        return self.map("text", np.uint8, size)

    def keep_buckets(self, band: int, found: Buckets) -> None:
        """Put the buckets of a band aside."""
        np.savez(self.directory / f"buckets-{band}.npz", members=found.members, offsets=found.offsets)

    def buckets(self, band: int) -> Buckets:
        """The buckets of a band."""
        with np.load(self.directory / f"buckets-{band}.npz") as saved:
            return Buckets(saved["members"], saved["offsets"])
