"""Character classes: one byte a code point, looked up instead of computed.

The ranges are spelt out rather than asked of `unicodedata`, whose tables differ between Python versions:
a signal's value must not.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

OTHER: Final = 0
"""Controls, combining marks, variation selectors, unassigned."""
HIRAGANA: Final = 1
KATAKANA: Final = 2
KANJI: Final = 3
KUTEN: Final = 4
"""Marks that end a Japanese sentence: 。．！？"""
TOTEN: Final = 5
"""Japanese commas: 、，"""
MARK: Final = 6
"""Letters of Japanese that Swallow does not count: ー, the kana repetition marks, half-width kana."""
PROSE: Final = 7
"""Brackets, dots and dashes of ordinary Japanese prose: 「」『』（）・…―～ and the like."""
DIGIT: Final = 8
LETTER: Final = 9
"""Letters of all other scripts, full-width Latin included."""
SPACE: Final = 10
"""White space as `str.isspace` has it, but the newline."""
NEWLINE: Final = 11
SYMBOL: Final = 12
"""Punctuation and symbols that are none of the above, emoji included."""

CLASSES: Final = 13

_RANGES: Final = (
    (SPACE, ((0x09, 0x09), (0x0B, 0x0D), (0x1C, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680))),
    (SPACE, ((0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000))),
    (NEWLINE, ((0x0A, 0x0A),)),
    (DIGIT, ((0x30, 0x39), (0xFF10, 0xFF19))),
    (SYMBOL, ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E), (0xA1, 0xA9), (0xAB, 0xAC))),
    (SYMBOL, ((0xAE, 0xB9), (0xBB, 0xBF), (0xD7, 0xD7), (0xF7, 0xF7), (0x2010, 0x2027), (0x2030, 0x205E))),
    (SYMBOL, ((0x2070, 0x209C), (0x20A0, 0x20C1), (0x2100, 0x2BFF), (0x2E00, 0x2E7F), (0x3001, 0x3004))),
    (SYMBOL, ((0x3008, 0x3030), (0x3036, 0x3037), (0x303D, 0x303F), (0x3200, 0x33FF), (0xFE10, 0xFE19))),
    (SYMBOL, ((0xFE30, 0xFE6B), (0xFF01, 0xFF0F), (0xFF1A, 0xFF20), (0xFF3B, 0xFF40), (0xFF5B, 0xFF65))),
    (SYMBOL, ((0xFFE0, 0xFFEE), (0xFFFC, 0xFFFD))),
    (LETTER, ((0x41, 0x5A), (0x61, 0x7A), (0xAA, 0xAA), (0xB5, 0xB5), (0xBA, 0xBA), (0xC0, 0xD6))),
    (LETTER, ((0xD8, 0xF6), (0xF8, 0x2FF), (0x370, 0x482), (0x48A, 0x590), (0x5D0, 0x5EA), (0x620, 0x64A))),
    (LETTER, ((0x66E, 0x6D3), (0x900, 0x167F), (0x1681, 0x1DBF), (0x1E00, 0x1FFF), (0x2C00, 0x2DFF))),
    (LETTER, ((0x3105, 0x31BF), (0xA000, 0xD7FF), (0xFB00, 0xFDFF), (0xFE70, 0xFEFC))),
    (LETTER, ((0xFF21, 0xFF3A), (0xFF41, 0xFF5A), (0xFFA0, 0xFFDC))),
    (HIRAGANA, ((0x3041, 0x3096),)),
    (KATAKANA, ((0x30A1, 0x30FA),)),
    (KANJI, ((0x3005, 0x3005), (0x3007, 0x3007), (0x303B, 0x303B), (0x3400, 0x9FFF), (0xF900, 0xFAFF))),
    (MARK, ((0x3031, 0x3035), (0x303C, 0x303C), (0x309D, 0x309F), (0x30FC, 0x30FF), (0x31F0, 0x31FF))),
    (MARK, ((0xFF66, 0xFF9F),)),
)

_SINGLES: Final = (
    (KUTEN, "。．！？"),
    (TOTEN, "、，"),
    (PROSE, "「」『』（）〈〉《》【】〔〕“”‘’・…‥―—～〜：；｡｢｣､･"),
)


def table() -> npt.NDArray[np.uint8]:
    """The class of each code point of the Basic Multilingual Plane.

    >>> classes = table()
    >>> [int(classes[ord(c)]) for c in "あア亜。ー「1x ★"]
    [1, 2, 3, 4, 6, 7, 8, 9, 10, 12]
    """
    classes = np.zeros(0x10000, dtype=np.uint8)
    for code, ranges in _RANGES:
        for first, last in ranges:
            classes[first : last + 1] = code
    for code, characters in _SINGLES:
        for character in characters:
            classes[ord(character)] = code
    return classes
