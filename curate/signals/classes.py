"""Character classes: one byte a code point, looked up instead of computed.

The ranges are spelt out rather than asked of `unicodedata`, whose tables differ between Python versions:
a signal's value must not. Kernels repeat the numbers of the classes that they name (Numba's cache would not
see them change here); a test compares them.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

OTHER: Final = 0
"""Combining marks, variation selectors, format characters, unassigned."""
HIRAGANA: Final = 1
"""ぁ-ゖ, as Swallow v1 has it."""
KATAKANA: Final = 2
"""ァ-ヺ, as Swallow v1 has it."""
KANJI: Final = 3
"""Kanji of the Basic Multilingual Plane, with 々〇〻, as Swallow v1 has it."""
KUTEN: Final = 4
"""Marks that end a Japanese sentence: 。．！？"""
TOTEN: Final = 5
"""Japanese commas: 、，"""
MARK: Final = 6
"""〱〲〳〴〵〼: Japanese, and neither hiragana nor katakana."""
PROSE: Final = 7
"""Brackets, dots and dashes of ordinary Japanese prose: 「」『』（）・…―～ and the like."""
DIGIT: Final = 8
LETTER: Final = 9
"""Letters of all scripts but Japanese and Latin."""
SPACE: Final = 10
"""White space as `str.isspace` has it, but the newline."""
NEWLINE: Final = 11
SYMBOL: Final = 12
"""Symbols that are no emoji: ★, →, $, ㈱."""
KANJI_BEYOND: Final = 13
"""Kanji beyond the Basic Multilingual Plane (𠮷), which Swallow's code means to count and does not."""
LATIN: Final = 14
"""Latin letters, accented and full-width ones included."""
EMOJI: Final = 15
"""Code points that are shown as emoji without a variation selector; ☆ and ♪ are not."""
CONTROL: Final = 16
"""C0 and C1 controls that are no white space, and DEL."""
REPLACEMENT: Final = 17
"""U+FFFD: what a decoder could not read."""
PRIVATE: Final = 18
"""Private use: external characters of Japanese vendors, icon fonts, misread text."""
HIRAGANA_MORE: Final = 19
"""ゝゞゟ and hentaigana: hiragana that Swallow does not count."""
KATAKANA_MORE: Final = 20
"""ーヽヾヿ and ㇰ-ㇿ: katakana that Swallow does not count."""
HALF_KATAKANA: Final = 21
"""Half-width katakana with their sound marks."""
PUNCTUATION: Final = 22
"""Punctuation that Japanese prose can do without: ASCII's but ! and ?, full-width *, /, @ and the like."""
EXCLAMATION: Final = 23
"""! and ?, which end a sentence for Swallow."""

CLASSES: Final = 24

_RANGES: Final = (
    (CONTROL, ((0x00, 0x08), (0x0E, 0x1B), (0x7F, 0x84), (0x86, 0x9F))),
    (SPACE, ((0x09, 0x09), (0x0B, 0x0D), (0x1C, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680))),
    (SPACE, ((0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000))),
    (NEWLINE, ((0x0A, 0x0A),)),
    (DIGIT, ((0x30, 0x39), (0xFF10, 0xFF19))),
    (SYMBOL, ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E), (0xA1, 0xA9), (0xAB, 0xAC))),
    (SYMBOL, ((0xAE, 0xB9), (0xBB, 0xBF), (0xD7, 0xD7), (0xF7, 0xF7), (0x2030, 0x205E))),
    (SYMBOL, ((0x2070, 0x209C), (0x20A0, 0x20C1), (0x2100, 0x2BFF), (0x3004, 0x3004), (0x3012, 0x3013))),
    (SYMBOL, ((0x3020, 0x3030), (0x3036, 0x3037), (0x303E, 0x303F), (0x3200, 0x33FF), (0xFE53, 0xFE6B))),
    (SYMBOL, ((0xFF01, 0xFF0F), (0xFF1A, 0xFF20), (0xFF3B, 0xFF40), (0xFF5B, 0xFF65), (0xFFE0, 0xFFEE))),
    (SYMBOL, ((0xFFFC, 0xFFFC),)),
    (PUNCTUATION, ((0x2010, 0x2027), (0x2030, 0x205E), (0x2E00, 0x2E7F), (0x3001, 0x3003))),
    (PUNCTUATION, ((0x3008, 0x3011), (0x3014, 0x301F), (0x3030, 0x3030), (0x303D, 0x303D))),
    (PUNCTUATION, ((0xFE10, 0xFE19), (0xFE30, 0xFE52), (0xFF5F, 0xFF60))),
    (LATIN, ((0x41, 0x5A), (0x61, 0x7A), (0xAA, 0xAA), (0xBA, 0xBA), (0xC0, 0xD6), (0xD8, 0xF6))),
    (LATIN, ((0xF8, 0x24F), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F), (0xA720, 0xA7FF), (0xAB30, 0xAB6F))),
    (LATIN, ((0xFB00, 0xFB06), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))),
    (LETTER, ((0xB5, 0xB5), (0x250, 0x2FF), (0x370, 0x482), (0x48A, 0x590), (0x5D0, 0x5EA))),
    (LETTER, ((0x620, 0x64A), (0x66E, 0x6D3), (0x900, 0x167F), (0x1681, 0x1DBF), (0x1F00, 0x1FFF))),
    (LETTER, ((0x2C00, 0x2C5F), (0x2C80, 0x2DFF), (0x3105, 0x31BF), (0xA000, 0xA71F), (0xA800, 0xAB2F))),
    (LETTER, ((0xAB70, 0xD7FF), (0xFB07, 0xFDFF), (0xFE70, 0xFEFC), (0xFFA0, 0xFFDC))),
    (HIRAGANA, ((0x3041, 0x3096),)),
    (HIRAGANA_MORE, ((0x309D, 0x309F),)),
    (KATAKANA, ((0x30A1, 0x30FA),)),
    (KATAKANA_MORE, ((0x30FC, 0x30FF), (0x31F0, 0x31FF))),
    (HALF_KATAKANA, ((0xFF66, 0xFF9F),)),
    (KANJI, ((0x3005, 0x3005), (0x3007, 0x3007), (0x303B, 0x303B), (0x3400, 0x9FFF), (0xF900, 0xFAFF))),
    (MARK, ((0x3031, 0x3035), (0x303C, 0x303C))),
    (PRIVATE, ((0xE000, 0xF8FF),)),
    (REPLACEMENT, ((0xFFFD, 0xFFFD),)),
    # Emoji_Presentation=Yes of Unicode 15 in the Basic Multilingual Plane.
    (EMOJI, ((0x231A, 0x231B), (0x23E9, 0x23EC), (0x23F0, 0x23F0), (0x23F3, 0x23F3), (0x25FD, 0x25FE))),
    (EMOJI, ((0x2614, 0x2615), (0x2648, 0x2653), (0x267F, 0x267F), (0x2693, 0x2693), (0x26A1, 0x26A1))),
    (EMOJI, ((0x26AA, 0x26AB), (0x26BD, 0x26BE), (0x26C4, 0x26C5), (0x26CE, 0x26CE), (0x26D4, 0x26D4))),
    (EMOJI, ((0x26EA, 0x26EA), (0x26F2, 0x26F3), (0x26F5, 0x26F5), (0x26FA, 0x26FA), (0x26FD, 0x26FD))),
    (EMOJI, ((0x2705, 0x2705), (0x270A, 0x270B), (0x2728, 0x2728), (0x274C, 0x274C), (0x274E, 0x274E))),
    (EMOJI, ((0x2753, 0x2755), (0x2757, 0x2757), (0x2795, 0x2797), (0x27B0, 0x27B0), (0x27BF, 0x27BF))),
    (EMOJI, ((0x2B1B, 0x2B1C), (0x2B50, 0x2B50), (0x2B55, 0x2B55))),
)

_SINGLES: Final = (
    (PUNCTUATION, "\"#%&'()*,-./:;@[\\]_{}¡§«¶·»¿＂＃％＆＇＊－／＠［＼］＿｛｝"),
    (KUTEN, "。．！？"),
    (TOTEN, "、，"),
    (EXCLAMATION, "!?"),
    (PROSE, "「」『』（）〈〉《》【】〔〕“”‘’・…‥―—～〜：；｡｢｣､･"),
)

# First and last page of 256 code points, beyond the Basic Multilingual Plane.
_PAGES: Final = (
    (LETTER, 0x100, 0x1EF),
    (HIRAGANA_MORE, 0x1B0, 0x1B1),
    (SYMBOL, 0x1F0, 0x1FB),
    (EMOJI, 0x1F3, 0x1F6),
    (EMOJI, 0x1F9, 0x1FA),
    (KANJI_BEYOND, 0x200, 0x3FF),
    (PRIVATE, 0xF00, 0x10FF),
)


def table() -> npt.NDArray[np.uint8]:
    """The class of each code point of the Basic Multilingual Plane; then one for each page of 256 beyond.

    Code point c is at c if c < 0x10000, else at 0x10000 + (c >> 8).

    >>> classes = table()
    >>> [int(classes[ord(c)]) for c in "あア亜。ー「1x ★"]
    [1, 2, 3, 4, 20, 7, 8, 14, 10, 12]
    """
    classes = np.zeros(0x10000 + 0x1100, dtype=np.uint8)
    for code, ranges in _RANGES:
        for first, last in ranges:
            classes[first : last + 1] = code
    for code, characters in _SINGLES:
        for character in characters:
            classes[ord(character)] = code
    for code, first, last in _PAGES:
        classes[0x10000 + first : 0x10000 + last + 1] = code
    return classes
