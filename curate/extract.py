"""Main text of web pages; front matter off Markdown; plain text as it is."""

from collections.abc import Callable
from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.reading.apart import Apart
from curate.reading.html import main_text
from curate.reading.markdown import without_front_matter
from seimai.step import Transform


class Extract(Transform):
    r"""Reduce pages to their main text and title: no menus, no footers, no markup.

    HTML goes through resiliparse, with what it gets wrong on Japanese put right; of Markdown only the front
    matter goes (its title is kept), plain text and records stay as they are. A page without text fails with
    `no text`; one that is nested too deep, or on which the parser takes too long, too much memory or its own
    life, fails with a text that says so.

    trafilatura is no third method: it reads fewer of the pages right than either of the two
    (benchmarks/extract.py; the figures stand in docs/cleaning.md).

    >>> page = "<title>精米</title><body><nav>目次</nav><main><p>米を磨き、<br>酒を造る。</p></main>"
    >>> rows = pl.DataFrame({"text": [page], "title": [None], "media": ["html"]})
    >>> Extract().apply(rows).to_dicts()
    [{'text': '米を磨き、\n酒を造る。', 'title': '精米', 'failed': None}]
    """

    version: ClassVar[int] = 2
    changes: ClassVar[frozenset[str]] = frozenset({"text", "title"})

    method: Literal["careful", "fast"] = Field(
        "careful",
        description="careful: on pages that name no main part, find it by its prose, and remove the menus, "
        "related links and notices around it (old layouts in tables); fast: leave that to the names of "
        "elements and classes, and take two thirds of the time",
    )

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Text and title of every row; the column `media` has done its work."""
        missing = [pl.lit(None, pl.String).alias(c) for c in ("title", "media") if c not in rows.columns]
        rows = rows.with_columns(missing)
        results = [self._extracted(*row) for row in rows.select("text", "title", "media").iter_rows()]
        return rows.drop("media").with_columns(
            pl.Series(name, [result[i] for result in results], pl.String())
            for i, name in enumerate(("text", "title", "failed"))
        )

    def _extracted(
        self, text: str | None, title: str | None, media: str | None
    ) -> tuple[str | None, str | None, str | None]:
        """Text, title, and why there is no text."""
        try:
            if text and media == "html":
                text, found = _main_text(text, careful=self.method == "careful")
                title = title or found
            elif text and media == "markdown":
                text, found = without_front_matter(text)
                title = title or found
        except ValueError as e:
            return text, title, str(e)
        return text, title, None if text and not text.isspace() else "no text"


_main_text: Callable[..., tuple[str, str | None]] = Apart(main_text)
