"""Put the rows in an order of chance."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from seimai.rows import Kind
from seimai.step import Rewrite

if TYPE_CHECKING:
    from seimai.dataset import Rows
    from seimai.job import Job


class Shuffle(Rewrite):
    """Put all rows in an order of chance that depends on the recipe's seed and the rows' ids alone.

    Training reads a corpus front to back, and neighbours of one source make batches that are alike. Two
    passes over files do it in the memory of a few frames: rows are dealt out to ranges of their ids' hashes,
    then each range is put in order. The other rows keep their order when one comes or goes.

    >>> from curate.mixing.order import keys
    >>> ids = pl.Series(["玄米", "白米", "麦"])
    >>> ids.gather(keys(ids, 1).argsort()).to_list()
    ['麦', '白米', '玄米']
    """

    takes: ClassVar[Kind | None] = None
    keeps_columns: ClassVar[bool] = True

    def rewrite(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        """The same rows."""
        from curate.mixing.spill import in_order

        return in_order(rows, job)
