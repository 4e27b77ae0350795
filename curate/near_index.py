"""An index of a release, against which later ones are deduplicated."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

import polars as pl
from pydantic import Field

from seimai.rows import Kind
from seimai.step import Rewrite

if TYPE_CHECKING:
    from seimai.dataset import Rows
    from seimai.job import Job


class NearIndex(Rewrite):
    """Keep of each document what `curate.near_dedup: {against: ...}` needs: a signature and a digest.

    An index is a dataset of its own, of some 550 bytes a document before compression. The next release names
    it and finds its documents' duplicates without reading the earlier texts again; `shingles`, `ngram` and
    `num_perm` must be the same there.

    >>> from curate.minhash.comparable import comparable
    >>> from curate.minhash.signature import permutations, signatures
    >>> text = comparable(pl.Series(["玄米を磨く。", "玄米を　磨く。"]))
    >>> first, second = signatures(text, 5, permutations(128))
    >>> bool((first == second).all())
    True
    """

    gives: ClassVar[Kind | None] = "index"

    shingles: Literal["characters", "words"] = Field(
        "characters", description="what is compared, as `curate.near_dedup` has it"
    )
    ngram: int = Field(5, ge=1, le=64, description="characters or words of a shingle")
    num_perm: int = Field(128, ge=16, le=1024, description="values of a MinHash signature")

    def rewrite(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        """One row a document, with its id and origin."""
        from curate.minhash.index import IndexTask, index
        from curate.minhash.signature import permutations

        bar = job.bar("near_index", len(rows), "rows")
        of = permutations(self.num_perm)
        tasks = [IndexTask(shard, self.ngram, self.shingles, of) for shard in rows.shards if shard.rows]
        for frame in job.executor.map(index, tasks):
            bar.advance(frame.height)
            yield frame
