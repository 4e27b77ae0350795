"""Chance from a row's id: a hash that is the same wherever and whenever the row is looked at."""

import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash

Keys = npt.NDArray[np.uint64]

BUCKETS = 256
"""Ranges of keys of equal width: amounts are summed by range, and only the range in which a sum is reached
is looked at row by row."""


def keys(ids: pl.Series, seed: int) -> Keys:
    """64 bits of XXH3 of each id: evenly spread, and unrelated for different seeds.

    >>> [f"{key:x}" for key in keys(pl.Series(["a", "b"]), 1)]
    ['d2f6d0996f37a720', '99009138a3452320']
    """
    hashes = (xxhash.xxh3_64_intdigest(name.encode(), seed) for name in ids)
    return np.fromiter(hashes, np.uint64, len(ids))


def bucket() -> pl.Expr:
    """The range that the column `key` lies in, from 0."""
    return (pl.col("key") // (1 << 56)).cast(pl.UInt16)
