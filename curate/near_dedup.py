"""Near-duplicates: of documents that share most of their wording, one stays."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from seimai.rows import Kind
from seimai.step import Ref, Selection

if TYPE_CHECKING:
    from curate.minhash.bands import Layout
    from seimai.dataset import Rows
    from seimai.job import Job


class NearDedup(Selection):
    """Drop documents whose wording is nearly that of another.

    Texts are compared in NFKC and without white space, by the Jaccard similarity of their sets of
    character n-grams. MinHash finds the pairs worth comparing; each is then compared exactly, so no pair
    below the threshold is ever joined, and a pair at the threshold is found with a chance of 98 %. Pairs
    are joined to clusters; one document of each cluster stays, and `cluster` and `cluster_size` are in its
    row too. `similarity` is the value between the dropped document and the one that stays; it lies below
    the threshold where other documents of the cluster join the two.

    Memory does not grow with the corpus: what is known of the documents, the union-find included, lies in
    files (about 460 bytes each with the defaults, and the texts of those that meet another).

    `against` names indexes of earlier releases (`curate.near_index`): what resembles one of their documents
    goes. Such pairs are judged by their signatures, since the earlier texts are not read again.

    Of other rows than documents the messages are compared, one after another (`within` names some).

    Characters and not words by default: Japanese has no spaces, and a tokeniser makes the result depend on
    its dictionary. Windows of five characters and 0.8 are HojiChar's defaults; Swallow's corpora are built
    with five characters and about 0.9 (doubri). `shingles: words` compares Sudachi's words (mode A) by their
    letters alone, for English and mixed texts, where five characters are one word; `ngram: 3` is then about
    what five characters are in Japanese. It takes an analysis of every text: some 5 MB a second.

    >>> from curate.minhash.verify import similarity
    >>> law = "この法律において「電子計算機」とは、情報を処理する機械をいう。ただし、試験用の機械を除く。"
    >>> round(similarity(law, law.replace("試験", "研究"), 5), 2)
    0.74
    """

    version: ClassVar[int] = 2
    changes: ClassVar[frozenset[str]] = frozenset({"duplicate_of", "similarity", "cluster", "cluster_size"})

    shingles: Literal["characters", "words"] = Field(
        "characters", description="what is compared: n-grams of characters, or of words (Sudachi's)"
    )
    ngram: int = Field(5, ge=1, le=64, description="characters or words of a shingle")
    threshold: float = Field(
        0.8, gt=0, le=1, description="least Jaccard similarity of the shingles of two duplicates"
    )
    num_perm: int = Field(128, ge=16, le=1024, description="values of a MinHash signature")
    bands: int | None = Field(
        None, ge=1, description="bands of a signature, with `rows`; by the threshold if left out"
    )
    rows: int | None = Field(None, ge=1, description="values of a band")
    verify: Literal["exact", "estimate"] = Field(
        "exact", description="compare the texts of pairs that meet, or only their signatures"
    )
    keep: Literal["longest", "first", "newest", "best"] = Field(
        "longest", description="which document of a cluster stays; equals: the first in the dataset"
    )
    by: str | None = Field(
        None, description="for `best` a column (a signal), for `newest` a date: a column, or meta.KEY"
    )
    against: list[Ref] = Field([], description="indexes of earlier releases: entries or dataset folders")

    within: list[str] = Field(
        [],
        description="columns to compare, such as [prompt] of pairs; if left out the prompt of prompts and "
        "candidates, every message of chats, pairs and labels",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.keep in ("newest", "best")) != (self.by is not None):
            raise ValueError("keep: newest and keep: best go together with by: COLUMN")
        if (self.bands is None) != (self.rows is None):
            raise ValueError("bands and rows go together")
        if (self.bands or 0) * (self.rows or 0) > self.num_perm:
            raise ValueError(f"{self.bands} bands of {self.rows} rows need more than num_perm values")
        return self

    def accepts(self, kind: Kind) -> bool:
        """All rows that hold text."""
        from curate.fields import KINDS

        return kind in KINDS

    def layout(self) -> "Layout":
        """How signatures are cut: as given, or the best for the threshold."""
        from curate.minhash.bands import Layout, layout

        if self.bands is not None and self.rows is not None:
            return Layout(self.bands, self.rows)
        return layout(self.threshold, self.num_perm)

    def note(self) -> str:
        """Bands, rows, and the chance that a pair is found at similarities around the threshold."""
        cut = self.layout()
        places = sorted({round(self.threshold + d, 2) for d in (-0.3, -0.1, 0, 0.05, 0.1)})
        curve = ", ".join(f"{100 * cut.recall(s):.3g} % at {s:g}" for s in places if 0 < s <= 1)
        return f"{cut.bands} bands of {cut.rows} values: pairs meet with {curve}"

    def select(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        """Rows of clusters; those that go have the reason `duplicate` and the id of the row that stays."""
        import numpy as np

        from curate.minhash.index import index_rows
        from curate.minhash.score import scores
        from curate.minhash.search import Search
        from curate.minhash.similar import Similar
        from curate.minhash.survivors import survivors
        from curate.minhash.verdicts import verdicts
        from curate.one_text import one_text

        against = [
            index_rows(Path(job.locate(name)), self.ngram, self.shingles, self.num_perm)
            for name in self.against
        ]
        similar = Similar(self.ngram, self.verify == "exact", self.shingles)
        search = Search(one_text(rows, self.within, job), job, self.layout(), self.num_perm, similar, against)
        store, roots = search.store, search.clusters(self.threshold)
        score = scores(rows, store, self.keep, self.by)
        best = survivors(roots, score, len(rows), store.filled("best", np.int64(-1)))
        return verdicts(store, similar, roots, best, job)
