"""`llm-jp-v1` and `llm-jp-v1-strict`, each also `-fixed`: LLM-jp corpus v1's filters for web pages."""

from typing import Final

import polars as pl

from curate.presets.hojichar import too_few_ends
from curate.presets.preset import Preset, Rule

SOURCE: Final = (
    "LLM-jp corpus v1 (llm-jp/llm-jp-corpus at 9815fc5, scripts/filter_data.py, ja_cc), Apache-2.0"
)

_DOMAINS: Final = ("biz", "cc", "com", "info", "jp", "me", "net", "org", "site", "tokyo", "tv", "work", "xyz")
"""Top-level domains that Japanese sites use (dict/ja_valid_domains.txt)."""
_HOST: Final = r"^[^/?#]*//(?:[^/?#]*@)?([^/?#:]*)"
_LONG_ENOUGH: Final = 800
"""Bytes from which on the compression ratio tells noise from text; see the mend."""


def _foreign_host() -> pl.Expr:
    """Another top-level domain, or the Japanese Wikipedia (its dump is better); false without a URL."""
    url = pl.col("url")
    top = url.str.extract(_HOST).str.to_lowercase().str.split(".").list.last()
    wikipedia = url.str.starts_with("https://ja.wikipedia.org/")
    return (wikipedia | ~top.is_in(_DOMAINS)).fill_null(value=False)


def _too_random(most: float, *, mended: bool) -> pl.Expr:
    over = pl.col("llmjp_compression_ratio") > most
    return (pl.col("bytes") >= _LONG_ENOUGH) & over if mended else over


def _rules(*, strict: bool, mended: bool) -> tuple[Rule, ...]:
    """The filters in the order of filter_data.py."""
    some = "_mended" if mended else ""
    hits = 2 if strict else 3
    return (
        Rule("foreign_host", None, lambda _: _foreign_host(), "has_valid_domain: 13 top-level domains"),
        Rule("empty", 1, lambda t: pl.col("visible_chars") < t, "is_not_empty"),
        Rule(
            "not_japanese",
            1,
            lambda t: pl.col(f"hojichar_opening_kana{some}") < t,
            "is_japanese: HojiChar's AcceptJapanese",
        ),
        Rule(
            "ads",
            10,
            lambda t: pl.col("ng_ads" if mended else "ng_ads_anywhere") > t,
            "is_not_ad_content: more words of HojiChar's list than 10",
        ),
        Rule("adult", hits, lambda t: pl.col("ng_adult") > t, "is_not_adult_content; strict: 2"),
        Rule(
            "discrimination",
            hits,
            lambda t: pl.col("ng_discrimination") > t,
            "is_not_discrimination_content; strict: 2",
        ),
        Rule("violence", hits, lambda t: pl.col("ng_violence") > t, "is_not_violence_content; strict: 2"),
        Rule(
            "rare_kuten",
            80 if strict else 250,
            lambda t: too_few_ends(t, f"hojichar_kuten{some}"),
            "has_good_average_sentence_length: more characters to a 。 than 250; strict: 80",
        ),
        Rule(
            "too_repetitive",
            0.375 if strict else 0.3,
            lambda t: pl.col("llmjp_compression_ratio") < t,
            "has_good_compression_ratio, below 0.3; strict: 0.375",
        ),
        Rule(
            "too_random",
            0.7,
            lambda t: _too_random(t, mended=mended),
            "has_good_compression_ratio, above 0.7",
        ),
    )


_MENDS: Final = (
    "Japanese: ゔゕゖ, ヴヵヶ and half-width kana are kana; the original's range ends at ン.",
    "Japanese: kanji do not use up the 50 characters of the opening; in the original a title or a list of "
    "names in kanji hides the prose after it.",
    "Advertising: a word of katakana counts only where no katakana stands beside it, and nothing within a "
    "word that the list marks as harmless; the other three lists are read so by the original too.",
    "Sentence ends: ．！？ and ｡ end a sentence as 。 does, a run of them once.",
    "Compression: the upper bound applies from 800 bytes on; it is meant for noise, but of 1,540 real "
    "documents all 182 under 200 bytes but two lie above 0.7, and none of 1,085 over 800 bytes does.",
)


def _preset(*, strict: bool, mended: bool) -> Preset:
    rules = _rules(strict=strict, mended=mended)
    return Preset(source=SOURCE, rules=rules, mends=_MENDS if mended else ())


PRESETS: Final = {
    "llm-jp-v1": _preset(strict=False, mended=False),
    "llm-jp-v1-fixed": _preset(strict=False, mended=True),
    "llm-jp-v1-strict": _preset(strict=True, mended=False),
    "llm-jp-v1-strict-fixed": _preset(strict=True, mended=True),
}
