"""Keep documents in the languages that are wanted."""

import polars as pl
from pydantic import Field

from seimai.step import Filter


class Language(Filter):
    """Keep documents in one of the wanted languages, where that is sure enough.

    Kana and the kanji of one country alone settle most Japanese texts, titles and single words in kanji
    included; of the others fastText is asked (docs/language.md has recall and precision by kind of text).
    0.65 is what FineWeb asks of English (Penedo et al. 2024); HojiChar asks 0.50 of Japanese. Japanese prose
    scores 1; what falls between is code, tables and lists with a few Japanese words. A word of kanji that
    Japanese and Chinese share (食物) is uncertain and ought to be.

    >>> from curate.signals import measure
    >>> texts = ["国民読書年", "我们的图书馆", "Rice is polished.", "int main(void) を呼ぶ"]
    >>> signals = measure(pl.DataFrame({"text": texts}), ["language", "language_probability"])
    >>> signals["language"].to_list()
    ['ja', 'zh', 'en', 'ja']
    >>> {why: signals.select(bad).to_series().to_list() for why, bad in Language().reasons().items()}
    {'other_language': [False, True, True, False], 'uncertain': [False, False, False, True]}
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
