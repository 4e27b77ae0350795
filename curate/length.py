"""Keep documents of a usable length."""

from typing import Self

import polars as pl
from pydantic import Field, model_validator

from seimai.step import Filter


class Length(Filter):
    """Keep documents that are neither scraps nor dumps.

    Below 200 characters stand menus, captions and error pages (LLM-jp's Uzushio pipeline: 200; Swallow v1
    asks 400 of web pages). No upper bound is set: laws and novels have hundreds of thousands of characters;
    EleutherAI's dps stops Japanese web pages at 100,000.

    >>> from curate.signals import measure
    >>> rows = pl.DataFrame({"text": ["見つかりません。", "米を磨く。" * 50, "米を磨く。" * 500]})
    >>> for reason, bad in Length(max_chars=1000).reasons().items():
    ...     print(reason, measure(rows, ["chars"]).select(bad).to_series().to_list())
    too_short [True, False, False]
    too_long [False, False, True]
    """

    min_chars: int = Field(200, ge=0, description="least number of characters (code points)")
    max_chars: int | None = Field(None, ge=1, description="greatest number of characters; none: no bound")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max_chars is not None and self.max_chars < self.min_chars:
            raise ValueError(f"max_chars ({self.max_chars}) is less than min_chars ({self.min_chars})")
        return self

    def reasons(self) -> dict[str, pl.Expr]:
        """`too_short`, and `too_long` if there is an upper bound."""
        chars = pl.col("chars")
        reasons = {"too_short": chars < self.min_chars}
        return reasons if self.max_chars is None else {**reasons, "too_long": chars > self.max_chars}
