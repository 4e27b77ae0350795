"""Unicode's compatibility characters, parted into classes by what folding them would cost a Japanese text.

Together the classes are NFKC: every character that NFKC changes by itself belongs to exactly one of them.
The two half-width sound marks differ: after a kana that takes them they join it as in NFKC, elsewhere they
become the full-width marks ゛゜ and not, as in NFKC, combining ones.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Final

_RANGES: Final[Mapping[str, tuple[tuple[int, int], ...]]] = {
    "halfwidth_kana": ((0xFF61, 0xFF9F),),
    "fullwidth_letters": ((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A)),
    "fullwidth_marks": ((0xFF01, 0xFF60), (0xFFE0, 0xFFE6)),
    "ideographic_space": ((0x3000, 0x3000),),
    "typographic_spaces": (
        (0x00A0, 0x00A0),
        (0x1680, 0x1680),
        (0x2000, 0x200A),
        (0x202F, 0x202F),
        (0x205F, 0x205F),
    ),
    "radicals": ((0x2E80, 0x2FD5),),
    "ligatures": ((0xFB00, 0xFB06),),
    "letter_signs": ((0x2126, 0x2126), (0x212A, 0x212B), (0x2329, 0x232A)),
    "ideographs": ((0xF900, 0xFAFF), (0x2F800, 0x2FA1F)),
    "roman": ((0x2160, 0x217F),),
    "circled": ((0x2460, 0x24FF), (0x3251, 0x325F), (0x1F100, 0x1F12B)),
    "squared": ((0x3200, 0x33FF), (0x1F12C, 0x1F2FF)),
}
"""Classes that are blocks of Unicode; of two that hold a character, the first."""

_LETTERLIKE: Final = (0x2100, 0x214F)
_TAGS: Final = {
    "<circle>": "circled",
    "<super>": "superscripts",
    "<sub>": "superscripts",
    "<fraction>": "fractions",
}
"""Classes that are kinds of decomposition, for what lies outside the blocks."""

CLASSES: Final = (*_RANGES, "superscripts", "fractions", "other_compatibility")


def class_of(c: str) -> str | None:
    """The class of a character that NFKC (or a rule of spaces) changes; None for all others."""
    if unicodedata.normalize("NFKC", c) == c and c != "\u1680":
        return None
    tag = unicodedata.decomposition(c).partition(" ")[0]
    if tag == "<circle>":
        return "circled"
    point = ord(c)
    for name, ranges in _RANGES.items():
        if any(first <= point <= last for first, last in ranges):
            return name
    if tag == "<compat>" and _LETTERLIKE[0] <= point <= _LETTERLIKE[1]:
        return "squared"
    return _TAGS.get(tag, "other_compatibility")


@cache
def folds(name: str) -> Mapping[str, str]:
    """What the characters of a class become."""
    return _all()[name]


@cache
def _all() -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {name: {} for name in CLASSES}
    for point in range(0x80, 0x30000):  # beyond plane 2 nothing is folded
        c = chr(point)
        if (name := class_of(c)) is not None:
            found[name][c] = " " if name == "typographic_spaces" else unicodedata.normalize("NFKC", c)
    kana = found["halfwidth_kana"]
    for half in [c for c in kana if c >= "\uff66"]:
        for mark in "\uff9e\uff9f":
            both = unicodedata.normalize("NFKC", half + mark)
            if len(both) == 1:
                kana[half + mark] = both
    kana |= {"\uff9e": "\u309b", "\uff9f": "\u309c"}
    return found
