"""Keep documents that are text rather than tables, code or decoration."""

import polars as pl
from pydantic import Field

from seimai.step import Filter


class Symbols(Filter):
    """Keep documents with few symbols and digits.

    0.1 of symbols is the bound of EleutherAI's dps for Japanese. A mark of ordinary prose (。、「」・…) is no
    symbol here, so encyclopedias and novels lie below 0.03 (95 of 100); mark-up and ★☆■ lie above. Technical
    pages that mix prose and code have a median of 0.21: give `max_symbols: 0.3` for them. Price lists and
    timetables are half digits; 99 of 100 documents of six prose corpora have less than 0.13.

    >>> from curate.signals import measure
    >>> rows = pl.DataFrame({"text": ["精米は「磨き」である。", "★☆■今だけ！！", "7:05 7:20 7:35 発"]})
    >>> signals = measure(rows, ["symbol_ratio", "digit_ratio"])
    >>> {why: signals.select(bad).to_series().to_list() for why, bad in Symbols().reasons().items()}
    {'too_many_symbols': [False, True, True], 'too_many_digits': [False, False, True]}
    """

    max_symbols: float = Field(
        0.1, ge=0, le=1, description="greatest share of symbols among visible characters"
    )
    max_digits: float = Field(
        0.3, ge=0, le=1, description="greatest share of digits among visible characters"
    )

    def reasons(self) -> dict[str, pl.Expr]:
        """`too_many_symbols`, `too_many_digits`."""
        return {
            "too_many_symbols": pl.col("symbol_ratio") > self.max_symbols,
            "too_many_digits": pl.col("digit_ratio") > self.max_digits,
        }
