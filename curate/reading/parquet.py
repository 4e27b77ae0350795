"""Parquet: batches of a row group at a time, whatever the size of the groups."""

import importlib
from collections.abc import Iterator
from typing import Any

from curate.reading.arrow import BATCH_BYTES, found_in
from curate.reading.found import Found
from curate.reading.streams import BROKEN, words

pq: Any = importlib.import_module("pyarrow.parquet")  # it has no types


def groups(place: str) -> list[tuple[int, int]]:
    """Rows and uncompressed bytes of each row group."""
    with pq.ParquetFile(place) as file:
        metadata = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    return [(g.num_rows, g.total_byte_size) for g in metadata]


def records(place: str, base: Found, start: int | None, end: int | None) -> Iterator[Found]:
    """The records of the row groups from `start` to before `end` (None: all)."""
    number = 0
    try:
        sizes = groups(place)
        first, last = start or 0, len(sizes) if end is None else end
        number = sum(rows for rows, _ in sizes[:first])
        if not sizes or not any(rows for rows, _ in sizes):
            yield base._replace(number=0, failed="empty file")
            return
        with pq.ParquetFile(place) as file:
            for group in range(first, last):
                rows, size = sizes[group]
                batch_rows = max(1, min(4096, BATCH_BYTES * rows // max(size, 1)))
                for batch in file.iter_batches(batch_size=batch_rows, row_groups=[group]):
                    for found in found_in(batch, base, number):
                        yield found
                        number += 1
    except BROKEN as e:
        yield base._replace(number=number, failed=f"breaks off at row {number}: {words(e)}")


def cuts(place: str, size: int) -> Iterator[tuple[int, int, int]]:
    """Runs of row groups of about `size` bytes: start, end, number of the first row."""
    start = rows = held = number = 0
    sizes = groups(place)
    for group, (count, group_bytes) in enumerate(sizes):
        rows, held = rows + count, held + group_bytes
        if held >= size or group == len(sizes) - 1:
            yield start, group + 1, number
            start, number, rows, held = group + 1, number + rows, 0, 0
