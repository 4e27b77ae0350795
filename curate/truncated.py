"""Texts that break off: the last sentence, if it was cut in the middle, goes."""

from typing import ClassVar

import polars as pl

from curate.cleaning.removed import cleaned
from curate.cleaning.sentence_end import without_unfinished
from seimai.step import Transform


class Truncated(Transform):
    r"""Remove the last sentence of a text that breaks off in the middle, or at 「…続きを読む」.

    Feeds, snippets and page limits cut texts anywhere, and a model learns to stop there. The text goes back
    to its last 。！？; without one in the last paragraph, that paragraph goes, if the one before it ends with
    one. Left alone is what may be whole: a last line that ends with any mark, or with a word that can end a
    sentence (「です」, 「した」, 「ある」, 「よ」); lines of fewer than 20 characters (headings, names,
    dates); lists, tables, addresses, verse; and texts that have no sentence to go back to.

    Applied twice it does what it does once. `truncated_removed` is the number of characters that went.

    >>> rows = pl.DataFrame({"text": ["米を磨いて酒を造る。削りすぎた米は、蒸すとき", "米を磨く。\n以上"]})
    >>> Truncated().apply(rows).rows()
    [('米を磨いて酒を造る。', 12), ('米を磨く。\n以上', 0)]
    """

    changes: ClassVar[frozenset[str]] = frozenset({"text", "truncated_removed"})

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows without unfinished sentences at the end."""
        return cleaned(
            rows, [text and without_unfinished(text) for text in rows["text"]], "truncated_removed"
        )
