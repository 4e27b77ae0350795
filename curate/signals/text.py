"""The text of a batch, decoded once for all families of signals."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import polars as pl

_BATCH_BYTES = 4 << 20
"""Text decoded at a time: few enough that its code points (1.7 to 5 times as much) stay in a cache."""

Values = npt.NDArray[Any]
"""One value a document."""


@dataclass(frozen=True)
class Text:
    """Code points of all documents of a batch, one document after another."""

    points: npt.NDArray[np.uint32]
    classes: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    """Where each document starts in `points`; one more than there are documents."""
    bytes: npt.NDArray[np.int64]
    """Length of each document in UTF-8."""
    column: pl.Series
    """The documents as strings, for what only a library can measure; a null is empty."""

    @property
    def chars(self) -> npt.NDArray[np.int64]:
        """Code points of each document."""
        return np.diff(self.starts)


def batches(text: pl.Series) -> Iterator[Text]:
    """Decode a column of text, a few megabytes at a time; a null counts as empty."""
    from curate.signals.classes import table
    from curate.signals.kernels.decode import decode

    # Arrow's large_string is one buffer with offsets: no Python string is made.
    column = text.fill_null("").rechunk()
    arrow = cast("Any", column.to_arrow(compat_level=pl.CompatLevel.oldest()))
    _, offsets_buffer, data_buffer = arrow.buffers()
    offsets: npt.NDArray[np.int64] = np.frombuffer(offsets_buffer, np.int64, len(arrow) + 1, arrow.offset * 8)
    data = np.frombuffer(data_buffer or b"", np.uint8)
    classes = table()
    first = 0
    while first < len(text):
        limit = int(offsets[first]) + _BATCH_BYTES
        end = int(np.searchsorted(offsets, limit, side="right")) - 1
        end = min(max(end, first + 1), len(text))
        part = offsets[first : end + 1]
        yield Text(*decode(data, part, classes), bytes=np.diff(part), column=column[first:end])
        first = end


def ratio(part: Values, whole: Values) -> npt.NDArray[np.float64]:
    """Element-wise quotient; nothing out of nothing is 0."""
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole != 0)
