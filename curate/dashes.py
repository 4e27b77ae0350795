"""Dashes that stand for the wave dash, the long vowel mark and the dash proper."""

import re
from typing import Final

import polars as pl
from pydantic import Field

from curate.normalizing.rare import apply_where
from seimai.step import Transform

_KATAKANA: Final = "\u30a1-\u30fa"
_LINES: Final = "\u2014\u2015\u2500\u2501"  # — ― ─ ━
_MINUSES: Final = "\uff0d\u2212"  # － −
_WORD: Final = "0-9A-Za-z０-９Ａ-Ｚａ-ｚ\u3400-\u9fff"
_LONG_VOWEL: Final = re.compile(
    f"(?<=[{_KATAKANA}ー\uff70])(?:"
    f"[{_LINES}{_MINUSES}](?=[{_KATAKANA}])"
    f"|[{_MINUSES}](?![{_WORD}{_LINES}{_MINUSES}\uff70])"
    "|\uff70)"
)
_PAIR: Final = re.compile(f"(?<![{_LINES}])[{_LINES}]{{2}}(?![{_LINES}])")


class Dashes(Transform):
    """One character for the wave dash, one for the dash, and a long vowel mark where a dash stands for it.

    - `wave_dash`: ～ (U+FF5E) is 〜 (U+301C). They are one character of JIS, which Windows and everyone else
      map apart.
    - `long_vowels`: — ― ─ ━ － − between two katakana are ー (コンピュ―タ, from OCR and old keyboards); －
      and − also at the end of a katakana word (サ−バ−), since as signs they stand before numbers and words.
      Two in a row are a dash, and - ‐ – part names (スペイン‐ポルトガル): they stay.
    - `pairs`: two of — ― ─ ━ are ―― (U+2015); a longer row is a ruler and stays.

    >>> rows = pl.DataFrame({"text": ["サ−バ−は10～20台──コンピュ―タ", "－5℃"]})
    >>> Dashes().apply(rows)["text"].to_list()
    ['サーバーは10〜20台――コンピュータ', '－5℃']
    """

    wave_dash: bool = Field(default=True, description="～ to 〜")
    long_vowels: bool = Field(default=True, description="a dash or minus inside a katakana word to ー")
    pairs: bool = Field(default=True, description="— ― ─ ━ in pairs to ――")

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with their dashes changed; a null stays null."""
        text = rows["text"]
        if self.wave_dash:
            text = text.str.replace_all("\uff5e", "\u301c", literal=True)
        some = text.str.contains(f"[{_LINES}{_MINUSES}\uff70]") if self.long_vowels or self.pairs else None
        return rows.with_columns(text if some is None else apply_where(text, some, self._changed))

    def _changed(self, text: str) -> str:
        text = _LONG_VOWEL.sub("ー", text) if self.long_vowels else text
        return _PAIR.sub("\u2015\u2015", text) if self.pairs else text
