"""A column of text through a loop over UTF-8: Arrow's buffers in and out, no Python string made."""

from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.buffers import arrow, buffers
from curate.normalizing.table import Table

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """How lines end."""

    trim: bool = False
    """Whether white space at the end of a line goes."""
    blank_lines: int | None = None
    """Most blank lines in a row; newlines around the text go too. None: as they are."""


@dataclass(frozen=True)
class Rewritten:
    """A column after the loop, and the rows that hold a flagged character."""

    text: pl.Series
    flagged: pl.Series


def utf8(text: pl.Series) -> tuple[Bytes, Offsets]:
    """The bytes of a column, and where each row starts in them; a null is empty.

    The loops trust the bytes. A column that was put together outside Polars may hold others than UTF-8: they
    become U+FFFD.
    """
    array = arrow(text)
    documents = buffers(array)
    if _is_valid(array):
        return documents.data, documents.offsets
    return _repaired(documents.data, documents.offsets)


def valid(text: pl.Series) -> pl.Series:
    """The column, for Polars and Python, which trust it as well: as it is, or with U+FFFD as in `utf8`."""
    array = arrow(text)
    if _is_valid(array):
        return text
    documents = buffers(array)
    return column(*_repaired(documents.data, documents.offsets), text)


def _is_valid(array: Any) -> bool:
    try:
        array.validate(full=True)
    except import_module("pyarrow").ArrowInvalid:
        return False
    return True


def _repaired(data: Bytes, offsets: Offsets) -> tuple[Bytes, Offsets]:
    rows = [bytes(data[a:b]).decode(errors="replace").encode() for a, b in pairwise(offsets)]
    return np.frombuffer(b"".join(rows), np.uint8), np.cumsum([0, *map(len, rows)], dtype=np.int64)


def column(data: Bytes, offsets: Offsets, like: pl.Series) -> pl.Series:
    """A column of these bytes, with the name and the nulls of another."""
    pa: Any = import_module("pyarrow")  # which has no type stubs
    made = pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))
    text = pl.Series(like.name, made, dtype=pl.String)
    return text.set(like.is_null(), None) if like.null_count() else text


def rewrite(text: pl.Series, table: Table, layout: Layout | None = None) -> Rewritten:
    """Replace what the table says, and lay out lines (which the table must have been made for)."""
    from curate.normalizing.kernels import rewrite as kernel

    layout = layout or Layout()
    new, ends, flagged = kernel.rewrite(
        *utf8(text),
        table.skips,
        table.pages,
        table.actions,
        table.choices,
        table.firsts,
        table.pool,
        layout.trim,
        -1 if layout.blank_lines is None else layout.blank_lines,
    )
    return Rewritten(column(new, ends, text), pl.Series(np.flatnonzero(flagged)))
