"""The verdicts on duplicates: which rows go, for which row, and how large their clusters are."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from curate.minhash.bands import Rows
from seimai import dataset


def verdicts(rows: dataset.Rows, against: Sequence[dataset.Rows], roots: Rows, stays: Rows) -> pl.DataFrame:
    """One verdict for each row of a cluster of two or more; the row that stays has no reason.

    `roots[i]` is the first row of the cluster of row i, `stays[i]` the row of it that stays; rows from
    `len(rows)` on are those of the indexes.
    """
    own = len(rows)
    sizes = np.bincount(roots, minlength=roots.size)
    some = np.flatnonzero(sizes[roots[:own]] > 1)
    goes = stays[some] != some
    named, back = np.unique(np.concatenate([stays[some], roots[some]]), return_inverse=True)
    ids = _ids([rows, *against], named)
    of, cluster = ids.gather(back[: some.size]), ids.gather(back[some.size :])
    gone = pl.Series(goes)
    return pl.DataFrame(
        {
            "row": pl.Series(some, dtype=pl.UInt32 if own < 1 << 32 else pl.UInt64),
            "reason": pl.select(pl.when(gone).then(pl.lit("duplicate"))).to_series(),
            "duplicate_of": pl.select(pl.when(gone).then(of)).to_series(),
            "cluster": cluster,
            "cluster_size": pl.Series(sizes[roots[some]], dtype=pl.UInt32),
        }
    )


def _ids(parts: Sequence[dataset.Rows], wanted: Rows) -> pl.Series:
    """The ids of some rows (ascending), numbered through all parts."""
    found = [pl.Series("id", [], pl.String)]
    first = 0
    for part in parts:
        for frame in part.frames(["id"]):
            begin, end = np.searchsorted(wanted, [first, first + frame.height])
            found.append(frame["id"].gather(wanted[begin:end] - first))
            first += frame.height
    return pl.concat(found)
