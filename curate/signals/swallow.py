"""Swallow v1's own numbers, where its code's definitions differ from ours.

Japanese letters: hiragana (ぁ-ゖ), katakana (ァ-ヺ), kanji of the Basic Multilingual Plane (with 々〇〻), and
。．！？、，. The long vowel mark ー, half-width kana and the marks of repetition (ゝヽ) are not counted, so
コンピューター has five; nor are kanji beyond that plane (𠮷), though the code means to count them.

Paragraphs: all lines, blank ones too, each without the terminators that no sentence has. The empty lines
between paragraphs therefore are duplicates of each other.

What Swallow crashes on (texts of under four code points, texts of terminators and newlines alone) is
measured here: nothing out of nothing is 0.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

import numpy as np
import polars as pl

from curate.signals import classes as c
from curate.signals.characters import SWALLOW
from curate.signals.text import Text, Values, first_equal, ratio, repeats
from seimai.signal import Signal

_KINDS: Final = {
    "hiragana": ("ぁ-ゖ", c.HIRAGANA),
    "katakana": ("ァ-ヺ, not ー", c.KATAKANA),
    "kanji": ("kanji of the Basic Multilingual Plane, with 々〇〻", c.KANJI),
    "kuten": ("。．！？", c.KUTEN),
    "toten": ("、，", c.TOTEN),
}

SIGNALS: Final[Mapping[str, Signal]] = {
    **{
        f"swallow_{name}_chars": Signal(what, "code points", SWALLOW, pl.Int64)
        for name, (what, _) in _KINDS.items()
    },
    "swallow_japanese_chars": Signal(
        "the sum of Swallow's hiragana, katakana, kanji, kuten and toten", "code points", SWALLOW, pl.Int64
    ),
    **{
        f"swallow_{name}_ratio": Signal(f"{what}, among swallow_japanese_chars", "share", SWALLOW)
        for name, (what, _) in _KINDS.items()
    },
    "swallow_japanese_ratio": Signal(
        "swallow_japanese_chars among all code points, white space included", "share", SWALLOW
    ),
    "swallow_duplicate_paragraph_ratio": Signal(
        "lines, blank ones too, equal to an earlier one, among all lines; compared as their sentences",
        "share",
        SWALLOW,
    ),
    "swallow_duplicate_paragraph_char_ratio": Signal(
        "code points of lines equal to an earlier one, among those of all sentences", "share", SWALLOW
    ),
}

_JAPANESE: Final = [kind for _, kind in _KINDS.values()]


def _count(kind: int) -> Callable[[Text], Values]:
    return lambda t: t.counts[:, kind]


def _share(kind: int) -> Callable[[Text], Values]:
    return lambda t: ratio(t.counts[:, kind], _japanese(t))


def _japanese(text: Text) -> Values:
    return text.counts[:, _JAPANESE].sum(axis=1)


def _duplicates(text: Text) -> dict[str, Values]:
    """Lines that are made of the same sentences as an earlier one.

    No sentence but a line's last lacks its terminator, so equal text means equal sentences.
    """
    spans = text.sentences_by_line
    again = repeats(first_equal(text.sentence_names, spans), spans)
    before = np.concatenate([[0], np.cumsum(text.sentences.chars)])
    chars = before[spans.end] - before[spans.first]
    return {
        "swallow_duplicate_paragraph_ratio": spans.share(again),
        "swallow_duplicate_paragraph_char_ratio": ratio(spans.total(chars * again), spans.total(chars)),
    }


_HOW: Final[Mapping[str, Callable[[Text], Values]]] = {
    **{f"swallow_{name}_chars": _count(kind) for name, (_, kind) in _KINDS.items()},
    **{f"swallow_{name}_ratio": _share(kind) for name, (_, kind) in _KINDS.items()},
    "swallow_japanese_chars": _japanese,
    "swallow_japanese_ratio": lambda t: ratio(_japanese(t), t.chars),
}


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family."""
    duplicates = _duplicates(text) if set(names) - _HOW.keys() else {}
    return {name: _HOW[name](text) if name in _HOW else duplicates[name] for name in names}
