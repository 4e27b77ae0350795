"""A company's own signals: the two names that the runner asks for."""

from collections.abc import Collection

import polars as pl

from seimai.signal import Signal

SIGNALS = {
    "bangs": Signal("exclamation marks", "count", dtype=pl.Int64),
    "letters": Signal("characters", "count", dtype=pl.Int64),
    "kanji_share": Signal("share of kanji among characters", "0 to 1"),
    "words": Signal("words", "count", dtype=pl.Int64, costly=True),
}


def measure(rows: pl.DataFrame, names: Collection[str]) -> pl.DataFrame:
    text = pl.col("text")
    known = {
        "bangs": text.str.count_matches("!|！").cast(pl.Int64),
        "letters": text.str.len_chars().cast(pl.Int64),
        "words": text.str.count_matches("[^ ]+").cast(pl.Int64),
        "kanji_share": text.str.count_matches(r"\p{Han}") / text.str.len_chars(),
    }
    return rows.select(known[n].alias(n) for n in names)
