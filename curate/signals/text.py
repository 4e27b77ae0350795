"""The text of a batch, decoded once for all families of signals."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.buffers import utf8
from seimai.errors import SeimaiError

_BATCH_BYTES = 1 << 20
"""Text decoded at a time: few enough that its code points and classes stay in a second-level cache."""

_LONGEST = (1 << 31) - 1
"""Bytes of one document: places in it are counted in 32 bits."""

Values = npt.NDArray[Any]
"""One value a document (or a span)."""

FACTOR: Final = np.uint64(secrets.randbits(62) << 2 | 3)
"""Spreads text over hash tables; another one in each process, so that no document can be made to collide.

What a table finds is compared, so no value depends on it.
"""


@dataclass(frozen=True)
class Spans:
    """Pieces of documents: where each document's start; and per piece the code points, from and to."""

    offsets: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]

    @cached_property
    def count(self) -> npt.NDArray[np.int64]:
        """Pieces of each document."""
        return np.diff(self.offsets)

    @cached_property
    def document(self) -> npt.NDArray[np.int64]:
        """The document of each piece."""
        return np.repeat(np.arange(len(self.offsets) - 1), self.count)

    @cached_property
    def chars(self) -> npt.NDArray[np.int64]:
        """Code points of each piece."""
        return self.end - self.first

    def total(self, of_pieces: Values) -> Values:
        """The sum over each document's pieces, of whole numbers."""
        before = np.zeros(len(of_pieces) + 1, np.int64)
        np.cumsum(of_pieces, out=before[1:])
        return np.diff(before[self.offsets])

    def most(self, of_pieces: Values) -> Values:
        """The largest value over each document's pieces; 0 where there are none."""
        largest = np.maximum.reduceat(np.append(of_pieces, 0), self.offsets[:-1])
        return np.where(self.count > 0, largest, 0)

    def share(self, of_pieces: Values) -> Values:
        """The mean over each document's pieces."""
        return ratio(self.total(of_pieces), self.count)


@dataclass(frozen=True)
class Text:
    """Code points of all documents of a batch, one document after another."""

    points: npt.NDArray[np.uint32]
    classes: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    """Where each document starts in `points`; one more than there are documents."""
    counts: npt.NDArray[np.int64]
    """How often each class occurs: a row a document, a column a class."""
    bytes: npt.NDArray[np.int64]
    """Length of each document in UTF-8."""
    column: pl.Series
    """The documents as strings, for what only a library can measure; a null is empty."""

    @cached_property
    def chars(self) -> npt.NDArray[np.int64]:
        """Code points of each document."""
        return np.diff(self.starts)

    @cached_property
    def visible(self) -> npt.NDArray[np.int64]:
        """Code points of each document that are not white space."""
        from curate.signals.classes import NEWLINE, SPACE

        return self.chars - self.counts[:, SPACE] - self.counts[:, NEWLINE]

    @cached_property
    def _sentences(self) -> tuple[npt.NDArray[np.int64], ...]:
        from curate.signals.kernels.segments import sentences

        return sentences(self.classes, self.starts)

    @cached_property
    def sentences(self) -> Spans:
        """Swallow's sentences (curate.signals.sentences says what they are)."""
        return Spans(*self._sentences[:3])

    @cached_property
    def sentences_by_line(self) -> Spans:
        """Lines, blank ones included, as pieces of the row of sentences."""
        _, _, _, offsets, line = self._sentences
        return Spans(offsets, line[:-1], line[1:])

    @cached_property
    def sentence_names(self) -> npt.NDArray[np.uint32]:
        """The first equal sentence of each sentence, counted from the document's start."""
        return first_equal(self.points, self.sentences)

    @cached_property
    def _lines(self) -> tuple[npt.NDArray[np.int64], ...]:
        from curate.signals.kernels.segments import lines

        return lines(self.classes, self.starts)

    @cached_property
    def lines(self) -> Spans:
        """Lines that are not blank, without the white space around them."""
        return Spans(*self._lines[:3])

    @property
    def newlines(self) -> npt.NDArray[np.int64]:
        """Newlines between each line and the one before; 0 for the first of a document."""
        return self._lines[3]

    @cached_property
    def line_names(self) -> npt.NDArray[np.uint32]:
        """The first equal line of each line, counted from the document's start."""
        return first_equal(self.points, self.lines)


def first_equal(symbols: npt.NDArray[np.uint32], spans: Spans) -> npt.NDArray[np.uint32]:
    """The first equal piece of each piece, counted from the document's start."""
    from curate.signals.kernels.segments import name_spans

    return name_spans(symbols, spans.offsets, spans.first, spans.end, FACTOR)


def repeats(names: npt.NDArray[np.uint32], spans: Spans) -> npt.NDArray[np.bool_]:
    """Which pieces are equal to an earlier one of their document."""
    return names != np.arange(len(names)) - np.repeat(spans.offsets[:-1], spans.count)


def batches(text: pl.Series) -> Iterator[Text]:
    """Decode a column of text, a megabyte at a time; a null counts as empty.

    Raises:
        SeimaiError: if a document has 2 GiB or more.
    """
    from curate.signals.classes import CLASSES, table
    from curate.signals.kernels.decode import decode

    column = text.fill_null("").rechunk()
    documents = utf8(column)
    data, offsets = documents.data, documents.offsets
    if len(documents) and (long := int(np.diff(offsets).max())) > _LONGEST:
        raise SeimaiError(f"a document of {long:,} bytes is too long to measure; split it (limit 2 GiB)")
    classes = table()
    first = 0
    while first < len(text):
        limit = int(offsets[first]) + _BATCH_BYTES
        end = int(np.searchsorted(offsets, limit, side="right")) - 1
        end = min(max(end, first + 1), len(text))
        part = offsets[first : end + 1]
        yield Text(*decode(data, part, classes, CLASSES), bytes=np.diff(part), column=column[first:end])
        first = end


def ratio(part: Values, whole: Values) -> npt.NDArray[np.float64]:
    """Element-wise quotient; nothing out of nothing is 0."""
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole != 0)
