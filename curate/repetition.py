"""Keep documents that do not say the same over and over."""

import polars as pl
from pydantic import Field

from seimai.step import Filter


class Repetition(Filter):
    r"""Keep documents whose lines and phrases rarely repeat.

    The defaults are for documents that somebody wrote: laws and manuals are made of set phrases (median
    share of duplicated 5-grams 0.25 to 0.29, one in twenty above 0.44; measured on Japanese statutes,
    manual pages and technical books). For a web crawl give Swallow v1's bounds, `max_5grams: 0.15` and
    `max_lines: 0.3` (the latter Gopher's: Rae et al. 2021, table A1); of encyclopedia articles and
    novels 1 in 100 passes 0.15. Blank lines are not counted here; Swallow counts them, and so rejects
    every text with many paragraphs.

    >>> from curate.signals import measure
    >>> from seimai.signal import named
    >>> rows = pl.DataFrame({"text": ["精米とは、玄米を磨くこと。", "米" + "\nトップへ戻る" * 3]})
    >>> reasons = Repetition().reasons()
    >>> signals = measure(rows, named(reasons.values()))
    >>> {why: signals.select(bad).to_series().to_list() for why, bad in reasons.items()}
    {'repeated_lines': [False, True], 'repeated_text': [False, True], 'repeated_phrases': [False, True]}
    """

    max_lines: float = Field(0.4, ge=0, le=1, description="greatest share of lines equal to an earlier one")
    max_line_chars: float = Field(0.2, ge=0, le=1, description="greatest share of characters in such lines")
    max_5grams: float = Field(0.45, ge=0, le=1, description="greatest share of 5-grams that occur again")

    def reasons(self) -> dict[str, pl.Expr]:
        """`repeated_lines`, `repeated_text` (by characters), `repeated_phrases` (by 5-grams)."""
        return {
            "repeated_lines": pl.col("duplicate_line_ratio") > self.max_lines,
            "repeated_text": pl.col("duplicate_line_char_ratio") > self.max_line_chars,
            "repeated_phrases": pl.col("duplicate_5gram_ratio") > self.max_5grams,
        }
