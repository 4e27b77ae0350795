"""One spelling for what is the same text, and nothing changed that Japanese typography means."""

from collections.abc import Mapping
from functools import cache
from typing import ClassVar, Final

import polars as pl
from pydantic import Field

from curate.normalizing import classes, composing
from curate.normalizing.column import Layout, rewrite
from curate.normalizing.table import Table, table
from seimai.step import Transform

_NEWLINES: Final[Mapping[str, str]] = dict.fromkeys(
    ("\r", "\r\n", "\u2028", "\u2029", "\u0085", "\v", "\f"), "\n"
)
_INVISIBLE: Final = (
    *(
        (0x00, 0x08),
        (0x0E, 0x1F),
        (0x7F, 0x84),
        (0x86, 0x9F),
        (0xAD, 0xAD),
        (0x200B, 0x200C),
        (0x200E, 0x200F),
    ),
    *((0x202A, 0x202E), (0x2060, 0x206F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0xFFFE, 0xFFFF)),
)
_JOINER: Final = 0x200D
# Without the combining sound marks: a space before one carries it.
_JAPANESE: Final = (
    r"[\x{3001}-\x{3098}\x{309B}-\x{30FF}\x{3400}-\x{9FFF}\x{F900}-\x{FAFF}\x{20000}-\x{3FFFF}]"
)


class Normalize(Transform):
    r"""One spelling for the same text, safe for Japanese (and therefore not NFKC).

    Every parameter is one class of changes; those that are off by default cost a Japanese text something:

    | class | example | becomes |
    |---|---|---|
    | halfwidth_kana, with its marks | ｶﾞｯｺｳ｡ | ガッコウ。 |
    | fullwidth_letters, digits too | Ｗｅｂ２ | Web2 |
    | radicals, ligatures (PDF extraction leaves them) | ⽇本 ﬁ | 日本 fi |
    | letter_signs | U+212B U+2126 U+212A U+2329 | Å Ω K 〈 |
    | combining: a letter and its marks | か + U+3099 | が |
    | newlines | `\r\n`, `\r`, U+0085, U+2028, U+2029, form feed | `\n` |
    | typographic_spaces | U+00A0 U+2009 | a space |
    | invisible: controls, zero-width characters, soft hyphens, byte order and direction marks | | nothing |
    | trailing_spaces, at the end of a line | | nothing |
    | blank_lines, more than that many; newlines around the text | | that many; nothing |
    | fullwidth_marks (off: it is how Japanese is written) | （！） ， | (!) , |
    | ideographic_space (off: it marks a paragraph) | U+3000 | a space |
    | squared (off: clear as they are, and half-width brackets come) | ㈱ ㎏ ㍻ ℃ | (株) kg 平成 °C |
    | roman (off) | Ⅳ | IV |
    | circled, superscripts, fractions (off: ①② would be 12, and 10² 102) | ① ² ½ | 1 2 1⁄2 |
    | ideographs (off: it swaps a glyph in people's names) | U+FA19 | 神 |
    | other_compatibility (off) | … ﹁ 𝐀 ﷺ | ... 「 A صلى… |
    | join_spaced (off: a space also parts family and given names) | 日 本 語 | 日本語 |

    All classes of characters together are NFKC, but for half-width sound marks after letters that take none.
    Always kept: variation selectors, zero-width joiners inside emoji, private-use characters, and U+FFFD (it
    shows damage).

    >>> rows = pl.DataFrame({"text": ["　ﾊﾟｿｺﾝはＮＥＣの⼯場で\r\n①㈱２０００台。 \n\n\n\n\ufa19社"]})
    >>> Normalize().apply(rows)["text"].item().replace("\ufa19", "*")
    '　パソコンはNECの工場で\n①㈱2000台。\n\n*社'
    >>> Normalize(circled=True, squared=True, blank_lines=0).apply(rows)["text"].item().replace("\ufa19", "*")
    '　パソコンはNECの工場で\n1(株)2000台。\n*社'
    """

    version: ClassVar[int] = 2

    halfwidth_kana: bool = Field(default=True, description="half-width kana and marks (ｶﾞ｡) to full-width")
    fullwidth_letters: bool = Field(default=True, description="full-width letters and digits to ASCII")
    fullwidth_marks: bool = Field(
        default=False, description="other full-width characters (！（￥) to half-width"
    )
    ideographic_space: bool = Field(default=False, description="U+3000 to a space")
    typographic_spaces: bool = Field(default=True, description="no-break, thin and other spaces to a space")
    radicals: bool = Field(default=True, description="Kangxi radicals (U+2F47) to kanji (日)")
    ligatures: bool = Field(default=True, description="Latin ligatures (ﬁ) to letters")
    letter_signs: bool = Field(default=True, description="signs that are letters (U+212B) to those (Å)")
    combining: bool = Field(default=True, description="letters and combining marks to one character")
    ideographs: bool = Field(default=False, description="compatibility ideographs (U+FA19) to unified ones")
    squared: bool = Field(default=False, description="words in one character (㈱ ㎏ ㍻ ℃ №) to words")
    circled: bool = Field(default=False, description="characters in circles, numbers with brackets (① ㊤ ⑴)")
    superscripts: bool = Field(default=False, description="superscripts and subscripts (² ₂ ™) to letters")
    fractions: bool = Field(default=False, description="fractions (½) to digits and U+2044")
    roman: bool = Field(default=False, description="Roman numerals (Ⅳ) to letters")
    other_compatibility: bool = Field(
        default=False, description="all else that NFKC folds: ellipses, vertical and presentation forms, 𝐀"
    )
    invisible: bool = Field(
        default=True, description="remove controls, zero-width characters, lone joiners, direction marks"
    )
    newlines: bool = Field(default=True, description=r"\r\n, \r, U+2028 and the like to \n")
    trailing_spaces: bool = Field(default=True, description="remove white space at the end of lines")
    blank_lines: int | None = Field(
        default=1,
        ge=0,
        description="most blank lines in a row, and no newlines around the text; null leaves them",
    )
    join_spaced: bool = Field(
        default=False, description="remove single spaces between Japanese characters, as some PDFs have them"
    )

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with their text normalised; a null stays null."""
        on = tuple(name for name in (*classes.CLASSES, "invisible", "newlines") if getattr(self, name))
        layout = Layout(self.trailing_spaces, self.blank_lines)
        characters = _table(on, self.combining, layout != Layout())
        found = rewrite(rows["text"], characters, layout)
        text = found.text
        if len(found.flagged):
            rare = pl.Series(
                rows["text"].name, [self._rare(t) for t in text.gather(found.flagged)], pl.String
            )
            # Once more: a joiner that is gone may have stood before the end of a line.
            text = text.scatter(found.flagged, rewrite(rare, characters, layout).text)
        rows = rows.with_columns(text)
        if self.join_spaced:
            # Twice: the matches 日_本 and 本_語 share a character.
            spaced = pl.col("text")
            for _ in range(2):
                spaced = spaced.str.replace_all(f"({_JAPANESE}) ({_JAPANESE})", "$1$2")
            rows = rows.with_columns(spaced)
        return rows

    def _rare(self, text: str) -> str:
        """Joiners and combining marks, which only a look at their neighbours can judge."""
        text = composing.joined(text) if self.invisible else text
        return composing.composed(text) if self.combining else text


@cache
def _table(on: tuple[str, ...], combining: bool, lines: bool) -> Table:  # noqa: FBT001
    folds: dict[str, str] = {}
    flags: set[int] = set()
    if "invisible" in on:
        folds |= {chr(c): "" for first, last in _INVISIBLE for c in range(first, last + 1)}
        flags.add(_JOINER)
    if "newlines" in on:
        folds |= _NEWLINES
    for name in on:
        if name in classes.CLASSES:
            folds |= classes.folds(name)
    # ﾞ becomes ゛, which another class may fold on: once must be enough.
    folds = {old: "".join(folds.get(c, c) for c in new) for old, new in folds.items()}
    if combining:
        flags |= composing.marks()
    return table(folds, frozenset(flags), lines=lines)
