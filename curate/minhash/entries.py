"""Which rows share a key, a small part of all keys at a time, so that memory does not grow with the corpus.

Each shard writes one file. For every *group* of keys (one a band, and one of the texts' digests) it holds
the keys and their rows, sorted by *part*: the first bits of the key. One part of one group, read from all
shards, has all rows that share any of its keys.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from curate.minhash.bands import Keys, Rows


class Written(NamedTuple):
    """The file of one shard, and the number of its first row."""

    path: Path
    first: int
    rows: int


def part_bits(rows: int) -> int:
    """Bits of a key that number its part; they depend on the corpus only, never on workers or memory.

    Parts are as many as thousands of rows have a root: each reads all shards' files, so twice the parts of
    twice the shards would be four times the reads. A part of 10 million rows has 80,000 and takes 3 MB, one
    of a billion has a million and takes 40 MB.

    >>> part_bits(1_000), part_bits(1_000_000), part_bits(1_000_000_000)
    (0, 5, 10)
    """
    return ((rows >> 11).bit_length() + 1) // 2


def write_entries(path: Path, keys: Keys, bits: int) -> None:
    """Write the keys of a shard: one row a group, one column a document."""
    parts = keys >> np.uint64(64 - bits) if bits else np.zeros_like(keys)
    parts = parts.astype(np.uint32 if bits > 16 else np.uint16)  # 16 bits are sorted by radix
    order = np.argsort(parts, axis=1, kind="stable")
    ordered = np.take_along_axis(parts, order, axis=1)
    bounds = np.stack([np.searchsorted(line, np.arange((1 << bits) + 1)) for line in ordered])
    with path.open("wb") as f:
        f.write(bounds.astype(np.int64).data)
        f.write(np.take_along_axis(keys, order, axis=1).data)
        f.write(order.astype(np.uint32).data)
        f.flush()
        os.fsync(f.fileno())


def read_entries(
    files: Iterator[Written], group: int, groups: int, part: int, bits: int
) -> tuple[Keys, Rows]:
    """Keys of one part of one group with their rows in the dataset, shard after shard."""
    keys, rows = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    head = 8 * groups * ((1 << bits) + 1)
    for path, first, size in files:
        with path.open("rb", buffering=0) as f:
            fd = f.fileno()
            bounds = os.pread(fd, 16, 8 * (group * ((1 << bits) + 1) + part))
            begin, end = np.frombuffer(bounds, np.int64).tolist()
            if begin == end:
                continue
            at = group * size + begin
            keys.append(np.frombuffer(os.pread(fd, 8 * (end - begin), head + 8 * at), np.uint64))
            at_rows = head + 8 * groups * size + 4 * at
            local = np.frombuffer(os.pread(fd, 4 * (end - begin), at_rows), np.uint32)
            rows.append(local.astype(np.int64) + first)
    return np.concatenate(keys), np.concatenate(rows)
