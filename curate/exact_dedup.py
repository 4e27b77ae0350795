"""Exact duplicates: of documents with the same text, the first stays."""

from typing import TYPE_CHECKING, ClassVar

import polars as pl

from seimai.step import Selection

if TYPE_CHECKING:
    from seimai.dataset import Rows
    from seimai.job import Job


class ExactDedup(Selection):
    r"""Drop documents whose text is that of an earlier one, save for width and white space.

    Texts are compared in NFKC and without white space by 128 bits of XXH3. Much cheaper than
    `curate.near_dedup`, which finds these too: for data in which copies are whole.

    >>> from curate.minhash.comparable import comparable
    >>> text = comparable(pl.Series(["ＡＢＣ株式会社\n　会社案内", "ABC株式会社 会社案内", "ABC株式会社"]))
    >>> text.document(0) == text.document(1), text.document(0) == text.document(2)
    (True, False)
    """

    changes: ClassVar[frozenset[str]] = frozenset({"duplicate_of"})

    def select(self, rows: "Rows", job: "Job") -> pl.DataFrame:
        """Rows that go, with the reason `duplicate`; `duplicate_of` is the id of the row that stays."""
        import numpy as np

        from curate.minhash.digest import first_equal
        from curate.minhash.sketch import digest
        from curate.minhash.verdicts import verdicts

        bar = job.bar("exact_dedup", len(rows), "rows")
        found = [np.zeros((0, 2), np.uint64)]
        for shard, part in zip(
            rows.shards, job.executor.map(digest, [s.path for s in rows.shards]), strict=True
        ):
            found.append(part)
            bar.advance(shard.rows)
        return verdicts(rows, first_equal(np.concatenate(found)))
