"""Wikipedia's last sections: footnotes, references and links are no prose."""

from typing import ClassVar, Final

import polars as pl

from seimai.step import Transform

_HEADINGS: Final = (
    "脚注", "関連項目", "日本国内の関連項目", "出典", "出典・脚注", "参照", "外部リンク", "参考文献",
    "その他関連事項", "Footnotes", "See also", "Further reading", "Bibliography", "References", "Notes",
    "Citations", "Sources", "External links",
)  # fmt: skip
_FROM_THERE: Final = rf"(?s)\n(?:{'|'.join(_HEADINGS)})\s*\n.*"


class WikiFootnotes(Transform):
    r"""Cut a text at the first line that is the heading of an article's apparatus.

    Headings are those of LLM-jp corpus v1 (`remove_wikipedia_footnote` in filters.py): 脚注, 関連項目, 出典,
    参考文献, 外部リンク and their like, and the English ones. The heading must be a line of its own, with
    one after it; the first line of a text is none.

    >>> rows = pl.DataFrame({"text": ["米は稲の実。\n脚注\n1. 広辞苑", "米の出典\n"]})
    >>> WikiFootnotes().apply(rows)["text"].to_list()
    ['米は稲の実。', '米の出典\n']
    """

    changes: ClassVar[frozenset[str]] = frozenset({"text"})

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with their text shortened; a null stays null."""
        return rows.with_columns(pl.col("text").str.replace(_FROM_THERE, ""))
