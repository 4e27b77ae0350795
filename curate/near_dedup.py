"""Near-duplicates: of documents that share most of their wording, one stays."""

from typing import TYPE_CHECKING, ClassVar, Literal

import polars as pl
from pydantic import Field

from seimai.step import Selection

if TYPE_CHECKING:
    from seimai.dataset import Rows
    from seimai.job import Job


class NearDedup(Selection):
    """Drop documents whose wording is nearly that of another.

    Texts are compared in NFKC and without white space, by the Jaccard similarity of their sets of
    character n-grams. MinHash finds the pairs worth comparing; each is then compared exactly, so no pair
    below the threshold is ever joined, and a pair at the threshold is found with a chance of 98 %. Pairs
    are joined to clusters; one document of each cluster stays. `similarity` is the exact value between
    the dropped document and the one that stays; it lies below the threshold where other documents of the
    cluster join the two.

    Characters and not words: Japanese has no spaces, and a tokeniser would make the result depend on its
    dictionary. Windows of five characters and 0.8 are HojiChar's defaults; Swallow's corpora are built with
    five characters and about 0.9 (doubri).

    >>> from curate.minhash.verify import similarity
    >>> law = "この法律において「電子計算機」とは、情報を処理する機械をいう。ただし、試験用の機械を除く。"
    >>> round(similarity(law, law.replace("試験", "研究"), 5), 2)
    0.74
    """

    changes: ClassVar[frozenset[str]] = frozenset({"duplicate_of", "similarity"})

    ngram: int = Field(5, ge=1, le=64, description="characters of a shingle")
    threshold: float = Field(
        0.8, gt=0, le=1, description="least Jaccard similarity of the shingles of two duplicates"
    )
    num_perm: int = Field(128, ge=16, le=1024, description="values of a MinHash signature")
    keep: Literal["longest", "first"] = Field(
        "longest", description="which document of a cluster stays: the longest, or the first in the dataset"
    )

    def select(self, rows: "Rows", job: "Job") -> pl.DataFrame:
        """Rows that go, with the reason `duplicate`; `duplicate_of` is the id of the row that stays."""
        from curate.minhash.bands import layout
        from curate.minhash.clusters import survivors
        from curate.minhash.search import Search
        from curate.minhash.verdicts import verdicts

        search = Search(rows, job, self.ngram, self.num_perm, layout(self.threshold, self.num_perm))
        stays = survivors(search.clusters(self.threshold), search.store.chars, self.keep)
        found = verdicts(rows, stays)
        similarity = search.similarities_to(found["row"].to_numpy(), stays)
        return found.with_columns(pl.Series("similarity", similarity))
