"""Semantic duplicates: of documents that say the same in other words, one stays."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from seimai.step import Ref, Selection

if TYPE_CHECKING:
    from seimai.dataset import Rows
    from seimai.job import Job


class SemanticDedup(Selection):
    """Drop documents that say the same as another in other words.

    An encoder makes a vector of each document, and two are duplicates if the cosine of theirs reaches the
    threshold. Of each text the preferred document stays (`keep`), and those that are as similar to it as the
    threshold asks go: `similarity` is never below the threshold, and no chains form.

    The encoder is a folder: a static model as model2vec writes it, or one of sentence-transformers. Nothing
    is downloaded unless it is named by a hub's id.

    The right threshold differs from encoder to encoder. Leave it out, and nothing but copies goes;
    `captured/` in the dataset then shows what each threshold would drop (`thresholds.txt`, `thresholds.svg`)
    and pairs of documents to read (`pairs.jsonl`). With a threshold it shows the same around it.

    Not all pairs are compared: vectors lie in cells (k-means, as in SemDeDup, Abbas et al. 2023), and a
    document is compared in as many of its nearest cells as `recall` needs, which is measured on a sample of
    the corpus. Put `curate.near_dedup` before: it is cheaper, and it is exact.

    >>> from curate.embeddings.vectors import cosines, units, whole
    >>> import numpy as np
    >>> words = {"精米": [1, 0, 0], "白米": [0.9, 0.4, 0], "電車": [0, 0, 1]}
    >>> vectors = units(whole(np.array(list(words.values()))))
    >>> cosines(vectors, vectors)[0].round(2).tolist()
    [1.0, 0.9100000262260437, 0.0]
    """

    changes: ClassVar[frozenset[str]] = frozenset({"duplicate_of", "similarity", "cluster", "cluster_size"})

    encoder: Ref = Field(description="folder of a model2vec or sentence-transformers model, or a hub's id")
    threshold: float | None = Field(
        None, gt=0, le=1, description="least cosine of two duplicates; left out: only measure, see captured/"
    )
    keep: Literal["longest", "first", "newest", "best"] = Field(
        "longest", description="which document stays; equals: the first in the dataset"
    )
    by: str | None = Field(
        None, description="for `best` a column (a signal), for `newest` a date: a column, or meta.KEY"
    )
    prompt: str = Field(
        "", description="what the encoder wants before each text (E5: `query: `); its model card says"
    )
    recall: float = Field(
        0.99, gt=0, le=1, description="least share of duplicates that meet in a cell, measured on a sample"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.keep in ("newest", "best")) != (self.by is not None):
            raise ValueError("keep: newest and keep: best go together with by: COLUMN")
        return self

    def note(self) -> str:
        """What the threshold is, and where to see what another would do."""
        if self.threshold is None:
            return "no threshold: only copies go; captured/thresholds.txt will show what each would drop"
        return f"cosine >= {self.threshold:g}; captured/thresholds.txt will show what others would drop"

    def select(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        """Rows of clusters; those that go have the reason `duplicate` and the id of the row that stays."""
        from curate.embeddings.encoder import local_folder, open_encoder
        from curate.embeddings.greedy import clusters, preference, stars
        from curate.embeddings.measure import Measure
        from curate.embeddings.vectors import Cosine
        from curate.minhash.bands import Layout
        from curate.minhash.score import scores
        from curate.minhash.search import Search
        from curate.minhash.similar import Similar
        from curate.minhash.survivors import survivors
        from curate.minhash.verdicts import verdicts

        encoder = local_folder(job.locate(self.encoder))
        open_encoder(encoder)  # what is wrong with it shows before any work
        store = Search(rows, job, Layout(0, 0), 0, Similar(0, exact=False)).store
        score = scores(rows, store, self.keep, self.by)
        same = store.same.copy()
        store.put("rank", preference(same, score))
        measure = Measure(rows, job, store, encoder, self.prompt)
        near = measure.show(self.threshold, self.recall)
        stays = same if self.threshold is None else stars(measure.grid, near, self.threshold, job)
        roots = clusters(stays, same)
        best = survivors(roots, score, len(rows))
        return verdicts(store, Cosine(measure.grid.vectors.size), roots, best, job)
