"""Scripts, and the national character sets that have a kanji: what a text says of its own language.

JIS X 0208, GB 2312 and Big5 were made to write Japanese, simplified and traditional Chinese. Each puts the
kanji in daily use into level 1 and the rest of its kanji into level 2. 気, 込 and 働 are in JIS alone, 们 and
这 in GB 2312 alone, 說 and 吳 in Big5 alone; 国 is not in Big5 and 漁 not in GB 2312, so 国 beside 漁 is
Japanese, though each occurs in one of the others. The sets are asked of Python's codecs, not copied.
"""

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

NONE: Final = 0
"""No letter: digits, punctuation, symbols; also 々 and 〇, which Chinese and Japanese share."""
KANA: Final = 1
"""Hiragana and katakana, half-width too."""
LATIN: Final = 2
HANGUL: Final = 3
FOREIGN: Final = 4
"""Letters of all other scripts."""
KANJI: Final = 5
"""First of 27 classes: 9 times the level in JIS, 3 times that in GB 2312, plus that in Big5; 0 is absent."""

CLASSES: Final = KANJI + 27

_RANGES: Final = (
    (FOREIGN, ((0x250, 0x2AF), (0x370, 0x10FF), (0x1200, 0x1DBF), (0x1F00, 0x1FFF), (0x2C00, 0x2DFF))),
    (FOREIGN, ((0x3105, 0x312F), (0xA000, 0xABFF), (0xFB00, 0xFDFF), (0xFE70, 0xFEFC))),
    (LATIN, ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x24F), (0x1E00, 0x1EFF))),
    (LATIN, ((0xFF21, 0xFF3A), (0xFF41, 0xFF5A))),
    (HANGUL, ((0x1100, 0x11FF), (0x3130, 0x318F), (0xA960, 0xA97F), (0xAC00, 0xD7FB), (0xFFA0, 0xFFDC))),
    (KANA, ((0x3041, 0x3096), (0x309D, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF))),
    (KANA, ((0xFF66, 0xFF9D),)),
    (KANJI, ((0x3400, 0x9FFF), (0xF900, 0xFAFF))),
)

# Lead bytes of level 1 and level 2.
_JIS: Final = ("euc_jp", range(0xB0, 0xD0), range(0xD0, 0xF5))
_GB2312: Final = ("gb2312", range(0xB0, 0xD8), range(0xD8, 0xF8))
_BIG5: Final = ("big5", range(0xA4, 0xC7), range(0xC9, 0xFA))
# 髙, 﨑 and other kanji of names that IBM added to Shift_JIS: as good as level 2.
_IBM: Final = ("cp932", range(0), range(0xFA, 0xFD))


@cache
def table() -> npt.NDArray[np.uint8]:
    """The class of each code point of the Basic Multilingual Plane.

    >>> [(int(table()[ord(c)]) - KANJI) for c in "気国漁们說喰"]
    [9, 12, 10, 3, 1, 9]
    """
    classes = np.zeros(0x10000, np.uint8)
    for code, ranges in _RANGES:
        for first, last in ranges:
            classes[first : last + 1] = code
    for weight, *charts in ((9, _IBM, _JIS), (3, _GB2312), (1, _BIG5)):
        levels: dict[int, int] = {}
        for chart in charts:
            levels |= _levels(*chart)
        for point, level in levels.items():
            classes[point] += weight * level
    return classes


def _levels(codec: str, first: range, second: range) -> dict[int, int]:
    """Kanji of a character set, with their level."""
    found: dict[int, int] = {}
    for level, leads in ((2, second), (1, first)):
        for lead in leads:
            for trail in range(0x40, 0xFF):
                try:
                    character = bytes((lead, trail)).decode(codec)
                except UnicodeDecodeError:
                    continue
                point = ord(character[0])
                if 0x3400 <= point <= 0x9FFF or 0xF900 <= point <= 0xFAFF:
                    found[point] = level
    return found
