"""Combining marks: which characters take part in composition, and composing without harm to kanji."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

_SELECTORS = frozenset({*range(0xFE00, 0xFE10), *range(0x180B, 0x1810)})
"""Variation selectors: they choose a glyph and compose with nothing."""


@cache
def marks() -> frozenset[int]:
    """Combining marks but variation selectors, and Hangul vowels and finals."""
    points = (c for c in range(0x300, 0x20000) if c not in _SELECTORS)  # beyond, selectors only
    return frozenset(c for c in points if unicodedata.category(chr(c))[0] == "M" or 0x1160 <= c < 0x1200)


def composed(text: str) -> str:
    """The text with letters and their marks composed (か + U+3099 is が), and nothing else that NFC does.

    Compatibility ideographs stay: NFC would swap a glyph in people's names (U+FA19 for U+795E).
    """
    parts: list[str] = []
    done = 0
    for run in _marks().finditer(text):
        start = run.start()
        if start > done and not _is_compatibility_ideograph(text[start - 1]):
            start -= 1
        parts += text[done:start], unicodedata.normalize("NFC", text[start : run.end()])
        done = run.end()
    return "".join((*parts, text[done:]))


def _is_compatibility_ideograph(c: str) -> bool:
    return "\uf900" <= c <= "\ufaff" or "\U0002f800" <= c <= "\U0002fa1f"


def joined(text: str) -> str:
    """The text without zero-width joiners that do not stand between two pictographs."""
    return _lone_joiners().sub("", text)


@cache
def _lone_joiners() -> re.Pattern[str]:
    pictograph = "\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2900-\u297f\u2b00-\u2bff\U0001f000-\U0001faff"
    return re.compile(f"(?<![\ufe0f{pictograph}])\u200d|\u200d(?![{pictograph}])")


@cache
def _marks() -> re.Pattern[str]:
    """A run of marks."""
    # Python looks up a set of the Basic Multilingual Plane in a table, and tries any other range by range.
    near = _characters(c for c in marks() if c < 0x10000)
    far = _characters(c for c in marks() if c >= 0x10000)
    return re.compile(f"(?:[{near}]|(?=[\U00010000-\U0010ffff])[{far}])+")


def _characters(points: Iterable[int]) -> str:
    """The inside of a regular expression's character class, as ranges."""
    spans: list[list[int]] = []
    for c in sorted(points):
        if spans and c == spans[-1][1] + 1:
            spans[-1][1] = c
        else:
            spans.append([c, c])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in spans)
