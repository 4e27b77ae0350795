"""Keep documents in the languages that are wanted."""

import polars as pl
from pydantic import Field

from seimai.step import Filter


class Language(Filter):
    """Keep documents that fastText takes for one of the wanted languages, and is sure of.

    0.65 is what FineWeb asks of English (Penedo et al. 2024); HojiChar asks 0.50 of Japanese. Japanese
    prose scores above 0.98; what falls between is code, tables and lists with a few Japanese words.
    fastText knows Japanese by its kana: of news sentences it keeps 99.9 %, of titles in kanji only 80 %
    and of single words 62 %, so do not use this filter on such scraps.

    >>> from curate.signals import measure
    >>> rows = pl.DataFrame({"text": ["玄米を磨くことです。", "Rice is polished.", "int main() を呼ぶ"]})
    >>> signals = measure(rows, ["language", "language_probability"])
    >>> {why: signals.select(bad).to_series().to_list() for why, bad in Language().reasons().items()}
    {'other_language': [False, True, False], 'uncertain': [False, False, True]}
    """

    keep: list[str] = Field(default=["ja"], min_length=1, description="ISO 639 codes of wanted languages")
    at_least: float = Field(0.65, ge=0, le=1, description="least probability of the likeliest language")

    def reasons(self) -> dict[str, pl.Expr]:
        """`other_language`, and `uncertain` for a wanted language that is not sure."""
        wanted = pl.col("language").is_in(self.keep)
        return {
            "other_language": ~wanted,
            "uncertain": wanted & (pl.col("language_probability") < self.at_least),
        }
