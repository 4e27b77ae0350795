"""Paragraphs: blocks of lines, and how many repeat.

A *paragraph* is a run of lines with no blank line between them. (Swallow and Gopher call every line a
paragraph; see `swallow_duplicate_paragraph_ratio` and `duplicate_line_ratio`.)
"""

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
import polars as pl

from curate.signals.text import Spans, Text, Values, first_equal, ratio, repeats
from seimai.signal import Signal

SIGNALS: Final[Mapping[str, Signal]] = {
    "paragraphs": Signal("runs of lines without a blank line between them", "paragraphs", dtype=pl.Int64),
    "mean_paragraph_lines": Signal("mean number of lines of a paragraph", "lines"),
    "duplicate_paragraph_ratio": Signal(
        "paragraphs whose lines are equal to those of an earlier one, among paragraphs", "share"
    ),
    "duplicate_paragraph_char_ratio": Signal(
        "code points of paragraphs equal to an earlier one, among those of all lines", "share"
    ),
}


def _paragraphs(text: Text) -> Spans:
    """Paragraphs as pieces of the row of lines."""
    lines = text.lines
    begins = text.newlines != 1
    first = np.flatnonzero(begins)
    end = np.append(first[1:], len(begins))
    offsets = np.concatenate([[0], np.cumsum(begins)])[lines.offsets]
    return Spans(offsets, first, end if len(first) else end[:0])


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family."""
    spans = _paragraphs(text)
    values: dict[str, Values] = {"paragraphs": spans.count}
    values["mean_paragraph_lines"] = ratio(text.lines.count, spans.count)
    if set(names) - values.keys():
        again = repeats(first_equal(text.line_names, spans), spans)
        before = np.concatenate([[0], np.cumsum(text.lines.chars)])
        chars = before[spans.end] - before[spans.first]
        values["duplicate_paragraph_ratio"] = spans.share(again)
        values["duplicate_paragraph_char_ratio"] = ratio(spans.total(chars * again), spans.total(chars))
    return {name: values[name] for name in names}
