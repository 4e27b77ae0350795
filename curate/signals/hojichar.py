"""What HojiChar's filters measure, as its code does it; LLM-jp v1 decides by some of them too.

Beside a number whose definition has a slip there is one that is `_mended`; the presets `hojichar-fixed` and
`llm-jp-v1-fixed` use those, and say what was mended.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

import numpy as np
import polars as pl

from curate.signals.text import FACTOR, Text, Values, ratio
from seimai.signal import Signal

HOJICHAR: Final = "HojiChar 0.18.1 (HojiChar/HojiChar, document_filters.py)"
_OPENING: Final = 50
_SHORT: Final = 10
_NGRAM: Final = 5

SIGNALS: Final[Mapping[str, Signal]] = {
    "hojichar_kuten": Signal("how often 。 occurs", "marks", HOJICHAR, pl.Int64),
    "hojichar_kuten_mended": Signal("runs of 。．！？｡", "runs", HOJICHAR, pl.Int64),
    "hojichar_opening_kana": Signal(
        "kana (ぁ-ん, ァ-ン) among the first 50 code points", "code points", HOJICHAR, pl.Int64
    ),
    "hojichar_opening_kana_mended": Signal(
        "kana (ぁ-ゖ, ァ-ヺ, half-width ones) among the first 50 code points that are not kanji",
        "code points",
        HOJICHAR,
        pl.Int64,
    ),
    "hojichar_longest_run": Signal(
        "longest run of one code point, white space included", "code points", HOJICHAR, pl.Int64
    ),
    "hojichar_ellipsis_ratio": Signal(
        "newlines right after … or ..., among all newlines (at least one)", "share", HOJICHAR
    ),
    "hojichar_ellipsis_ratio_mended": Signal(
        "lines that end with … or ..., among lines that are not blank", "share", HOJICHAR
    ),
    "hojichar_short_line_ratio": Signal(
        "lines of at most 10 code points among all lines, blank ones included", "share", HOJICHAR
    ),
    "hojichar_short_line_ratio_mended": Signal(
        "lines of at most 10 code points among lines that are not blank, white space around them left out",
        "share",
        HOJICHAR,
    ),
    "hojichar_special_ratio": Signal(
        "punctuation, white space, emoji and some other signs among all code points", "share", HOJICHAR
    ),
    "hojichar_special_ratio_mended": Signal(
        "the same without the letters and digits among those signs (士, １, π)", "share", HOJICHAR
    ),
    "hojichar_repeated_5gram_ratio": Signal(
        "occurrences of the commonest repeated character 5-grams, at most as many kinds as the square root "
        "of all kinds, among all occurrences",
        "share",
        HOJICHAR,
    ),
}


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family."""
    from curate.signals.hojichar_special import special
    from curate.signals.kernels import hojichar as kernel
    from curate.signals.kernels.repetition import frequent_share

    found = kernel.counts(text.points, text.starts, special())
    kernel.openings(text.points, text.starts, _OPENING, found)
    if any("line" in name or "ellipsis" in name for name in names):
        kernel.lines(text.points, text.starts, _SHORT, found)
    lines = found[:, kernel.NEWLINES] + 1
    how: dict[str, Callable[[], Values]] = {
        "hojichar_kuten": lambda: found[:, kernel.KUTEN],
        "hojichar_kuten_mended": lambda: found[:, kernel.ENDS],
        "hojichar_opening_kana": lambda: found[:, kernel.OPENING_KANA],
        "hojichar_opening_kana_mended": lambda: found[:, kernel.OPENING_KANA_MENDED],
        "hojichar_longest_run": lambda: found[:, kernel.LONGEST_RUN],
        "hojichar_ellipsis_ratio": lambda: ratio(
            found[:, kernel.ELLIPSIS_NEWLINES], np.maximum(found[:, kernel.NEWLINES], 1)
        ),
        "hojichar_ellipsis_ratio_mended": lambda: ratio(
            found[:, kernel.ELLIPSIS_LINES], found[:, kernel.LINES]
        ),
        "hojichar_short_line_ratio": lambda: ratio(found[:, kernel.SHORT_LINES], lines),
        "hojichar_short_line_ratio_mended": lambda: ratio(
            found[:, kernel.SHORT_LINES_MENDED], found[:, kernel.LINES]
        ),
        "hojichar_special_ratio": lambda: ratio(found[:, kernel.SPECIAL], text.chars),
        "hojichar_special_ratio_mended": lambda: ratio(found[:, kernel.SPECIAL_MENDED], text.chars),
        "hojichar_repeated_5gram_ratio": lambda: frequent_share(text.points, text.starts, _NGRAM, FACTOR),
    }
    return {name: how[name]() for name in names}
