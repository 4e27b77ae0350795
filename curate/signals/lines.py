"""Lines: how many there are, how many repeat, how they end and what they look like.

A *line* is what stands between newlines, without the white space around it; blank lines are not counted.
(Swallow counts them, and so takes the empty lines between paragraphs for duplicates.)
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

import numpy as np
import polars as pl

from curate.signals import classes as c
from curate.signals.text import Text, Values, ratio, repeats
from seimai.signal import Signal

GOPHER: Final = "Gopher (Rae et al. 2021, table A1), as lines stripped of white space"

SIGNALS: Final[Mapping[str, Signal]] = {
    "lines": Signal("lines that are not blank", "lines", dtype=pl.Int64),
    "mean_line_chars": Signal("mean length of a line, without the white space around it", "code points"),
    "max_line_chars": Signal("length of the longest line", "code points", dtype=pl.Int64),
    "short_line_ratio": Signal("lines under 10 code points, among lines", "share"),
    "duplicate_line_ratio": Signal("lines equal to an earlier one, among lines not blank", "share", GOPHER),
    "duplicate_line_char_ratio": Signal(
        "code points of lines equal to an earlier one, among those of all lines", "share", GOPHER
    ),
    "top_line_ratio": Signal("the commonest line, among lines", "share"),
    "kuten_line_ratio": Signal("lines that end in 。．！？!?. or in a bracket or quote that closes", "share"),
    "ellipsis_line_ratio": Signal("lines that end in …, ‥, ・ or ...", "share"),
    "open_line_ratio": Signal("lines whose last code point is a letter or a digit", "share"),
    "broken_line_ratio": Signal(
        "lines of 10 or more code points that end in a Japanese letter or 、 while the very next line, not "
        "indented, begins with a Japanese letter: text broken in mid-sentence, among lines",
        "share",
    ),
    "list_line_ratio": Signal(
        "lines that begin with a mark of lists: ・ • ● ■ ◆ - * + and the like", "share"
    ),
    "dialogue_line_ratio": Signal("lines that begin with 「 or 『", "share"),
    "table_line_ratio": Signal(
        "lines with a tab, two bars (| ｜ │) or two gaps of two and more spaces inside", "share"
    ),
    "code_line_ratio": Signal(
        "lines without a Japanese letter that have two or more of { } ( ) [ ] ; = < > $ \\ & #", "share"
    ),
}

_CLOSE: Final = np.array([ord(m) for m in '。．！？!?.」』）)】〕》〉"”’｡｣'], np.uint32)
_ELLIPSES: Final = np.array([ord(m) for m in "…‥・"], np.uint32)
_BULLETS: Final = np.array([ord(m) for m in "・•●○■□◆◇▲△▼▽★☆※→►▶-*+＊－"], np.uint32)
_SPEECH: Final = np.array([ord(m) for m in "「『"], np.uint32)
_JAPANESE: Final = np.isin(
    np.arange(c.CLASSES), [c.HIRAGANA, c.KATAKANA, c.KANJI, c.KANJI_BEYOND, c.HIRAGANA_MORE, c.KATAKANA_MORE]
)
_LETTERS: Final = _JAPANESE | np.isin(
    np.arange(c.CLASSES), [c.HALF_KATAKANA, c.MARK, c.LATIN, c.LETTER, c.DIGIT]
)


def _top(text: Text) -> Values:
    """How often each document's commonest line occurs."""
    lines = text.lines
    first_equal = text.line_names + np.repeat(lines.offsets[:-1], lines.count)
    return lines.most(np.bincount(first_equal, minlength=len(lines.first)))


def _ends(text: Text, marks: Values) -> Values:
    return np.isin(text.points[text.lines.end - 1], marks)


def _three_dots(text: Text) -> Values:
    end, chars = text.lines.end, text.lines.chars
    dots = [text.points[np.maximum(end - k, 0)] == ord(".") for k in (1, 2, 3)]
    return dots[0] & dots[1] & dots[2] & (chars >= 3)


def _broken(text: Text) -> Values:
    lines = text.lines
    ends = _JAPANESE[text.classes[lines.end - 1]] | (text.classes[lines.end - 1] == c.TOTEN)
    begins = _JAPANESE[text.classes[lines.first]] & (text.newlines == 1)
    begins &= text.classes[np.maximum(lines.first - 1, 0)] == c.NEWLINE
    goes_on = np.append(begins[1:], False)
    return ends & goes_on & (lines.chars >= 10)


def _duplicated(text: Text) -> Values:
    return repeats(text.line_names, text.lines)


def _shape(text: Text, which: int) -> Values:
    from curate.signals.kernels.shapes import shapes

    return shapes(text.points, text.classes, text.lines.first, text.lines.end)[:, which]


_OF_LINES: Final[Mapping[str, Callable[[Text], Values]]] = {
    "mean_line_chars": lambda t: t.lines.chars,
    "short_line_ratio": lambda t: t.lines.chars < 10,
    "duplicate_line_ratio": _duplicated,
    "kuten_line_ratio": lambda t: _ends(t, _CLOSE) & ~_three_dots(t),
    "ellipsis_line_ratio": lambda t: _ends(t, _ELLIPSES) | _three_dots(t),
    "open_line_ratio": lambda t: _LETTERS[t.classes[t.lines.end - 1]],
    "broken_line_ratio": _broken,
    "list_line_ratio": lambda t: np.isin(t.points[t.lines.first], _BULLETS),
    "dialogue_line_ratio": lambda t: np.isin(t.points[t.lines.first], _SPEECH),
    "table_line_ratio": lambda t: _shape(t, 0),
    "code_line_ratio": lambda t: _shape(t, 1),
}
"""What is averaged over lines."""

_OF_DOCUMENTS: Final[Mapping[str, Callable[[Text], Values]]] = {
    "lines": lambda t: t.lines.count,
    "max_line_chars": lambda t: t.lines.most(t.lines.chars),
    "top_line_ratio": lambda t: ratio(_top(t), t.lines.count),
    "duplicate_line_char_ratio": lambda t: ratio(
        t.lines.total(t.lines.chars * _duplicated(t)), t.lines.total(t.lines.chars)
    ),
}


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family."""
    return {
        name: _OF_DOCUMENTS[name](text) if name in _OF_DOCUMENTS else text.lines.share(_OF_LINES[name](text))
        for name in names
    }
