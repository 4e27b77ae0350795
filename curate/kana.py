"""Keep documents that are written in Japanese, not only with its characters."""

import polars as pl
from pydantic import Field

from seimai.step import Filter


class KanaRatio(Filter):
    """Keep documents with enough kana to be Japanese prose.

    Particles and verb endings are hiragana: novels have 0.52 to 0.67 of it, encyclopedias 0.35 to 0.47,
    laws 0.24 to 0.39. Chinese pages have none, lists of names and addresses little. 0.2 is Swallow v1's
    bound (Okazaki et al. 2024); for laws and patents take 0.15 (one law in twenty lies below 0.17).

    >>> from curate.signals import measure
    >>> rows = pl.DataFrame({"text": ["玄米を磨くことを精米という。", "碾米是将糙米磨成白米。", "東京都"]})
    >>> measure(rows, ["hiragana_ratio"]).select(KanaRatio().reasons()["too_few"]).to_series().to_list()
    [False, True, True]
    """

    at_least: float = Field(0.2, ge=0, le=1, description="least share of hiragana among Japanese letters")

    def reasons(self) -> dict[str, pl.Expr]:
        """`too_few`."""
        return {"too_few": pl.col("hiragana_ratio") < self.at_least}
