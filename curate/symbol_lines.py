"""Lines that are nothing but symbols, removed as datatrove does."""

import re
from collections.abc import Callable
from functools import cache

import polars as pl
from pydantic import Field

from curate.normalizing import symbols
from seimai.step import Transform


class SymbolLines(Transform):
    r"""Remove lines that are nothing but certain symbols and spaces: by default |, left over from tables.

    `symbols: null` takes datatrove's whole punctuation: rulers and ornaments, but a novel's line 「……」 too.
    Source: SymbolLinesFormatter of datatrove 0.10.1, with the arguments of the FineWeb-2 pipeline.

    The original splits lines wherever Python does (form feeds, U+2028), and each pass eats one newline at the
    end of the text, so it is not idempotent; it leaves two blank lines for a paragraph break, and １ is
    punctuation. `exact: false` ends lines at `\n` only, keeps the last newline, leaves one blank line, and
    takes １ for a digit.

    >>> rows = pl.DataFrame({"text": ["題\n| |\n|\n本文。\n"]})
    >>> SymbolLines().apply(rows)["text"].item(), SymbolLines(exact=False).apply(rows)["text"].item()
    ('題\n\n\n本文。', '題\n\n本文。\n')
    >>> rows = pl.DataFrame({"text": ["題\n----\n本文。"]})
    >>> SymbolLines(symbols=None, paragraph=False).apply(rows)["text"].item()
    '題\n本文。'
    """

    symbols: str | None = Field(
        default="|", min_length=1, description="the symbols, one after another; null: all punctuation"
    )
    paragraph: bool = Field(default=True, description="leave a paragraph break where lines went")
    exact: bool = Field(default=True, description="datatrove's bytes; off: idempotent, and １ is a digit")

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows without such lines; a null stays null."""
        text = [None if t is None else self._changed(t) for t in rows["text"]]
        return rows.with_columns(pl.Series("text", text, pl.String))

    def _changed(self, text: str) -> str:
        matches = _whole_line(self.symbols, self.exact)
        lines: list[str] = []
        removing = False
        for line in text.splitlines() if self.exact else text.split("\n"):
            # White space alone stays, though datatrove counts some of it as symbols (U+001F).
            if line.strip() and matches(line):
                if self.paragraph and not removing:
                    lines.append("\n" if self.exact else "")
                removing = True
            else:
                lines.append(line)
                removing = False
        return "\n".join(lines)


@cache
def _whole_line(some: str | None, exact: bool) -> Callable[[str], object]:  # noqa: FBT001
    if some is not None:
        return re.compile(f"[ {re.escape(some)}]+").fullmatch
    inside = symbols.inside()
    return re.compile(f"[ {inside}]+" if exact else f"(?:(?!１)[ {inside}])+").fullmatch
