"""Keep documents made of whole sentences."""

import polars as pl
from pydantic import Field

from seimai.step import Filter


class Sentences(Filter):
    r"""Keep documents whose sentences are as long as prose has them, and end.

    A mean of 20 to 90 characters, and one in five sentences at most that ends in … or ・ (teasers cut off by
    「続きを読む…」), are Swallow v1's bounds (Okazaki et al. 2024). Menus and word lists lie below 20, text
    that lost its punctuation above 90. Dialogue in novels is short too, since 「はい。」 counts as two
    (one novel in twenty lies below 20): give `min_mean: 10` for them.

    >>> from curate.signals import measure
    >>> prose = "精米とは、玄米の表面を磨いて白くすることをいう。"
    >>> teaser = "新しい精米機の発売を記念した催しが今年も…"
    >>> rows = pl.DataFrame({"text": [prose, "ホーム\n製品\n会社", teaser]})
    >>> signals = measure(rows, ["mean_sentence_chars", "ellipsis_ending_ratio"])
    >>> {why: signals.select(bad).to_series().to_list() for why, bad in Sentences().reasons().items()}
    {'too_short': [False, True, False], 'too_long': [False, False, False], 'cut_off': [False, False, True]}
    """

    min_mean: float = Field(20, ge=0, description="least mean length of a sentence, in characters")
    max_mean: float = Field(90, ge=0, description="greatest mean length of a sentence, in characters")
    max_ellipses: float = Field(0.2, ge=0, le=1, description="greatest share of sentences ending in … or ・")

    def reasons(self) -> dict[str, pl.Expr]:
        """`too_short` and `too_long` sentences, `cut_off` ones."""
        mean = pl.col("mean_sentence_chars")
        return {
            "too_short": mean < self.min_mean,
            "too_long": mean > self.max_mean,
            "cut_off": pl.col("ellipsis_ending_ratio") > self.max_ellipses,
        }
