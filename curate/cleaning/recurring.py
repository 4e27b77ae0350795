"""Lines that recur at the edges of many documents of one group: counted on all cores, merged by hash range.

Memory is bounded by one shard a worker and by `MERGED` lines of a merge; what is between lies in the scratch
folder, sorted by hash, 20 bytes for each distinct line of a shard.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash

Grouping = Literal["host", "source", "dataset"]
Hashes = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]

EDGE = 200
"""Lines from each end of a document that are looked at: the menus of some manuals list every chapter."""

MERGED = 4_000_000
"""Lines that one merge holds, of all shards together."""


@dataclass(frozen=True)
class Shared:
    """Where the parts of one search lie."""

    folder: Path
    by: Grouping

    def counted(self, number: int) -> Path:
        """Hashes, groups and counts of a shard's lines."""
        return self.folder / f"lines-{number:05d}.npz"


def groups_of(rows: pl.DataFrame, by: Grouping) -> list[str]:
    """The group of each row: the host of its address, or where there is none its source."""
    nothing = [None] * rows.height
    urls = rows["url"].to_list() if by == "host" and "url" in rows.columns else nothing
    sources = rows["source"].to_list() if by != "dataset" and "source" in rows.columns else nothing
    return [_host(url) or source or "" for url, source in zip(urls, sources, strict=True)]


def _host(url: str | None) -> str | None:
    try:
        return urlsplit(url).hostname if url else None
    except ValueError:  # a broken IPv6 address
        return None


def hash_of(text: str) -> int:
    """64 bits: one of a billion lines is taken for one of a million that recur once in 20,000 runs."""
    return xxhash.xxh3_64_intdigest(text.encode())


def candidates(lines: Sequence[str], group: str) -> dict[int, int]:
    """Hashes, by line number, of the lines at both ends that may recur; in order of the lines."""
    near = (
        range(len(lines)) if len(lines) <= 2 * EDGE else [*range(EDGE), *range(len(lines) - EDGE, len(lines))]
    )
    stripped = ((number, lines[number].strip()) for number in near)
    return {number: hash_of(f"{group}\0{line}") for number, line in stripped if line}


@dataclass(frozen=True)
class CountTask:
    """One shard to count."""

    number: int
    path: Path
    shared: Shared


def count(task: CountTask) -> dict[str, int]:
    """Count in how many documents of a shard each line stands; returns the documents of each group."""
    columns = [c for c in ("text", "url", "source") if c in pl.read_parquet_schema(task.path)]
    rows = pl.read_parquet(task.path, columns=columns, hive_partitioning=False)
    groups = groups_of(rows, task.shared.by)
    hashes, owners = list[int](), list[int]()
    documents = dict[str, int]()
    for text, group in zip(rows["text"].to_list(), groups, strict=True):
        documents[group] = documents.get(group, 0) + 1
        once = set(candidates((text or "").split("\n"), group).values())
        hashes += once
        owners += [hash_of(group)] * len(once)
    lines, first, counts = np.unique(np.array(hashes, np.uint64), return_index=True, return_counts=True)
    temporary = task.shared.counted(task.number).with_suffix(".tmp.npz")
    np.savez(temporary, lines=lines, groups=np.array(owners, np.uint64)[first], counts=counts)
    temporary.replace(task.shared.counted(task.number))
    return documents


@dataclass(frozen=True)
class MergeTask:
    """A range of hashes to merge; lines of a group recur from `least` documents on."""

    shared: Shared
    shards: int
    low: int
    high: int
    groups: Hashes
    least: Counts


def merge(task: MergeTask) -> tuple[Hashes, Counts]:
    """The lines of a range of hashes that recur, and in how many documents."""
    parts: list[tuple[Hashes, Hashes, Counts]] = []
    for number in range(task.shards):
        with np.load(task.shared.counted(number)) as file:
            lines: Hashes = file["lines"]
            here = slice(*np.searchsorted(lines, np.array([task.low, task.high], np.uint64)).tolist())
            parts.append((lines[here], file["groups"][here], file["counts"][here]))
    every = np.concatenate([p[0] for p in parts])
    found, first, back = np.unique(every, return_index=True, return_inverse=True)
    counts = np.bincount(back, np.concatenate([p[2] for p in parts]), found.size).astype(np.int64)
    owners = np.concatenate([p[1] for p in parts])[first]
    recurs = counts >= task.least[np.searchsorted(task.groups, owners)]
    return found[recurs], counts[recurs]
