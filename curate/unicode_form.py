"""Unicode's own normalisation forms, for corpora that must match others made with them."""

import unicodedata
from functools import cache
from typing import Literal

import polars as pl
from pydantic import Field

from curate.normalizing.column import rewrite
from curate.normalizing.forms import form_table
from seimai.step import Transform


class UnicodeForm(Transform):
    """Unicode's NFKC or NFC, exactly: what HojiChar, most tokenizers and `unicodedata.normalize` do.

    NFKC makes （！） half-width, the ideographic space an ordinary one, ㈱ three characters, ①② the number 12
    and … three dots; both forms swap glyphs in people's names (U+FA19). `curate.normalize` folds what is safe
    in Japanese and leaves those. Source: Unicode Standard Annex 15, in the version of this Python.

    >>> rows = pl.DataFrame({"text": ["ﾊﾟｿｺﾝ（㈱）①②　10²…"]})
    >>> UnicodeForm().apply(rows)["text"].item()
    'パソコン((株))12 102...'
    """

    form: Literal["NFKC", "NFC"] = Field(
        default="NFKC", description="NFKC folds compatibility characters; NFC only composes"
    )

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with their text in that form; a null stays null."""
        text = rows["text"]
        found = rewrite(text, _table(self.form))
        if not len(found.flagged):
            return rows.with_columns(found.text)
        # Marks that reorder or compose need their neighbours: those documents go through Unicode's own way.
        whole = [unicodedata.normalize(self.form, t) for t in text.gather(found.flagged)]
        return rows.with_columns(found.text.scatter(found.flagged, pl.Series(whole, dtype=pl.String)))


_table = cache(form_table)
