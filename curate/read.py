"""Files in, rows out: what a recipe's `from: {files: ...}` stands for.

Read are documents (`.html .htm .xhtml .md .markdown .txt .text .pdf`), records (`.jsonl .ndjson .parquet
.arrow`, folders that `datasets` saved), archives (`.tar .tgz .zip`), crawls (`.warc`) and MediaWiki's dumps
(`.xml`); all but Parquet, Arrow and zip also behind `.gz .zst .bz2 .xz`. A broken file never stops a run:
each page or record that cannot be read is a row whose `failed` says why.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import polars as pl

from curate.reading import archives, arrow, jsonl, mediawiki, parquet
from curate.reading.documents import document
from curate.reading.files import Files, absolute, find, recorded
from curate.reading.found import Found, Row, frames
from curate.reading.shapes import kind_of_keys, shaped
from curate.reading.streams import BROKEN, DOCUMENTS, named, opened, unknown, words
from seimai.dataset import size_of
from seimai.errors import SeimaiError
from seimai.rows import Kind

__all__ = ["VERSION", "Files", "Task", "find", "kind_of", "read", "tasks"]

VERSION = 3
"""Changes when the same files give other rows; enters the hash of every dataset read from files."""

TASK_BYTES = 64 << 20
"""Bytes of a task: a part of a large file, or many small ones."""

TASK_FILES = 2000
"""Most small files of one task."""

_LOOK_AT = 100  # records of a file before its kind is given up


@dataclass(frozen=True)
class Task:
    """A piece of work: one file, a part of one, or many small documents.

    `paths` are recorded in the rows' origin, `places` are where the files lie. `start` and `end` are bytes
    of JSON lines or of a dump, row groups of a Parquet file, batches of an Arrow file; `number` is the number
    of the first record there. `bytes` is about how much there is to read.
    """

    kind: Kind
    paths: tuple[str, ...]
    places: tuple[str, ...]
    bytes: int
    start: int | None = None
    end: int | None = None
    number: int = 0


def tasks(spec: Files, base: Path) -> list[Task]:
    """The pieces of work, in the order of the files; the same whatever the number of workers."""
    folder = absolute(base)
    kind = kind_of(spec, base)
    made: list[Task] = []
    small: list[tuple[str, str]] = []
    size = 0
    for path in find(spec, base):
        name, form = recorded(path, folder), named(path.name)
        if form.form in DOCUMENTS or form.form is None:
            here = size_of(path) if form.form else 0
            if small and (size + here > TASK_BYTES or len(small) >= TASK_FILES):
                made.append(_together(kind, small, size))
                small, size = [], 0
            small.append((name, str(path)))
            size += here
            continue
        if small:
            made.append(_together(kind, small, size))
            small, size = [], 0
        made += _parts(Task(kind, (name,), (str(path),), size_of(path)), path)
    return [*made, _together(kind, small, size)] if small else made


def _together(kind: Kind, files: list[tuple[str, str]], size: int) -> Task:
    return Task(kind, tuple(name for name, _ in files), tuple(place for _, place in files), size)


def _parts(task: Task, path: Path) -> Iterator[Task]:
    form = named(path.name)
    cuts: Iterable[tuple[int, int, int]] = []
    try:
        if form == ("jsonl", None) and task.bytes > TASK_BYTES:
            cuts = list(jsonl.cuts(path, TASK_BYTES))
        elif form == ("parquet", None):
            cuts = list(parquet.cuts(str(path), TASK_BYTES))
        elif form == ("arrow", None):
            cuts = list(arrow.cuts(path, TASK_BYTES))
        elif form == ("mediawiki", None) and task.bytes > TASK_BYTES:
            cuts = list(mediawiki.cuts(path, TASK_BYTES))
    except BROKEN:
        cuts = []  # the reader meets the same error and says so in a row
    if not cuts:
        yield task
    for start, end, number in cuts:
        yield replace(task, bytes=TASK_BYTES, start=start, end=end, number=number)


def kind_of(spec: Files, base: Path) -> Kind:
    """The kind of the rows: as set, or told from the first page or record that can be read.

    Raises:
        SeimaiError: if the first record's keys fit no kind.
    """
    if spec.kind is not None:
        return spec.kind
    folder = absolute(base)
    for path in find(spec, base):
        for found in islice(_found(recorded(path, folder), str(path)), _LOOK_AT):
            if found.page is not None:
                return "documents"
            if found.record is None:
                continue
            kind = kind_of_keys(found.record, spec.columns)
            if kind is None:
                keys = ", ".join(list(found.record)[:20])
                raise SeimaiError(
                    f"{found.file} has no text, messages or prompt among its keys ({keys}); "
                    "say which is which: columns: {text: ...}"
                )
            return kind
    return "documents"


def read(task: Task, spec: Files) -> Iterator[pl.DataFrame]:
    """The rows of a task, in frames of some 24 MB of text.

    The columns are those of the kind, for documents also `title`, `media` (html, markdown, plain; null for
    records) and `encoding`, and `failed`: null, or why this could not be read.
    """
    yield from frames(_rows_of(task, spec), task.kind)


def _rows_of(task: Task, spec: Files) -> Iterator[Row]:
    for name, place in zip(task.paths, task.places, strict=True):
        for found in _found(name, place, task.start, task.end, task.number):
            yield _row(found, task.kind, spec)


def _row(found: Found, kind: Kind, spec: Files) -> Row:
    row, values, failed = found.id, found.page or {}, found.failed
    if found.record is not None:
        try:
            values = shaped(found.record, kind, spec.columns, row)
        except ValueError as e:
            where = f"line {(found.number or 0) + 1}" if found.end is not None else f"row {found.number}"
            failed = f"{where}: {e}"
    elif found.page is not None and kind != "documents":
        values, failed = {}, f"a page among {kind}"
    for name, default in (("license", spec.license), ("source", spec.source)):
        if default is not None and not values.get(name):
            values = {**values, name: default}
    if failed is not None:
        place = f"{found.file}, member {found.member}" if found.member else found.file
        failed = f"{place}, {failed}" if failed.startswith(("line ", "row ")) else f"{place}: {failed}"
    return Row(found, row, values, failed)


def _found(
    name: str, place: str, start: int | None = None, end: int | None = None, number: int = 0
) -> Iterator[Found]:
    """What a file holds, or a part of it."""
    base = Found(name)
    form, codec = named(place)
    if form is None or (codec and form in ("parquet", "arrow", "zip")):
        yield base._replace(number=0, failed=unknown(place))
        return
    if form == "parquet":
        yield from parquet.records(place, base, start, end)
        return
    if form == "arrow":
        yield from arrow.records(place, base, start, end, number)
        return
    try:
        with opened(place, codec) as stream:
            if form == "mediawiki":
                yield from mediawiki.pages(stream, base, number=number, start=start or 0, end=end)
                return
            if start:
                stream.seek(start)
            if form == "jsonl":
                limit = None if end is None else end - (start or 0)
                yield from jsonl.records(stream, base, number=number, start=start or 0, limit=limit)
            elif form == "tar":
                yield from archives.tar(stream, base)
            elif form == "zip":
                yield from archives.zipped(stream, base)
            elif form == "warc":
                from curate.reading import warc

                yield from warc.pages(stream, base)
            else:
                yield document(stream, base._replace(number=0), form)
    except BROKEN as e:
        yield base._replace(number=0, failed=words(e))
