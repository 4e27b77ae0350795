"""Arrow's IPC files and streams, record batch by record batch, without reading more than one at a time."""

import importlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from curate.reading.found import LARGEST, Found
from curate.reading.streams import BROKEN, words

pa: Any = importlib.import_module("pyarrow")  # it has no types
ipc: Any = importlib.import_module("pyarrow.ipc")

BATCH_BYTES = 8 << 20
"""Size in Arrow's form that is turned into Python's objects at a time."""

_MAGIC = b"ARROW1"  # of the file format; the stream format, which `datasets` writes, has none


@contextmanager
def _batches(place: str) -> Generator[Iterator[Any]]:
    """The batches of a file, mapped into memory and checked: the offsets of a broken file point anywhere."""
    with pa.memory_map(place) as source:
        file = source.read(len(_MAGIC)) == _MAGIC
        source.seek(0)

        def batches() -> Iterator[Any]:
            reader = ipc.open_file(source) if file else ipc.open_stream(source)
            found = (reader.get_batch(i) for i in range(reader.num_record_batches)) if file else reader
            for batch in found:
                batch.validate(full=True)
                yield batch

        yield batches()


def records(place: str, base: Found, start: int | None, end: int | None, number: int) -> Iterator[Found]:
    """The records of the batches from `start` to before `end` (None: all); the first has the `number`."""
    some = bool(start)
    try:
        with _batches(place) as batches:
            for at, batch in enumerate(batches):
                if at < (start or 0):
                    continue
                if at == end:
                    return
                for found in found_in(batch, base, number):
                    yield found
                    number, some = number + 1, True
        if not some:
            yield base._replace(number=0, failed="empty file")
    except BROKEN as e:
        yield base._replace(number=number, failed=f"breaks off at row {number}: {words(e)}")


def found_in(batch: Any, base: Found, number: int) -> Iterator[Found]:
    """The records of a batch, a bounded share of it at a time; a record that is too large fails."""
    if batch.num_rows > 1 and batch.nbytes > BATCH_BYTES:
        half = batch.num_rows // 2
        yield from found_in(batch.slice(0, half), base, number)
        yield from found_in(batch.slice(half), base, number + half)
    elif batch.nbytes > LARGEST:
        yield base._replace(number=number, failed=f"row {number}: larger than {LARGEST >> 20} MiB")
    else:
        share = batch.nbytes // max(batch.num_rows, 1)
        for i, record in enumerate(_plain(batch)):
            yield base._replace(number=number + i, record=record, size=share)


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
            rows, held, count = rows + batch.num_rows, held + batch.nbytes, count + 1
            if held >= size:
                yield start, count, number
                start, number, rows, held = count, number + rows, 0, 0
    if count > start:
        yield start, count, number
