"""Which document of a cluster is best: one number a row, the highest stays."""

from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.minhash.store import Store
from seimai.dataset import Rows
from seimai.errors import SeimaiError
from seimai.mapped import slices

Keep = Literal["longest", "first", "newest", "best"]


def scores(rows: Rows, store: Store, keep: Keep, by: str | None) -> npt.NDArray[np.float64]:
    """The score of each row of the dataset and, 0, of each row of an index; it lies in a file of the store.

    Raises:
        SeimaiError: if the rows have no column `by`, or none that can be put in order.
    """
    found = store.filled("scores", np.float64(0))
    if keep == "longest":
        chars = store.chars
        for some in slices(store.rows):
            found[some] = chars[some]
    if keep in ("first", "longest") or by is None:
        return found
    column, _, key = by.partition(".")
    first = 0
    for frame in rows.frames():
        if column not in frame.columns:
            raise SeimaiError(f"the rows have no column {column!r} to keep the {keep} by")
        values = frame[column].str.json_path_match(f"$.{key}") if key else frame[column]
        found[first : first + frame.height] = _numbers(values, keep).fill_null(float("nan")).to_numpy()
        first += frame.height
    return found


def _numbers(values: pl.Series, keep: Keep) -> pl.Series:
    if values.dtype.is_numeric() or values.dtype.is_temporal():
        return (
            values.cast(pl.Int64, strict=False).cast(pl.Float64)
            if values.dtype.is_temporal()
            else values.cast(pl.Float64)
        )
    if keep == "newest":
        return _days(values.cast(pl.String))
    return values.cast(pl.String).cast(pl.Float64, strict=False)


def _days(values: pl.Series) -> pl.Series:
    """Dates as people and machines write them: 2024-05-01, 2024/5/1, 2024-05-01T12:00:00Z, 20240501, 2024."""
    parts = values.str.extract_groups(
        r"^\s*(\d{4})[-/.年]?(\d{1,2})?[-/.月]?(\d{1,2})?[日T ]*(\d{1,2})?:?(\d{2})?:?(\d{2})?"
    )
    weights = (372 * 86400, 31 * 86400, 86400, 3600, 60, 1)
    fields = [parts.struct.field(str(n)).cast(pl.Float64, strict=False) for n in range(1, 7)]
    known = fields[0].is_not_null()
    total = sum(
        (f.fill_null(0) * w for f, w in zip(fields, weights, strict=True)), pl.Series([0.0] * len(values))
    )
    return pl.select(pl.when(known).then(total)).to_series()
