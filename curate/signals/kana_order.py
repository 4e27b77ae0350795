"""Which letters follow each other in Japanese: a table of how much likelier than by chance.

One symbol for each hiragana, one for each of a dozen kinds of other characters. The association of a and b is
log2(p(ab) / (p(a) p(b))), in sixteenths of a bit, counted on five corpora of equal weight
(benchmarks/kana_order.py makes the table from them).
"""

from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt

from curate.signals import classes as c

HIRAGANA: Final = 0x3096 - 0x3041 + 1
"""Symbols below this are hiragana, in the order of Unicode."""

_KINDS: Final = (
    (c.KATAKANA, c.HALF_KATAKANA),
    (c.KANJI, c.KANJI_BEYOND),
    (c.KUTEN, c.EXCLAMATION),
    (c.TOTEN,),
    (c.KATAKANA_MORE,),
    (c.DIGIT,),
    (c.LATIN,),
    (c.SPACE,),
    (c.NEWLINE,),
)
_OPENING: Final = "「『（〈《【〔“‘"
_CLOSING: Final = "」』）〉》】〕”’"

SYMBOLS: Final = HIRAGANA + len(_KINDS) + 3


@cache
def symbols() -> npt.NDArray[np.uint8]:
    """The symbol of each code point of the Basic Multilingual Plane; then one for each page of 256 beyond.

    >>> [int(symbols()[ord(x)]) for x in "ぁゖア亜「」"]
    [0, 85, 86, 87, 95, 96]
    """
    classes = c.table()
    found = np.full(len(classes), SYMBOLS - 1, np.uint8)
    for number, kinds in enumerate(_KINDS, HIRAGANA):
        found[np.isin(classes, kinds)] = number
    found[0x3041 : 0x3041 + HIRAGANA] = np.arange(HIRAGANA)
    for number, marks in ((SYMBOLS - 3, _OPENING), (SYMBOLS - 2, _CLOSING)):
        found[[ord(mark) for mark in marks]] = number
    return found


@cache
def association() -> npt.NDArray[np.int8]:
    """Row: the first of two neighbours, column: the second; in sixteenths of a bit."""
    with files("curate.signals").joinpath("kana_order.npy").open("rb") as f:
        return np.load(f, allow_pickle=False)
