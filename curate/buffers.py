"""A column of text as Arrow holds it: one buffer of UTF-8, where each row starts in it, no Python string."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import polars as pl

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Utf8:
    """Documents one after another in UTF-8: document i is `data[offsets[i]:offsets[i + 1]]`."""

    data: Bytes
    offsets: Integers

    def __len__(self) -> int:
        return self.offsets.size - 1

    def document(self, i: int) -> memoryview:
        """The bytes of one document."""
        return self.data[self.offsets[i] : self.offsets[i + 1]].data


def utf8(text: pl.Series) -> Utf8:
    """The buffers of a column of text; a null counts as empty."""
    return buffers(arrow(text))


def arrow(text: pl.Series) -> Any:
    """The column as one large_string array of Arrow's, whose buffers `buffers` gives."""
    return cast("Any", text.fill_null("").rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()))


def one_text(text: pl.Series) -> Bytes:
    """The bytes of a column's only text where they lie: `utf8` would copy a long one twice.

    >>> one_text(pl.Series(["玄米を磨いて白米にする。"])[0:1]).tobytes().decode()
    '玄米を磨いて白米にする。'
    """
    array = cast("Any", text.rechunk().to_arrow(compat_level=pl.CompatLevel.newest()))
    if array.null_count:
        return np.zeros(0, np.uint8)
    _, views, *data = array.buffers()
    view = np.frombuffer(views, np.uint8, 16, 16 * array.offset)
    size, _, buffer, start = map(int, view.view(np.uint32))
    if size <= _INLINE:
        return view[4 : 4 + size]
    return np.frombuffer(data[buffer], np.uint8, size, start)


_INLINE = 12
"""Bytes of a text that Arrow's string views hold themselves."""


def buffers(array: Any) -> Utf8:
    """The buffers of an array, read-only and not copied."""
    _, offsets, data = array.buffers()
    if not len(array):
        return Utf8(np.zeros(0, np.uint8), np.zeros(1, np.int64))
    return Utf8(
        np.frombuffer(data or b"", np.uint8),
        np.frombuffer(offsets, np.int64, len(array) + 1, array.offset * 8),
    )
