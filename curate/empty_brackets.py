"""Empty brackets: what stays of （英: , 1950年 - ） when a template or a foreign word was taken out."""

from typing import ClassVar, Final

import polars as pl

from seimai.step import Transform

_REPLACED: Final = (
    (r"（[\s,，、;；]*", "（"),
    (r"[\s,，、;；]*）", "）"),
    (r"（\s*）", ""),
    (r"\([\s,;]*", "("),
    (r"[\s,;]*\)", ")"),
    (r"\s?\(\s*\)", ""),
)


class EmptyBrackets(Transform):
    """Remove brackets without content, and commas and spaces just inside others.

    LLM-jp corpus v1 does this to Wikipedia (`remove_empty_parenthesis` in filters.py), whose extracted text
    has （、1950年） where a reading or a foreign name was. Newlines count as spaces. Code loses the brackets
    of its calls: not for technical documents.

    >>> rows = pl.DataFrame({"text": ["米（、こめ）は稲（）の実 ( ) である。"]})
    >>> EmptyBrackets().apply(rows)["text"].item()
    '米（こめ）は稲の実 である。'
    """

    changes: ClassVar[frozenset[str]] = frozenset({"text"})

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with their text shortened; a null stays null."""
        text = pl.col("text")
        for pattern, replacement in _REPLACED:
            text = text.str.replace_all(pattern, replacement)
        return rows.with_columns(text)
