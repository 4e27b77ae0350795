"""Sentences: how long they are, how they end, how many repeat.

A *sentence* is Swallow's: a run of characters without 。．！？!? and newline, with the one terminator that
follows it. So 「はい。」 is 「はい。 and 」, え？！ is one sentence (the second mark is in none), a line
without a terminator is a sentence, and a line of spaces is one too.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

import numpy as np
import polars as pl

from curate.signals import classes as c
from curate.signals.characters import SWALLOW
from curate.signals.text import Text, Values, ratio, repeats
from seimai.signal import Signal

QUANTILES: Final = (10, 50, 90)

SIGNALS: Final[Mapping[str, Signal]] = {
    "sentences": Signal(
        "runs without 。．！？!? and newline, each with the one terminator after it",
        "sentences",
        SWALLOW,
        pl.Int64,
    ),
    "mean_sentence_chars": Signal("mean length of a sentence, terminator included", "code points", SWALLOW),
    "max_sentence_chars": Signal("length of the longest sentence", "code points", SWALLOW, pl.Int64),
    **{
        f"sentence_chars_p{q}": Signal(
            f"length that {q} % of the sentences do not exceed: the least such length of a sentence",
            "code points",
            dtype=pl.Int64,
        )
        for q in QUANTILES
    },
    "kuten_ending_ratio": Signal("sentences that end in 。 or ．", "share"),
    "exclamation_ending_ratio": Signal("sentences that end in ！？!?", "share"),
    "ellipsis_ending_ratio": Signal("sentences whose last visible character is … or ・", "share", SWALLOW),
    "open_ending_ratio": Signal("sentences that end in none of 。．！？!?…・", "share"),
    "ellipsis_sentences": Signal(
        "sentences whose last visible character is … or ・", "sentences", SWALLOW, pl.Int64
    ),
    "duplicate_sentence_ratio": Signal("sentences equal to an earlier one", "share", SWALLOW),
    "duplicate_sentence_char_ratio": Signal(
        "code points of sentences equal to an earlier one, among those of all sentences", "share", SWALLOW
    ),
}

_STOPS: Final = np.isin(np.arange(c.CLASSES), [c.KUTEN, c.EXCLAMATION])


def _last(text: Text) -> Values:
    """Where each sentence's last visible code point is; of a blank one, its first code point."""
    first, last = text.sentences.first, text.sentences.end - 1
    blank = np.flatnonzero(text.classes[last] == c.SPACE)
    while len(blank := blank[(text.classes[last[blank]] == c.SPACE) & (last[blank] > first[blank])]):
        last[blank] -= 1
    return last


def _any_of(points: Values, marks: str) -> Values:
    return np.logical_or.reduce([points == ord(mark) for mark in marks])


def _elliptic(text: Text) -> Values:
    return _any_of(text.points[_last(text)], "…・")


def _stopped(text: Text) -> Values:
    """Whether each sentence has a terminator."""
    return _STOPS[text.classes[text.sentences.end - 1]]


def _full_stopped(text: Text) -> Values:
    return _any_of(text.points[text.sentences.end - 1], "。．")


def _quantile(text: Text, percent: int) -> Values:
    spans = text.sentences
    ordered = spans.chars[np.lexsort((spans.chars, spans.document))]
    rank = np.maximum(-(-spans.count * percent // 100) - 1, 0) + spans.offsets[:-1]
    found = np.zeros(len(spans.count), np.int64)
    some = spans.count > 0
    found[some] = ordered[rank[some]]
    return found


def _duplicated(text: Text) -> Values:
    return repeats(text.sentence_names, text.sentences)


_OF_SENTENCES: Final[Mapping[str, Callable[[Text], Values]]] = {
    "mean_sentence_chars": lambda t: t.sentences.chars,
    "kuten_ending_ratio": _full_stopped,
    "exclamation_ending_ratio": lambda t: _stopped(t) & ~_full_stopped(t),
    "ellipsis_ending_ratio": _elliptic,
    "open_ending_ratio": lambda t: ~(_stopped(t) | _elliptic(t)),
    "duplicate_sentence_ratio": _duplicated,
}
"""What is averaged over sentences."""

_OF_DOCUMENTS: Final[Mapping[str, Callable[[Text], Values]]] = {
    "sentences": lambda t: t.sentences.count,
    "max_sentence_chars": lambda t: t.sentences.most(t.sentences.chars),
    "sentence_chars_p10": lambda t: _quantile(t, 10),
    "sentence_chars_p50": lambda t: _quantile(t, 50),
    "sentence_chars_p90": lambda t: _quantile(t, 90),
    "ellipsis_sentences": lambda t: t.sentences.total(_elliptic(t)),
    "duplicate_sentence_char_ratio": lambda t: ratio(
        t.sentences.total(t.sentences.chars * _duplicated(t)), t.sentences.total(t.sentences.chars)
    ),
}


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family."""
    return {
        name: text.sentences.share(_OF_SENTENCES[name](text))
        if name in _OF_SENTENCES
        else _OF_DOCUMENTS[name](text)
        for name in names
    }
