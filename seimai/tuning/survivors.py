"""Rows that a whole-dataset step dropped for the sake of another row (duplicates)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seimai.step import Selection
from seimai.tuning.lineage import Place

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Duplicates:
    """Rows dropped at a place, and for each the row that stayed."""

    place: int
    rows: Numbers
    stays: Numbers


def names_rows(place: Place) -> bool:
    """Whether a place is a whole-dataset step that adds columns: one may name the row that stayed."""
    return isinstance(place.steps[0], Selection) and bool(place.steps[0].changes)


def duplicates(number: int, place: Place, dropped: pl.DataFrame, ids: pl.Series) -> list[Duplicates]:
    """The rows among `dropped` (with their number `n`) that name the id of another row."""
    if not names_rows(place):
        return []
    rows = pl.DataFrame({"id": ids}).with_row_index("stays")
    found: list[Duplicates] = []
    for name in sorted(place.steps[0].changes):
        if dropped.schema.get(name) == pl.String:
            pairs = rows.join(dropped.select("n", id=name), on="id", how="inner")
            if pairs.height:
                mine, stays = (pairs[c].to_numpy().astype(np.int64) for c in ("n", "stays"))
                found.append(Duplicates(number, mine, stays))
    return found
