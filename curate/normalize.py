"""One spelling for what is the same text, and nothing changed that Japanese typography means."""

import re
import sys
import unicodedata
from functools import cache
from typing import Final

import polars as pl
from pydantic import Field

from seimai.step import Transform

_NEWLINES: Final = "\r\n?|[\u2028\u2029\u0085\v\f]"
_INVISIBLE: Final = (
    "[\\x00-\\x08\\x0E-\\x1F\\x7F-\\x{9F}\\x{AD}\\x{200B}\\x{200C}\\x{200E}\\x{200F}\\x{202A}-\\x{202E}"
    "\\x{2060}-\\x{206F}\\x{FEFF}\\x{FFF9}-\\x{FFFB}\\x{FFFE}\\x{FFFF}]"
)
_ODD_SPACES: Final = "[\u00a0\u1680\u2000-\u200a\u202f\u205f]"
_NEEDS_COMPOSING: Final = (
    r"[\x{200D}\x{1160}-\x{11FF}[\p{M}--[\x{FE00}-\x{FE0F}\x{180B}-\x{180F}\x{E0100}-\x{E01EF}]]]"
)
_JAPANESE: Final = r"[\x{3001}-\x{30FF}\x{3400}-\x{9FFF}\x{F900}-\x{FAFF}\x{20000}-\x{3FFFF}]"


class Normalize(Transform):
    r"""One spelling for the same text, safe for Japanese (and therefore not NFKC).

    | class | example | becomes |
    |---|---|---|
    | half-width kana and its marks | ｶﾞｯｺｳ｡ | ガッコウ。 |
    | full-width letters and digits | Ｗｅｂ２ | Web2 |
    | Kangxi radicals, Latin ligatures (PDF extraction leaves them) | ⽇本 ﬁ | 日本 fi |
    | signs that are letters (Å Ω K 〈) | U+212B U+2126 U+212A U+2329 | Å Ω K 〈 |
    | a letter and combining marks | か + U+3099 | が |
    | `\r\n`, `\r`, U+0085, U+2028, U+2029, form feed | | `\n` |
    | no-break and typographic spaces | U+00A0 U+2009 | a space |
    | controls, zero-width characters, soft hyphens, byte order marks, direction marks | | nothing |
    | white space at the end of a line; newlines around the text | | nothing |
    | more than one blank line | | one |

    Kept, each for a reason: 。、「」！？（） and all other full-width punctuation (it is how Japanese is
    written); the ideographic space, at the start of a line too (it marks a paragraph); ㈱ ㎏ ㍻ ℃ Ⅳ
    (clear as they are, and NFKC makes half-width brackets of ㈱); ① ² ½ (NFKC turns ①② into 12 and 10² into
    102); U+FA19 (神) and other compatibility ideographs (NFC swaps a glyph in people's names); variation
    selectors; zero-width joiners inside emoji; private-use characters; U+FFFD (it shows damage).

    >>> rows = pl.DataFrame({"text": ["　ﾊﾟｿｺﾝはＮＥＣの⼯場で\r\n①㈱２０００台。 \n\n\n\n\ufa19社"]})
    >>> Normalize().apply(rows)["text"].item().replace("\ufa19", "*")
    '　パソコンはNECの工場で\n①㈱2000台。\n\n*社'
    """

    width: bool = Field(
        default=True,
        description="make half-width kana full-width, and full-width letters and digits half-width",
    )
    join_spaced: bool = Field(
        default=False,
        description="remove single spaces between Japanese characters (日 本 語, as some PDFs have it); "
        "off, because a space also parts family and given names",
    )

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with their text normalised; a null stays null."""
        folds = {**_signs(), **(_widths() if self.width else {})}
        text = (
            pl.col("text")
            .str.replace_all(_NEWLINES, "\n")
            .str.replace_all(_INVISIBLE, "")
            .str.replace_all(_ODD_SPACES, " ")
            .str.replace_many(folds, leftmost=True)
        )
        rows = rows.with_columns(_composed(rows.select(text)["text"]))
        text = pl.col("text")
        if self.join_spaced:
            # Twice: the matches 日_本 and 本_語 share a character.
            for _ in range(2):
                text = text.str.replace_all(f"({_JAPANESE}) ({_JAPANESE})", "$1$2")
        return rows.with_columns(
            text.str.replace_all("[ \t\u3000]+\n", "\n")
            .str.replace_all("\n{3,}", "\n\n")
            .str.strip_chars_start("\n")
            .str.strip_chars_end(" \t\u3000\n")
        )


@cache
def _widths() -> dict[str, str]:
    kana = [chr(c) for c in range(0xFF61, 0xFF9E)]
    pairs = [k + mark for k in kana for mark in "\uff9e\uff9f"]
    voiced = {p: unicodedata.normalize("NFKC", p) for p in pairs}
    # Pairs stand first: of two patterns that start at the same place, the earlier in the table wins.
    return {
        **{half: full for half, full in voiced.items() if len(full) == 1},
        **{k: unicodedata.normalize("NFKC", k) for k in kana},
        "\uff9e": "\u309b",
        "\uff9f": "\u309c",
        **{chr(c): chr(c - 0xFEE0) for c in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B))},
        **{chr(c): chr(c - 0xFEE0) for c in range(0xFF41, 0xFF5B)},
    }


@cache
def _signs() -> dict[str, str]:
    radicals = (*range(0x2F00, 0x2FD6), 0x2E9F, 0x2EF3)
    ligatures = range(0xFB00, 0xFB07)
    letters = (0x212A, 0x212B, 0x2126, 0x2329, 0x232A)
    return {chr(c): unicodedata.normalize("NFKC", chr(c)) for c in (*radicals, *ligatures, *letters)}


def _composed(text: pl.Series) -> pl.Series:
    """Few documents hold combining marks; only they are worth a loop in Python."""
    rare = text.str.contains(_NEEDS_COMPOSING).fill_null(value=False).arg_true()
    if not len(rare):
        return text
    return text.scatter(rare, [_compose(t) for t in text.gather(rare)])


def _compose(text: str) -> str:
    joined = _lone_joiners().sub("", text)
    return _marked_letters().sub(lambda run: unicodedata.normalize("NFC", run[0]), joined)


@cache
def _lone_joiners() -> re.Pattern[str]:
    """Zero-width joiners that do not stand between two pictographs."""
    pictograph = "\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2900-\u297f\u2b00-\u2bff\U0001f000-\U0001faff"
    return re.compile(f"(?<![\ufe0f{pictograph}])\u200d|\u200d(?![{pictograph}])")


@cache
def _marked_letters() -> re.Pattern[str]:
    """A letter and the combining marks (or Hangul vowels and finals) after it."""
    selectors = {*range(0xFE00, 0xFE10), *range(0x180B, 0x1810), *range(0xE0100, 0xE01F0)}
    points = (c for c in range(0x300, sys.maxunicode + 1) if c not in selectors)
    marks = [chr(c) for c in points if unicodedata.category(chr(c))[0] == "M" or 0x1160 <= c < 0x1200]
    some = "".join(marks)
    return re.compile(f"[^{some}\uf900-\ufaff\U0002f800-\U0002fa1f]?[{some}]+", re.DOTALL)
