"""Main text of web pages; front matter off Markdown; plain text as it is."""

from collections.abc import Callable
from typing import ClassVar

import polars as pl

from curate.reading.html import main_text
from curate.reading.markdown import without_front_matter
from seimai.step import Transform


class Extract(Transform):
    r"""Reduce pages to their main text and title: no menus, no footers, no markup.

    HTML goes through resiliparse; of Markdown only the front matter goes (its title is kept), plain text
    and records stay as they are. A page without text fails with `no text`.

    >>> page = "<title>精米</title><body><nav>目次</nav><main><p>米を磨き、<br>酒を造る。</p></main>"
    >>> rows = pl.DataFrame({"text": [page], "title": [None], "media": ["html"]})
    >>> Extract().apply(rows).to_dicts()
    [{'text': '米を磨き、\n酒を造る。', 'title': '精米', 'failed': None}]
    """

    changes: ClassVar[frozenset[str]] = frozenset({"text", "title"})

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Text and title of every row; the column `media` has done its work."""
        missing = [pl.lit(None, pl.String).alias(c) for c in ("title", "media") if c not in rows.columns]
        rows = rows.with_columns(missing)
        results = [_extracted(*row) for row in rows.select("text", "title", "media").iter_rows()]
        return rows.drop("media").with_columns(
            pl.Series(name, [result[i] for result in results], pl.String())
            for i, name in enumerate(("text", "title", "failed"))
        )


def _extracted(
    text: str | None, title: str | None, media: str | None
) -> tuple[str | None, str | None, str | None]:
    """Text, title, and why there is no text."""
    reader = _READERS.get(media or "")
    if text and reader:
        try:
            text, found = reader(text)
        except ValueError as e:
            return text, title, str(e)
        title = title or found
    return text, title, None if text and not text.isspace() else "no text"


_READERS: dict[str, Callable[[str], tuple[str, str | None]]] = {
    "html": main_text,
    "markdown": without_front_matter,
}
