"""Exact duplicates: of rows with the same text, the first stays."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import polars as pl
from pydantic import Field

from seimai.rows import Kind
from seimai.step import Selection

if TYPE_CHECKING:
    from seimai.dataset import Rows
    from seimai.job import Job


class ExactDedup(Selection):
    r"""Drop documents whose text is that of an earlier one, save for width and white space.

    Texts are compared in NFKC and without white space by 128 bits of XXH3. Much cheaper than
    `curate.near_dedup`, which finds these too: for data in which copies are whole. Of other rows than
    documents the messages are compared, one after another.

    >>> from curate.minhash.comparable import comparable
    >>> text = comparable(pl.Series(["ＡＢＣ株式会社\n　会社案内", "ABC株式会社 会社案内", "ABC株式会社"]))
    >>> text.document(0) == text.document(1), text.document(0) == text.document(2)
    (True, False)
    """

    version: ClassVar[int] = 2
    changes: ClassVar[frozenset[str]] = frozenset({"duplicate_of", "cluster", "cluster_size"})

    within: list[str] = Field(
        [],
        description="columns to compare, such as [prompt] of pairs; if left out the prompt of prompts and "
        "candidates, every message of chats, pairs and labels",
    )

    def accepts(self, kind: Kind) -> bool:
        """All rows that hold text."""
        from curate.fields import KINDS

        return kind in KINDS

    def select(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        """Rows of clusters; those that go have the reason `duplicate` and the id of the row that stays."""
        from curate.minhash.bands import Layout
        from curate.minhash.search import Search
        from curate.minhash.similar import Similar
        from curate.minhash.verdicts import verdicts
        from curate.one_text import one_text

        search = Search(one_text(rows, self.within, job), job, Layout(0, 0), 0, Similar(0, exact=False))
        roots = search.forest.roots()
        return verdicts(search.store, None, roots, roots, job)
