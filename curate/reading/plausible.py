"""How much a decoded text looks like Japanese, and like Western text: the judge between encodings.

The same bytes read in the wrong encoding betray themselves by what they turn into. EUC-JP read as
Shift_JIS is the classic: hiragana turns into half-width katakana. The weights are a coarse order (kana
above common kanji above rare kanji above symbols), set by hand.
"""

import re
from collections import Counter

_ROWS = (bytes((row, cell)) for row in range(0xB0, 0xD0) for cell in range(0xA1, 0xFF))
_LEVEL_1 = frozenset(b"".join(_ROWS).decode("euc_jp", "ignore"))
"""The 2,965 kanji of JIS level 1: those in daily use."""

_MARKS = frozenset(
    "　、。，．・：；？！々〆〇ー―…〜～「」『』（）〔〕［］｛｝〈〉《》【】＋－×＝℃￥％＃＆＊＠"
    "○●◎◇◆□■△▲▽▼※〒→←↑↓★☆"
)


def _weight(character: str) -> float:
    if character in _LEVEL_1:
        return 0.8
    if character in _MARKS:
        return 0.7
    for first, last, weight in (
        ("\u3041", "\u309f", 1.0),  # hiragana
        ("\u30a1", "\u30ff", 0.9),  # katakana
        ("\uff10", "\uff5a", 0.6),  # full-width digits and letters
        ("\u4e00", "\u9fff", 0.1),  # other kanji
        ("\u2460", "\u24ff", 0.3),  # circled digits
        ("\u2160", "\u217f", 0.3),  # Roman numerals
        ("\u3200", "\u33ff", 0.3),  # ㈱, ㍍
        ("\ufa0e", "\ufa2d", 0.3),  # IBM's kanji: 﨑
        ("\uff61", "\uff9f", 0.2),  # half-width katakana: what EUC-JP read as Shift_JIS turns into
        ("\u0080", "\u00a0", -3.0),  # C1 controls: no text has them
        ("\ue000", "\uf8ff", -3.0),  # private use
        ("\ufffd", "\uffff", -3.0),
    ):
        if first <= character <= last:
            return weight
    return -1.0


_ASCII = re.compile("[\u0000-\u007f]+")


class _Weights(dict[str, float]):
    def __missing__(self, character: str) -> float:
        self[character] = weight = _weight(character)
        return weight


_weights = _Weights()


def japanese(text: str) -> float:
    """Mean weight of the characters outside ASCII: about 0.9 for prose, below 0 for garbled text.

    >>> round(japanese("米を磨いて酒を造る。"), 2)
    0.89
    >>> garbled = "米を磨いて酒を造る。".encode("euc_jp").decode("cp932", "replace")
    >>> round(japanese(garbled), 2)
    -0.42
    """
    counts = Counter(_ASCII.sub("", text))
    weighed = sum(count * _weights[character] for character, count in counts.items())
    total = counts.total()
    if total >= 8 and not any("\u3041" <= character <= "\u30ff" for character in counts):
        weighed *= 0.7  # eight kanji and no kana: Japanese so seldom that a declared Chinese or Korean wins
    return weighed / total if total else 0.0


_ALONE = re.compile(
    r"(?<![^\x00-\x7f])[\u00a1-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u2013-\u2026\u20ac\u2122]{1,2}"
    r"(?![^\x00-\x7f])"
)


def western(text: str) -> float:
    """Share of the characters outside ASCII that stand alone or in twos, as accents and quotes do.

    Multi-byte text read as windows-1252 makes longer runs.

    >>> western("le café « noir »")
    1.0
    """
    total = sum(c > "\x7f" for c in text)
    return sum(len(m[0]) for m in _ALONE.finditer(text)) / total if total else 1.0


def letters(text: str) -> float:
    """Share of letters among the characters outside ASCII: for declared encodings of other scripts."""
    others = [c for c in text if c > "\x7f"]
    return sum(c.isalpha() or c in _MARKS for c in others) / len(others) if others else 1.0
