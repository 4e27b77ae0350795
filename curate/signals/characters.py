"""Lengths, and shares of scripts: what a document is written in.

*Japanese letters* are those of Swallow v1: hiragana (ぁ-ゖ), katakana (ァ-ヺ), kanji (with 々〇〻), and the
marks 。．！？、，. The long vowel mark ー, half-width kana and the kana repetition marks (ゝヽ) are not
counted, so コンピューター has five. Kanji beyond the Basic Multilingual Plane (𠮷) are counted; Swallow's
code means to and does not.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

import numpy as np
import polars as pl

from curate.signals import classes as c
from curate.signals.text import Text, Values, ratio
from seimai.signal import Signal

SWALLOW: Final = "Swallow v1 (swallow-llm/swallow-corpus, quality.py)"

SIGNALS: Final[Mapping[str, Signal]] = {
    "bytes": Signal("length in UTF-8", "bytes", dtype=pl.Int64),
    "chars": Signal("length in code points, white space included", "code points", SWALLOW, pl.Int64),
    "japanese_chars": Signal(
        "Japanese letters: hiragana, katakana, kanji, 。．！？、，; not ー", "code points", SWALLOW, pl.Int64
    ),
    "hiragana_ratio": Signal("hiragana among Japanese letters (see japanese_chars)", "share", SWALLOW),
    "katakana_ratio": Signal(
        "katakana among Japanese letters (see japanese_chars); ー and half-width kana are neither",
        "share",
        SWALLOW,
    ),
    "kanji_ratio": Signal("kanji, 々, 〇 and 〻 among Japanese letters", "share", SWALLOW),
    "japanese_ratio": Signal(
        "Japanese letters (see japanese_chars) among all code points, white space included", "share", SWALLOW
    ),
    "digit_ratio": Signal(
        "digits, half- and full-width, among code points that are not white space", "share"
    ),
    "symbol_ratio": Signal(
        "punctuation and symbols among code points that are not white space; the marks of ordinary "
        "Japanese prose (。、！？「」（）・…― and the like) are not symbols",
        "share",
    ),
}

_HOW: Final[Mapping[str, Callable[[Values], Values]]] = {
    "japanese_chars": lambda n: _japanese(n),
    "hiragana_ratio": lambda n: ratio(n[:, c.HIRAGANA], _japanese(n)),
    "katakana_ratio": lambda n: ratio(n[:, c.KATAKANA], _japanese(n)),
    "kanji_ratio": lambda n: ratio(n[:, c.KANJI], _japanese(n)),
    "japanese_ratio": lambda n: ratio(_japanese(n), n.sum(axis=1)),
    "digit_ratio": lambda n: ratio(n[:, c.DIGIT], _visible(n)),
    "symbol_ratio": lambda n: ratio(n[:, c.SYMBOL], _visible(n)),
}


def _japanese(counts: Values) -> Values:
    return counts[:, [c.HIRAGANA, c.KATAKANA, c.KANJI, c.KUTEN, c.TOTEN]].sum(axis=1)


def _visible(counts: Values) -> Values:
    return counts.sum(axis=1) - counts[:, c.SPACE] - counts[:, c.NEWLINE]


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family."""
    from curate.signals.kernels.counts import counts

    lengths: dict[str, Values] = {"bytes": text.bytes, "chars": text.chars}
    needed = [name for name in names if name not in lengths]
    found = counts(text.classes, text.starts, c.CLASSES) if needed else np.empty(0)
    return {name: lengths[name] if name in lengths else _HOW[name](found) for name in names}
