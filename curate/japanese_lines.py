"""Japanese lines: what has no kana goes, and from what stays go addresses and runs of ASCII."""

from typing import ClassVar, Final

import polars as pl
from pydantic import Field

from seimai.step import Transform

_KANA: Final = r"\p{Hiragana}\p{Katakana}ー"
_FOREIGN_LINES: Final = rf"(?m)^[^\n{_KANA}]*(?:\n|\z)"
_ASCII_RUNS: Final = r"[\x00-\x09\x0B-\x7F]{100,}"
_ADDRESSES: Final = r"https?://[\w/:%#$&?()~.=+\-]+"
_ASCII_ADDRESSES: Final = r"https?://[0-9A-Za-z_/:%#$&?()~.=+\-]+"


class JapaneseLines(Transform):
    r"""Keep lines with kana, without web addresses and without runs of 100 ASCII characters or more.

    LLM-jp corpus v1 does this to the pages that its filters keep (`extract_japanese_text` in filters.py):
    menus, code and tables without a word of Japanese go. A blank line has no kana either, so paragraphs
    close up.

    `exact` does what that code does: it joins the lines that stay without a newline, and an address goes
    with the Japanese that follows it at once (https://example.jpを見よ), for kana and kanji are word
    characters as letters are. A text of which nothing is left stays as an empty row; let a filter drop it.

    >>> rows = pl.DataFrame({"text": ["Home | About\n米の話。\nhttps://example.jpを見よ。"]})
    >>> JapaneseLines().apply(rows)["text"].item()
    '米の話。\nを見よ。'
    >>> JapaneseLines(exact=True).apply(rows)["text"].item()
    '米の話。。'
    """

    changes: ClassVar[frozenset[str]] = frozenset({"text"})

    exact: bool = Field(default=False, description="as LLM-jp's code: lines are joined, addresses take more")

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with their text shortened; a null stays null."""
        text = (
            pl.col("text")
            .str.replace_all(_FOREIGN_LINES, "")
            .str.replace_all(_ADDRESSES if self.exact else _ASCII_ADDRESSES, "")
            .str.replace_all(_ASCII_RUNS, "")
        )
        if self.exact:
            return rows.with_columns(text.str.replace_all("\n", "", literal=True))
        return rows.with_columns(text.str.strip_chars_end("\n"))
