"""ftfy's repairs, for corpora that must match others made with it."""

from typing import Any, Final, Literal

import polars as pl
from pydantic import Field

from seimai.errors import SeimaiError
from seimai.step import Transform

_DATATROVE: Final = {
    "fix_latin_ligatures": False,
    "fix_character_width": False,
    "uncurl_quotes": False,
    "fix_line_breaks": False,
    "normalization": None,
}
"""What datatrove turns off: all that changes good text."""


class FixText(Transform):
    """ftfy's repair of mojibake and its clean-up, with datatrove's arguments or its own.

    With its own arguments ftfy makes Japanese punctuation half-width and quotes straight; datatrove
    turns that off and keeps the repair of encodings, entities and controls. Both know UTF-8 read as Latin-1
    well and Japanese encodings not at all: for those see `curate.mojibake`.
    Source: ftfy 6.3 (rspeer/python-ftfy); FTFYFormatter of datatrove 0.10.1, used by FineWeb-2.

    >>> rows = pl.DataFrame({"text": ["cafÃ© で（米）", "&lt;米&gt;"]})
    >>> FixText().apply(rows)["text"].to_list(), FixText(arguments="ftfy").apply(rows)["text"].to_list()
    (['café で（米）', '<米>'], ['café で(米)', '<米>'])
    """

    arguments: Literal["datatrove", "ftfy"] = Field(
        default="datatrove", description="whose choice of repairs: datatrove's, or ftfy's defaults"
    )

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with their text repaired; a null stays null.

        Raises:
            SeimaiError: if ftfy is not installed.
        """
        try:
            import ftfy
        except ImportError as e:
            raise SeimaiError("curate.fix_text needs ftfy: pip install 'seimai[clean]'") from e
        fix: Any = ftfy
        config = fix.TextFixerConfig(**(_DATATROVE if self.arguments == "datatrove" else {}))
        text = [None if t is None else fix.fix_text(t, config) for t in rows["text"]]
        return rows.with_columns(pl.Series("text", text, pl.String))
