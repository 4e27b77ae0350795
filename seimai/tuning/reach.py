"""Which stored values still describe the text that a decision was taken on.

A row keeps the columns of the place where it ended (`len(places)`: kept; -1: not even read).
"""

from collections.abc import Mapping
from functools import cached_property

import polars as pl

from seimai.chain import kept_before
from seimai.signal import Signal, named
from seimai.tuning.lineage import Entry, plain_columns, signals_of


class Reach:
    """Answers by place and column, the same for all rows that ended at a place."""

    def __init__(self, entry: Entry) -> None:
        self.places = entry.places
        self.reasons = [[f.reasons() for f in place.filters] for place in entry.places]
        """By place, filter and name, as the run decided."""
        self._incoming = entry.signals
        self._plain = plain_columns(entry)
        self._filters = entry.filters()

    @cached_property
    def _signals(self) -> Mapping[str, Signal]:
        return {n: s for step in self._filters for n, s in signals_of(step).items() if n not in self._plain}

    def signal(self, column: str) -> Signal | None:
        """The signal of a column; None for columns that rows have without measuring."""
        return self._signals.get(column)

    def touched(self, column: str, first: int, last: int) -> bool:
        """Whether a place from `first` to `last` (both included) changes a column."""
        signal = column not in self._plain
        return any(p.touches(column, signal=signal) for p in self.places[max(first, 0) : last + 1])

    def same_text(self, column: str, end: int, place: int) -> bool:
        """Whether the values of rows that ended at `end` are those that `place` decides on."""
        if place <= end:
            return not self.touched(column, place + 1, end)
        return not self.touched(column, end + 1, place - 1)

    def measured_at(self, column: str, end: int) -> list[int]:
        """The places that measured a signal whose values rows that ended at `end` still have.

        -1 stands for the dataset that the entry is made from.
        """
        found = [
            place
            for place, here in enumerate(self.reasons[: end + 1])
            if any(column in named(r.values()) for r in here) and not self.touched(column, place + 1, end)
        ]
        if column in self._incoming and not self.touched(column, 0, end):
            found.append(-1)
        return found

    def stored(self, column: str, end: int, rows: pl.DataFrame) -> bool:
        """Whether rows that ended at `end` have values of a column."""
        if column not in rows.columns:
            return False
        return column in self._plain or bool(self.measured_at(column, end))

    def seen(self, column: str, place: int, end: int, rows: pl.DataFrame) -> pl.Expr | None:
        """Where rows that ended at `end` have the values that `place` saw; None if they have them not.

        Signals of a text that was changed later are in the column that the change put them into.
        """
        if self.same_text(column, end, place):
            return pl.col(column) if self.stored(column, end, rows) else None
        changes = [
            q for q in range(place + 1, end + 1) if q < len(self.places) and self.touched(column, q, q)
        ]
        if not changes or column in self._plain or not self.measured_at(column, place):
            return None
        step, later = self.places[changes[0]].steps[0], self.places[changes[0] + 1 : end + 1]
        kept = rows.schema.get(kept_before(step))
        if any(step.path() in p.paths for p in later) or not isinstance(kept, pl.Struct):
            return None
        fields = {f.name for f in kept.fields}
        return pl.col(kept_before(step)).struct.field(column) if column in fields else None
