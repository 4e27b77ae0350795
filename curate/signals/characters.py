"""Lengths, and shares of scripts: what a document is written in.

*Japanese letters* are hiragana, katakana and kanji, all of them (ー, ゝ, half-width kana, 𠮷 too), and the
marks 。．！？、，. Swallow v1 leaves some out: its own numbers are `swallow_...` (curate.signals.swallow).
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

import numpy as np
import polars as pl

from curate.signals import classes as c
from curate.signals.text import Text, Values, ratio
from seimai.signal import Signal

SWALLOW: Final = "Swallow v1, quality.py"

_LETTERS: Final = (
    "hiragana, katakana and kanji (ー, ゝ, half-width kana and kanji beyond the BMP too), 。．！？、，"
)
_VISIBLE: Final = "among code points that are not white space"

SIGNALS: Final[Mapping[str, Signal]] = {
    "bytes": Signal("length in UTF-8", "bytes", dtype=pl.Int64),
    "chars": Signal("length in code points, white space included", "code points", SWALLOW, pl.Int64),
    "visible_chars": Signal("code points that are not white space", "code points", dtype=pl.Int64),
    "japanese_chars": Signal(f"Japanese letters: {_LETTERS}", "code points", dtype=pl.Int64, version=2),
    "hiragana_ratio": Signal(
        "hiragana, ゝ and ゞ too, among Japanese letters (see japanese_chars)", "share", version=2
    ),
    "katakana_ratio": Signal(
        "katakana, half-width ones and ー too, among Japanese letters (see japanese_chars)",
        "share",
        version=2,
    ),
    "kanji_ratio": Signal(
        "kanji, 々, 〇 and 〻 among Japanese letters (see japanese_chars)", "share", version=2
    ),
    "japanese_ratio": Signal(
        "Japanese letters (see japanese_chars) among code points that are not white space", "share", version=2
    ),
    "latin_ratio": Signal(f"Latin letters, full-width and accented ones too, {_VISIBLE}", "share"),
    "other_letter_ratio": Signal(f"letters neither Japanese nor Latin, {_VISIBLE}", "share"),
    "digit_ratio": Signal(f"digits, half- and full-width, {_VISIBLE}", "share"),
    "punctuation_ratio": Signal(f"punctuation of all kinds, that of Japanese prose too, {_VISIBLE}", "share"),
    "symbol_ratio": Signal(
        f"punctuation and symbols {_VISIBLE}; the marks of ordinary "
        "Japanese prose (。、！？「」（）・…― and the like) are not symbols",
        "share",
    ),
    "emoji_ratio": Signal(f"emoji (Emoji_Presentation and the pictograph blocks) {_VISIBLE}", "share"),
    "stop_ratio": Signal("。．！？、，!? among Japanese letters and !?: how often prose pauses", "share"),
    "space_ratio": Signal("white space but newlines, among all code points", "share"),
    "half_width_katakana_ratio": Signal(f"half-width katakana {_VISIBLE}", "share"),
    "control_ratio": Signal("C0 and C1 controls that are no white space, among all code points", "share"),
    "replacement_ratio": Signal(f"U+FFFD, what a decoder could not read, {_VISIBLE}", "share"),
    "private_ratio": Signal(f"code points of private use {_VISIBLE}", "share"),
}

_HIRAGANA: Final = (c.HIRAGANA, c.HIRAGANA_MORE)
_KATAKANA: Final = (c.KATAKANA, c.KATAKANA_MORE, c.HALF_KATAKANA)
_KANJI: Final = (c.KANJI, c.KANJI_BEYOND)
_JAPANESE: Final = (*_HIRAGANA, *_KATAKANA, *_KANJI, c.MARK, c.KUTEN, c.TOTEN)
_FOREIGN_MARKS: Final = (c.PUNCTUATION, c.EXCLAMATION)
_PUNCTUATION: Final = (c.KUTEN, c.TOTEN, c.PROSE, *_FOREIGN_MARKS)
_SYMBOLS: Final = (c.SYMBOL, c.EMOJI, c.REPLACEMENT, *_FOREIGN_MARKS)


def _sum(text: Text, *kinds: int) -> Values:
    return text.counts[:, kinds].sum(axis=1)


def _of_japanese(*kinds: int) -> Callable[[Text], Values]:
    return lambda t: ratio(_sum(t, *kinds), _sum(t, *_JAPANESE))


def _of_visible(*kinds: int) -> Callable[[Text], Values]:
    return lambda t: ratio(_sum(t, *kinds), t.visible)


def _of_all(*kinds: int) -> Callable[[Text], Values]:
    return lambda t: ratio(_sum(t, *kinds), t.chars)


_HOW: Final[Mapping[str, Callable[[Text], Values]]] = {
    "bytes": lambda t: t.bytes,
    "chars": lambda t: t.chars,
    "visible_chars": lambda t: t.visible,
    "japanese_chars": lambda t: _sum(t, *_JAPANESE),
    "hiragana_ratio": _of_japanese(*_HIRAGANA),
    "katakana_ratio": _of_japanese(*_KATAKANA),
    "kanji_ratio": _of_japanese(*_KANJI),
    "japanese_ratio": _of_visible(*_JAPANESE),
    "latin_ratio": _of_visible(c.LATIN),
    "other_letter_ratio": _of_visible(c.LETTER),
    "digit_ratio": _of_visible(c.DIGIT),
    "punctuation_ratio": _of_visible(*_PUNCTUATION),
    "symbol_ratio": _of_visible(*_SYMBOLS),
    "emoji_ratio": _of_visible(c.EMOJI),
    "stop_ratio": lambda t: ratio(
        _sum(t, c.KUTEN, c.TOTEN, c.EXCLAMATION), _sum(t, *_JAPANESE, c.EXCLAMATION)
    ),
    "space_ratio": _of_all(c.SPACE),
    "half_width_katakana_ratio": _of_visible(c.HALF_KATAKANA),
    "control_ratio": _of_all(c.CONTROL),
    "replacement_ratio": _of_visible(c.REPLACEMENT),
    "private_ratio": _of_visible(c.PRIVATE),
}


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family."""
    return {name: np.asarray(_HOW[name](text)) for name in names}
