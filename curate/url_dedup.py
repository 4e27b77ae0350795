"""URL duplicates: of documents from one address, one stays."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from seimai.step import Selection

if TYPE_CHECKING:
    from seimai.dataset import Rows
    from seimai.job import Job


class UrlDedup(Selection):
    """Drop documents whose address another document has too, whatever their texts.

    For crawls that met a page more than once: cheap, and it finds versions of a page that differ too much for
    `curate.near_dedup`. Addresses are compared in a normal form: `http` is `https`, `www.` counts for
    nothing, nor do default ports, fragments, a slash at the end, the order of the parameters and those that
    only track visitors (the list is `TRACKING` in curate/urls/address.py); escapes and international host
    names have one spelling. Rows without an address stay.

    Do not use it where one address stands for many documents (a file of records, a forum's front page).

    >>> from curate.urls.address import normal
    >>> normal("https://www.例え.jp/米/?fbclid=1&p=2#top") == normal("http://xn--r8jz45g.jp/%E7%b1%b3?p=2")
    True
    """

    changes: ClassVar[frozenset[str]] = frozenset({"duplicate_of", "cluster", "cluster_size"})

    keep: Literal["longest", "first", "newest", "best"] = Field(
        "longest", description="which document of an address stays; equals: the first in the dataset"
    )
    by: str | None = Field(
        None, description="for `best` a column (a signal), for `newest` a date: a column, or meta.KEY"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.keep in ("newest", "best")) != (self.by is not None):
            raise ValueError("keep: newest and keep: best go together with by: COLUMN")
        return self

    def select(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        """Rows of one address; those that go have the reason `duplicate` and the id of the row that stays."""
        import numpy as np

        from curate.minhash.bands import Layout
        from curate.minhash.clusters import Forest
        from curate.minhash.meet import Part, equal_texts
        from curate.minhash.score import scores
        from curate.minhash.sketch import shards
        from curate.minhash.store import Store
        from curate.minhash.survivors import survivors
        from curate.minhash.verdicts import verdicts
        from curate.urls.sketch import UrlTask, sketch_urls

        every = list(shards(rows))
        places = tuple((first, size) for _, first, size in every)
        store = Store(job.work / "urls", places, len(rows), 0, Layout(0, 0))
        store.create()
        bar = job.bar("url_dedup: addresses", len(rows), "rows")
        tasks = [UrlTask(path, first, size, store) for path, first, size in every]
        for done in job.executor.map(sketch_urls, tasks):
            bar.advance(done)
        forest = Forest(store.rows, store.directory / "forest")
        parts = [Part(store, store.digest_group, number) for number in range(1 << store.bits)]
        for found in job.executor.map(equal_texts, parts):
            forest.unite(found[0], found[1])
        roots = forest.roots()
        score = scores(rows, store, self.keep, self.by)
        best = survivors(roots, score, len(rows), store.filled("best", np.int64(-1)))
        return verdicts(store, None, roots, best, job)
