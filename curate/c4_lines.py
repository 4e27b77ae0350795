"""C4's rule on lines: only those that look like sentences of English stay."""

import polars as pl

from curate.cleaning.c4 import page
from seimai.step import Transform


class C4Lines(Transform):
    r"""Keep the lines of a page that C4 keeps, as datatrove does after its C4 filter has kept the page.

    A line stays if it ends in . ? ! or a straight quote (not in three dots) and has three words between white
    space or more, none of more than 1,000 characters; lines about cookies, terms of use and JavaScript go,
    and so do marks like [12] and [edit]. Behind `curate.rules: {preset: c4}` the result is datatrove's. By
    itself it empties Japanese pages: 。 ends no line here. FineWeb-2 does without it.

    >>> rows = pl.DataFrame({"text": ["He came, [1] he saw!\n米を磨く。\nSee our terms of use."]})
    >>> C4Lines().apply(rows)["text"].to_list()
    ['He came,  he saw!']
    """

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with the kept lines only; a null stays null."""
        kept = [None if text is None else "\n".join(page(text).kept).strip() for text in rows["text"]]
        return rows.with_columns(text=pl.Series(kept, dtype=pl.String))
