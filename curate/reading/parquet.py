"""Parquet: batches of a row group at a time, whatever the size of the groups."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.reading.arrow import BATCH_BYTES, found_in
from curate.reading.found import Found
from curate.reading.streams import BROKEN, Budget, words

pq: Any = importlib.import_module("pyarrow.parquet")  # it has no types


_WORST = 256 << 20  # bytes of a batch whose rows are all the longest value of a dictionary


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
        packed, budget = Path(place).stat().st_size, Budget()
        with pq.ParquetFile(place) as file:
            for group in range(first, last):
                rows, size = sizes[group]
                longest = _dictionary_bytes(place, file.metadata.row_group(group))
                batch_rows = max(1, min(4096, BATCH_BYTES * rows // max(size, 1), _WORST // max(longest, 1)))
                for batch in file.iter_batches(batch_size=batch_rows, row_groups=[group]):
                    for found in found_in(batch, base, number, budget, packed):
                        yield found
                        number += 1
    except BROKEN as e:
        yield base._replace(number=number, failed=f"breaks off at row {number}: {words(e)}")


def _dictionary_bytes(place: str, group: Any) -> int:
    """The size of the dictionaries of a row group: no value of theirs is longer, however often it is used.

    It stands in the header of the dictionary's page, in Thrift's compact form: two fields of 0x15 and a
    number each, the page's type and its uncompressed size.
    """
    total = 0
    with Path(place).open("rb") as file:
        for i in range(group.num_columns):
            offset = group.column(i).dictionary_page_offset
            if offset is not None and offset >= 0:
                file.seek(offset)
                header = file.read(16)
                total += _varint(header[3:]) // 2 if header[:1] == header[2:3] == b"\x15" else 0
    return total


def _varint(data: bytes) -> int:
    value = 0
    for i, byte in enumerate(data):
        value |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            break
    return value


def cuts(place: str, size: int) -> Iterator[tuple[int, int, int]]:
    """Runs of row groups of about `size` bytes: start, end, number of the first row."""
    start = rows = held = number = 0
    sizes = groups(place)
    for group, (count, group_bytes) in enumerate(sizes):
        rows, held = rows + count, held + group_bytes
        if held >= size or group == len(sizes) - 1:
            yield start, group + 1, number
            start, number, rows, held = group + 1, number + rows, 0, 0
