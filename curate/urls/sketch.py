"""What is to be known of rows to find those with one address, in the store of the search for duplicates."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import xxhash

from curate.minhash.entries import write_entries
from curate.minhash.store import ID_BYTES, Store
from curate.urls.address import normal
from seimai.errors import SeimaiError


@dataclass(frozen=True)
class UrlTask:
    """One shard; `first` is the number of its first row in dataset order."""

    path: Path
    first: int
    rows: int
    store: Store


def sketch_urls(task: UrlTask) -> int:
    """Write digests of a shard's addresses; returns the number of its rows."""
    store, first = task.store, task.first
    if store.is_done("sketch", first):
        return task.rows
    wanted = [c for c in ("id", "text", "url") if c in pl.read_parquet_schema(task.path)]
    frame = pl.read_parquet(task.path, columns=wanted, hive_partitioning=False)
    urls = frame["url"].to_list() if "url" in wanted else [None] * frame.height
    joined = b"".join(_digest(url, first + n) for n, url in enumerate(urls))
    digests = np.frombuffer(joined, ">u8").astype(np.uint64).reshape(-1, 2)
    if (frame["id"].str.len_bytes() > ID_BYTES).any():
        raise SeimaiError(f"ids of more than {ID_BYTES} bytes cannot be compared: {frame['id'][0]}")
    store.write("chars", 4 * first, frame["text"].str.len_chars().fill_null(0).cast(pl.UInt32).to_numpy())
    store.write("digests", 16 * first, digests)
    store.write("ids", ID_BYTES * first, np.array(frame["id"].to_list(), f"S{ID_BYTES}"))
    write_entries(store.entries(first), np.ascontiguousarray(digests[:, 0])[None, :], store.bits)
    store.done("sketch", first, "chars", "digests", "ids")
    return task.rows


def _digest(url: str | None, row: int) -> bytes:
    """128 bits of XXH3 of the normal form; a row without an address has one of its own."""
    address = normal(url) if url else None
    return xxhash.xxh3_128_digest((f"\0{row}" if address is None else address).encode())
