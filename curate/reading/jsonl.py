"""JSON lines: one path for all lines, since the standard parser is not what limits the speed.

On documents of a few kilobytes `json` parses 500 to 1,000 MB/s on one core, faster than zstd decompresses.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from curate.reading.found import LARGEST, Found
from curate.reading.streams import BROKEN, words

CHUNK = 256 << 10
CUT = 1 << 20

_decoder = json.JSONDecoder(parse_constant=lambda _: None)  # NaN and Infinity are no JSON


class Line(NamedTuple):
    """A line and its place; `data` is None when it is longer than `LARGEST`."""

    number: int
    start: int
    end: int
    data: bytes | None


class _Open:
    """A line of which the end is not read yet; what lies beyond `LARGEST` is counted, not kept."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > LARGEST:
            self.parts = []
        elif piece:
            self.parts.append(piece)

    def take(self, number: int, start: int) -> Line:
        data = b"".join(self.parts) if self.size <= LARGEST else None
        line = Line(number, start, start + self.size, data)
        self.parts, self.size = [], 0
        return line


def lines(stream: BinaryIO, *, number: int = 0, start: int = 0, limit: int | None = None) -> Iterator[Line]:
    """The lines of a stream with their byte ranges.

    `number` and `start` say where the stream stands in its file; `limit` is the number of bytes to read.
    """
    line = _Open()
    while chunk := stream.read(CHUNK if limit is None else min(CHUNK, limit)):
        if limit is not None:
            limit -= len(chunk)
        *whole, rest = chunk.split(b"\n")
        for piece in whole:
            line.add(piece)
            taken = line.take(number, start)
            yield taken
            number, start = number + 1, taken.end + 1
        line.add(rest)
    if line.size:
        yield line.take(number, start)


def parsed(data: bytes) -> dict[str, Any]:
    """The object of a line.

    Raises:
        ValueError: if the line is no object in UTF-8; the message says what is wrong, and where.
    """
    try:
        value: Any = _decoder.decode(data.decode())
    except UnicodeDecodeError as e:
        raise ValueError(f"not UTF-8 at byte {e.start}") from None
    except json.JSONDecodeError as e:
        raise ValueError(f"not JSON: {e.msg} at character {e.pos}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return cast(dict[str, Any], value)


def records(
    stream: BinaryIO, base: Found, *, number: int = 0, start: int = 0, limit: int | None = None
) -> Iterator[Found]:
    """The records of JSON lines, one for each line that is not blank.

    A bad line costs itself; where the stream breaks, what came before stands and one failure follows.
    """
    at, some = number, False
    try:
        for line in lines(stream, number=number, start=start, limit=limit):
            at = line.number + 1
            data = line.data
            if (
                data is not None
                and not (data := data.removeprefix(b"\xef\xbb\xbf") if at == 1 else data).strip()
            ):
                continue
            some = True
            yield _record(line, data, base)
    except BROKEN as e:
        yield base._replace(number=at, failed=f"breaks off in line {at + 1}: {words(e)}")
        return
    if not some and number == 0:
        yield base._replace(number=0, failed="empty file")


def _record(line: Line, data: bytes | None, base: Found) -> Found:
    place = Found(base.file, base.member, line.number, line.start, line.end)
    if data is None:
        return place._replace(failed=f"line {line.number + 1}: longer than {LARGEST >> 20} MiB")
    try:
        record = parsed(data)
    except ValueError as e:
        return place._replace(failed=f"line {line.number + 1}: {e}")
    return Found(base.file, base.member, line.number, line.start, line.end, None, record, None, len(data))


def cuts(path: Path, size: int) -> Iterator[tuple[int, int, int]]:
    """Parts of a plain file of about `size` bytes that end with a line: start, end, number of the first line.

    Counting the lines reads the file once, so that a record's number does not depend on the parts.
    """
    start = position = number = newlines = 0
    with path.open("rb") as f:
        while chunk := f.read(CUT):
            if position + len(chunk) - start >= size and (cut := chunk.rfind(b"\n") + 1):
                newlines += chunk.count(b"\n", 0, cut)
                yield start, position + cut, number
                start, number, newlines = position + cut, number + newlines, chunk.count(b"\n", cut)
            else:
                newlines += chunk.count(b"\n")
            position += len(chunk)
    if position > start:
        yield start, position, number
