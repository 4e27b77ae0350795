"""What the readers find, before it is a row; and the rows of it, in frames of bounded size."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, cast

import polars as pl

from seimai.rows import ORIGIN, Kind, row_id, schema

FRAME_BYTES = 8 << 20
"""Text a frame holds before it is handed on: large enough for columns to pay, small enough for memory."""

LARGEST = 256 << 20
"""The greatest size of one document or one record, decompressed; what is larger fails (archive bombs)."""


class Found(NamedTuple):
    """A page, a record, or why there is none.

    `page` holds column values of a document; `record` is a record as it stands in its file.
    """

    file: str
    member: str | None = None
    number: int | None = None
    start: int | None = None
    end: int | None = None
    page: dict[str, Any] | None = None
    record: dict[str, Any] | None = None
    failed: str | None = None
    size: int = 0

    @property
    def id(self) -> str:
        """The id of the row that this becomes."""
        return row_id(self.file, self.member, self.number)


class Row(NamedTuple):
    """Something found with its column values."""

    found: Found
    id: str
    values: dict[str, Any]
    failed: str | None


def columns(kind: Kind) -> pl.Schema:
    """The columns of a reader's frames: those of the kind, three more for documents, and `failed`."""
    extra = {"title": pl.String(), "media": pl.String(), "encoding": pl.String()}
    return pl.Schema({**schema(kind), **(extra if kind == "documents" else {}), "failed": pl.String()})


def frames(rows: Iterable[Row], kind: Kind) -> Iterator[pl.DataFrame]:
    """Rows in frames of about `FRAME_BYTES`, in order; one empty frame if there are none."""
    batch: list[Row] = []
    size = 0
    some = False
    for row in rows:
        batch.append(row)
        size += row.found.size + 1024  # a row's objects and its origin cost memory too
        if size >= FRAME_BYTES:
            yield _frame(batch, kind)
            batch, size, some = [], 0, True
    if batch or not some:
        yield _frame(batch, kind)


def _frame(batch: list[Row], kind: Kind) -> pl.DataFrame:
    wanted = columns(kind)
    origin = pl.DataFrame(
        {
            "file": [r.found.file for r in batch],
            "member": [r.found.member for r in batch],
            "record": [r.found.number for r in batch],
            "start": [r.found.start for r in batch],
            "end": [r.found.end for r in batch],
            "parents": pl.Series([[]], dtype=pl.List(pl.String)).new_from_index(0, len(batch)),
        },
        schema=ORIGIN.to_schema(),
    ).to_struct("origin")
    data: dict[str, pl.Series] = {
        "id": pl.Series("id", [r.id for r in batch], pl.String()),
        "origin": origin,
    }
    for name, dtype in wanted.items():
        if name == "failed":
            data[name] = _series(name, [r.failed for r in batch], dtype)
        elif name not in data:
            data[name] = _series(name, [r.values.get(name) for r in batch], dtype)
    return pl.DataFrame(data)


def _series(name: str, values: list[Any], dtype: pl.DataType) -> pl.Series:
    try:
        return pl.Series(name, values, dtype)
    except UnicodeEncodeError:  # JSON may spell out half of a surrogate pair
        return pl.Series(name, [_paired(v) for v in values], dtype)


def _paired(value: Any) -> Any:
    """The value with each half of a surrogate pair that stands alone replaced: UTF-8 cannot hold it."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_paired(v) for v in cast(list[Any], value)]
    if isinstance(value, dict):
        return {_paired(k): _paired(v) for k, v in cast(dict[Any, Any], value).items()}
    return value
