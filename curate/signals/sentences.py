"""Sentences: how long they are, how they end, how many repeat.

A *sentence* is Swallow's: a run of characters without 。．！？!? and newline, with the one terminator that
follows it. So 「はい。」 is 「はい。 and 」, え？！ is one sentence (the second mark is in none), a line
without a terminator is a sentence, and a line of spaces is one too.
"""

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
import polars as pl

from curate.signals.characters import SWALLOW
from curate.signals.text import Text, Values, ratio
from seimai.signal import Signal

SIGNALS: Final[Mapping[str, Signal]] = {
    "sentences": Signal(
        "runs without 。．！？!? and newline, each with the one terminator after it",
        "sentences",
        SWALLOW,
        pl.Int64,
    ),
    "mean_sentence_chars": Signal("mean length of a sentence, terminator included", "code points", SWALLOW),
    "max_sentence_chars": Signal("length of the longest sentence", "code points", SWALLOW, pl.Int64),
    "ellipsis_ending_ratio": Signal("sentences whose last visible character is … or ・", "share", SWALLOW),
    "duplicate_sentence_ratio": Signal("sentences equal to an earlier one", "share", SWALLOW),
    "duplicate_sentence_char_ratio": Signal(
        "code points of sentences equal to an earlier one, among those of all sentences", "share", SWALLOW
    ),
}

_ELLIPSES: Final = np.array([ord("…"), ord("・")], np.uint32)


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family."""
    from curate.signals.kernels.segments import repeats, sentences

    offsets, first, end, last = sentences(text.points, text.classes, text.starts)
    count = np.diff(offsets)
    document = np.repeat(np.arange(len(count)), count)
    total = np.bincount(document, end - first, len(count))
    values: dict[str, Values] = {"sentences": count, "mean_sentence_chars": ratio(total, count)}
    if "max_sentence_chars" in names:
        values["max_sentence_chars"] = np.zeros(len(count), np.int64)
        np.maximum.at(values["max_sentence_chars"], document, end - first)
    if "ellipsis_ending_ratio" in names:
        endings = np.bincount(document, np.isin(last, _ELLIPSES), len(count))
        values["ellipsis_ending_ratio"] = ratio(endings, count)
    if {"duplicate_sentence_ratio", "duplicate_sentence_char_ratio"} & set(names):
        spans, chars = repeats(text.points, offsets, first, end)
        values["duplicate_sentence_ratio"] = ratio(spans, count)
        values["duplicate_sentence_char_ratio"] = ratio(chars, total)
    return {name: values[name] for name in names}
