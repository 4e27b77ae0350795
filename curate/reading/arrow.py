"""Arrow's IPC files and streams, record batch by record batch, without reading more than one at a time."""

import importlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from curate.reading.found import LARGEST, Found
from curate.reading.streams import BROKEN, Budget, words

pa: Any = importlib.import_module("pyarrow")  # it has no types
ipc: Any = importlib.import_module("pyarrow.ipc")
pc: Any = importlib.import_module("pyarrow.compute")

BATCH_BYTES = 8 << 20
"""Size in Arrow's form that is turned into Python's objects at a time."""

_ROWS = 4096  # rows that are turned into Python's objects at a time: nulls take no bytes
_ROW_BYTES = 256  # of a row without values: it is a row that fails, all the same
_MAGIC = b"ARROW1"  # of the file format; the stream format, which `datasets` writes, has none


@contextmanager
def _batches(place: str) -> Generator[Iterator[Any]]:
    """The batches of a file that is mapped into memory."""
    with pa.memory_map(place) as source:
        file = source.read(len(_MAGIC)) == _MAGIC
        source.seek(0)

        def batches() -> Iterator[Any]:
            reader = ipc.open_file(source) if file else ipc.open_stream(source)
            yield from (reader.get_batch(i) for i in range(reader.num_record_batches)) if file else reader

        yield batches()


def records(place: str, base: Found, start: int | None, end: int | None, number: int) -> Iterator[Found]:
    """The records of the batches from `start` to before `end` (None: all); the first has the `number`."""
    some = bool(start)
    try:
        packed, budget = Path(place).stat().st_size, Budget()
        with _batches(place) as batches:
            for batch in islice(batches, start or 0, end):
                batch.validate(full=True)  # the offsets of a broken file point anywhere
                for found in found_in(batch, base, number, budget, packed):
                    yield found
                    number, some = number + 1, True
        if not some:
            yield base._replace(number=0, failed="empty file")
    except BROKEN as e:
        yield base._replace(number=number, failed=f"breaks off at row {number}: {words(e)}")


def found_in(batch: Any, base: Found, number: int, budget: Budget, packed: int) -> Iterator[Found]:
    """The records of a batch, a bounded share of it at a time; a record that is too large fails.

    Raises:
        ValueError: if more comes out of it than `packed` bytes of a file can hold.
    """
    rows, size = batch.num_rows, _size(batch)
    if rows > 1 and (size > BATCH_BYTES or rows > _ROWS):
        half = rows // 2
        yield from found_in(batch.slice(0, half), base, number, budget, packed)
        yield from found_in(batch.slice(half), base, number + half, budget, packed)
        return
    budget.spend(size + rows * _ROW_BYTES, packed)
    if size > LARGEST:
        yield base._replace(number=number, failed=f"row {number}: larger than {LARGEST >> 20} MiB")
        return
    for i, record in enumerate(_plain(batch)):
        yield base._replace(number=number + i, record=record, size=size // max(rows, 1))


def _size(batch: Any) -> int:
    """Bytes that the values of a batch take, those of dictionaries counted as often as they are used."""
    size = batch.nbytes
    for column in batch.columns:
        if pa.types.is_dictionary(column.type):
            values = column.dictionary
            if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
                values = values.cast(pa.string())
            size += pc.sum(pc.binary_length(values).take(column.indices)).as_py() or 0
        elif "dictionary<" in str(column.type) or "run_end_encoded<" in str(column.type):
            raise ValueError(f"values of type {str(column.type)[:80]}")
    return size


def _plain(batch: Any) -> list[dict[str, Any]]:
    """A batch as dictionaries; nanoseconds, which Python's times cannot hold, are cut to microseconds."""
    for i, field in enumerate(batch.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            micro = batch.column(i).cast(pa.timestamp("us", field.type.tz), safe=False)
            batch = batch.set_column(i, field.name, micro)
    return batch.to_pylist()


def cuts(path: Path, size: int) -> Iterator[tuple[int, int, int]]:
    """Runs of batches of about `size` bytes: start, end, number of the first row."""
    start = number = rows = held = count = 0
    with _batches(str(path)) as batches:
        for batch in batches:
            rows, held, count = rows + batch.num_rows, held + batch.get_total_buffer_size(), count + 1
            if held >= size:
                yield start, count, number
                start, number, rows, held = count, number + rows, 0, 0
    if count > start:
        yield start, count, number
