"""Garbled text repaired where that is certain, refused where it is plain."""

from typing import ClassVar

import polars as pl

from curate.reading.mojibake import SUSPECT, mended
from seimai.step import Transform


class Mojibake(Transform):
    """Undo wrong decodings; refuse documents that are garbled beyond repair.

    Files have their encoding found when they are read; this is for text that arrives decoded (JSON lines,
    Parquet, databases), whose garbling happened before.

    Undone, up to three times over, are UTF-8, Shift_JIS and EUC-JP read as Latin-1 or windows-1252, any of
    them read as another, UTF-8 and Shift_JIS read as GBK, and bare escapes of ISO-2022-JP: where no byte is
    lost and plain Japanese comes of it, for the whole document or a line of it. UTF-8 read as windows-1252
    is also undone inside other text (cafÃ©). A document of which more than a fifth is garbled with
    characters lost (U+FFFD, or none at all) fails with `mojibake: UTF-8 read as Shift_JIS, with characters
    lost`; less than that stays as it is.

    >>> good = "米を磨いて、酒を造る。"
    >>> texts = [good.encode("cp932").decode("latin-1"), good.encode().decode("cp932", "replace"), good]
    >>> rows = Mojibake().apply(pl.DataFrame({"text": texts}))
    >>> rows["text"][0], rows["failed"][1]
    ('米を磨いて、酒を造る。', 'mojibake: UTF-8 read as Shift_JIS, with characters lost')
    """

    changes: ClassVar[frozenset[str]] = frozenset({"text"})

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Text of every row; `failed` where it cannot be told what it was."""
        text = rows["text"]
        # Garbled Japanese always has some of these signs, and few other documents have two.
        rare = (text.str.count_matches(SUSPECT) >= 2).fill_null(value=False).arg_true()
        found = [mended(t) for t in text.gather(rare)]
        failed = pl.Series("failed", [None], pl.String()).new_from_index(0, len(text))
        if found:
            text = text.scatter(rare, [v.text for v in found])
            failed = failed.scatter(rare, [v.failed for v in found])
        return rows.with_columns(text, failed)
