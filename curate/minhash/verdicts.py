"""The verdicts on duplicates: which rows go, and the id of the one that stays for each."""

import numpy as np
import numpy.typing as npt
import polars as pl

from seimai.dataset import Rows


def verdicts(rows: Rows, stays: npt.NDArray[np.int64]) -> pl.DataFrame:
    """One verdict for each row `i` whose `stays[i]` is another row."""
    goes = np.flatnonzero(stays != np.arange(stays.size))
    named, back = np.unique(stays[goes], return_inverse=True)
    return pl.DataFrame(
        {
            "row": pl.Series(goes, dtype=pl.UInt32 if stays.size < 1 << 32 else pl.UInt64),
            "reason": pl.repeat("duplicate", goes.size, dtype=pl.String, eager=True),
            "duplicate_of": _ids(rows, named).gather(back),
        }
    )


def _ids(rows: Rows, wanted: npt.NDArray[np.int64]) -> pl.Series:
    """The ids of some rows (ascending)."""
    found = [pl.Series("id", [], pl.String)]
    first = 0
    for frame in rows.frames(["id"]):
        begin, end = np.searchsorted(wanted, [first, first + frame.height])
        found.append(frame["id"].gather(wanted[begin:end] - first))
        first += frame.height
    return pl.concat(found)
