"""Navigation in plain text: menus, pagers and breadcrumbs that tag stripping left."""

from typing import ClassVar

import polars as pl
from pydantic import Field

from curate.cleaning.lines import cut_out
from curate.cleaning.menus import menus
from curate.cleaning.removed import cleaned
from seimai.step import Transform


class Navigation(Transform):
    r"""Remove blocks of link words: what is left of menus once the markup is gone.

    A line belongs to a menu if at least half of its pieces (between `|`, `»`, `>`, `・`, brackets, spaces)
    are words that only links have (「次へ」, 「サイトマップ」, 「ログイン」), or if it is a copyright notice.
    Lines of such words with at most two other short lines between them make a block, and a block of three
    words goes. One heading 「目次」 or a sentence with 「検索」 in it is therefore safe, and so are lists,
    verse and dialogue, which have no such words. The words were written for seimai.

    For text that was once HTML and that `curate.extract` has not seen. Applied twice it does what it does
    once. `navigation_removed` is the number of characters that went.

    >>> page = "ホーム | 製品情報 | お問い合わせ\n\n精米\n\n玄米を磨く。\n\n前へ |\n目次\n次へ |\n酒造りの話"
    >>> Navigation().apply(pl.DataFrame({"text": [page]})).rows()
    [('精米\n\n玄米を磨く。\n\n酒造りの話', 34)]
    """

    changes: ClassVar[frozenset[str]] = frozenset({"text", "navigation_removed"})

    words: int = Field(3, ge=1, description="least number of link words in a block that goes")

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows without their menus."""
        return cleaned(rows, [text and self._without(text) for text in rows["text"]], "navigation_removed")

    def _without(self, text: str) -> str:
        lines = text.split("\n")
        return cut_out(lines, menus(lines, self.words))
