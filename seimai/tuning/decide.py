"""Verdicts taken again from stored columns, each certain or openly undecided.

- A reason that did not change, or that got milder by its form, is as it was for rows that passed it.
- A reason is evaluated where its columns still describe the text that it was decided on.
- Everything else (text changed since, signal not measured) leaves the row undecided: nothing is guessed.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from seimai.errors import SeimaiError
from seimai.signal import named
from seimai.tuning.expressions import implies
from seimai.tuning.lineage import Entry
from seimai.tuning.reach import Reach
from seimai.tuning.stored import COUNTED, TEXT_CHARS, Stored
from seimai.tuning.survivors import Duplicates, duplicates

Mask = npt.NDArray[np.bool_]
Verdict = tuple[Mask | None, Mask | None]
"""Rows for which a reason surely holds, and those for which it may; None: no row."""

KEPT, DROPPED, UNDECIDED = 0, 1, 2


@dataclass(frozen=True)
class Group:
    """Rows that ended at the same place."""

    end: int
    index: npt.NDArray[np.int64]
    rows: pl.DataFrame


@dataclass
class Sides:
    """Where each row is; rows are numbered as they are stored."""

    side: npt.NDArray[np.uint8]
    at: npt.NDArray[np.int16]
    """The place that drops the row or leaves it undecided."""
    hits: dict[tuple[int, int, str], Mask] = field(default_factory=dict[tuple[int, int, str], Mask])
    """By place, filter and reason: the rows that come so far and for which it surely holds."""


class Decider:
    """Decides the rows of one dataset under changed filters."""

    def __init__(self, entry: Entry, stored: Stored) -> None:
        self.entry = entry
        self.stored = stored
        self.reach = Reach(entry)
        self._cache: dict[tuple[int, int, int, int, str, bytes], Verdict] = {}
        self.groups: list[Group] = []
        self.twice: list[Group] = []
        """Rows that ended at one of two places that share a step's name: here with the later one."""
        self._group()
        self.counted_as, self.chars = self._chars()
        self._duplicates = self._find_duplicates()

    @property
    def before(self) -> npt.NDArray[np.uint8]:
        """The side of each row as the run left it."""
        dropped = self.stored.rows["dropped_by"].is_not_null().to_numpy()
        return np.where(dropped, DROPPED, KEPT).astype(np.uint8)

    def decide(self, new: Entry, *, brief: bool = False) -> Sides:
        """Every row's side under the filters of `new`; `brief` leaves out the hits."""
        height, last = self.stored.rows.height, len(self.entry.places)
        sides = Sides(np.zeros(height, np.uint8), np.full(height, last, np.int16))
        reasons = [[f.reasons() for f in place.filters] for place in new.places]
        for group in self.groups:
            self._walk(group, reasons, sides, brief=brief)
        for group in self.twice:
            other = Sides(sides.side.copy(), sides.at.copy())
            self._walk(group, reasons, other, brief=True)
            sides.side[group.index[(other.side != sides.side)[group.index]]] = UNDECIDED
        for found in self._duplicates:  # one whose survivor goes before may be kept in its place
            lost = (sides.side[found.stays] != KEPT) & (sides.at[found.stays] < found.place)
            still = (sides.side[found.rows] == DROPPED) & (sides.at[found.rows] == found.place)
            sides.side[found.rows[lost & still]] = UNDECIDED
        return sides

    def _walk(
        self, group: Group, reasons: list[list[dict[str, pl.Expr]]], sides: Sides, *, brief: bool
    ) -> None:
        """One group through all places."""
        side = np.zeros(group.rows.height, np.uint8)
        at = np.full(group.rows.height, len(reasons), np.int16)
        if group.end == -1:
            side[:], at[:] = DROPPED, -1
        for place, here in enumerate(reasons if group.end >= 0 else []):
            if place == group.end and not here:  # failed or chosen away: it keeps that fate
                at[side != DROPPED] = place
                side[:] = DROPPED
                break
            for number, reason, bad in ((n, r, b) for n, some in enumerate(here) for r, b in some.items()):
                yes, maybe = self._verdict(group, place, number, reason, bad, keep=not brief)
                if yes is not None:
                    if not brief:
                        hits = sides.hits.setdefault(
                            (place, number, reason), np.zeros(len(sides.side), np.bool_)
                        )
                        hits[group.index] = yes & ((side != DROPPED) | (at == place))
                    go = yes & (side != DROPPED)
                    at[go], side[go] = place, DROPPED
                if maybe is not None:
                    doubt = maybe & (side == KEPT)
                    at[doubt], side[doubt] = place, UNDECIDED
        sides.side[group.index], sides.at[group.index] = side, at

    def _verdict(
        self, group: Group, place: int, number: int, reason: str, new: pl.Expr, *, keep: bool
    ) -> Verdict:
        key = (group.end, int(group.index[0]), place, number, reason, new.meta.serialize())
        found = self._cache.get(key)
        if found is None:
            yes, maybe = self._evaluated(group, place, number, reason, new)
            found = (yes if yes.any() else None, maybe if maybe.any() else None)
            if keep:
                self._cache[key] = found
        return found

    def _evaluated(
        self, group: Group, place: int, number: int, reason: str, new: pl.Expr
    ) -> tuple[Mask, Mask]:
        none = np.zeros(group.rows.height, np.bool_)
        old = self.reach.reasons[place][number].get(reason)
        if place < group.end and old is not None and implies(new, old):
            return none, none
        recorded = self._recorded(group, place, number, reason)
        if recorded is not None and old is not None and new.meta.eq(old):
            return recorded, none
        columns = sorted(named([new]))
        yes, null = self._values(group, place, columns, new)
        maybe = null & ~self._truly_null(group, place, columns)
        if recorded is not None and old is not None:  # what the form tells where a value is missing
            if implies(old, new):
                yes, maybe = yes | recorded, maybe & ~recorded
            if implies(new, old):
                maybe = maybe & recorded
        return yes, maybe

    def _recorded(self, group: Group, place: int, number: int, reason: str) -> Mask | None:
        """What the run recorded; None for rows of other places, and where two filters share a name."""
        paths = self.entry.places[place].paths
        if place != group.end or paths.count(paths[number]) > 1:
            return None
        recorded = group.rows["reasons"].list.contains(f"{paths[number]}.{reason}")
        return recorded.fill_null(value=False).to_numpy()

    def view(self, group: Group, place: int, columns: Collection[str]) -> tuple[pl.DataFrame, list[str]]:
        """Columns as a place saw them, null where that is not stored; and the names of those."""
        found = {c: self.reach.seen(c, place, group.end, group.rows) for c in sorted(columns)}
        absent = [c for c, values in found.items() if values is None]
        types = {c: s.dtype if (s := self.reach.signal(c)) else pl.String for c in absent}
        values = [v.alias(c) if v is not None else pl.lit(None, types[c]).alias(c) for c, v in found.items()]
        return group.rows.with_columns(values), absent

    def _values(
        self, group: Group, place: int, columns: Collection[str], expression: pl.Expr
    ) -> tuple[Mask, Mask]:
        """Where an expression is true, and where it is null; what is not stored is null."""
        found = self.view(group, place, columns)[0].select(expression.alias("bad")).to_series()
        return found.fill_null(value=False).to_numpy(), found.is_null().to_numpy()

    def _truly_null(self, group: Group, place: int, columns: Collection[str]) -> Mask:
        """Rows in which every null is a measured value, which is no reason to drop a row."""
        known = np.ones(group.rows.height, np.bool_)
        rows, absent = self.view(group, place, columns)
        if absent:
            return ~known
        for column in columns:
            signal = self.reach.signal(column)
            if signal and signal.costly:
                mine = rows[column].is_not_null().to_numpy()
                for other in self.reach.measured_at(column, min(place, group.end)):
                    mine = mine | self._hung(group, other)
                known &= mine
        return known

    def _hung(self, group: Group, place: int) -> Mask:
        """Rows whose verdict hung on costly signals, which were measured for them."""
        bad = [e for reasons in self.reach.reasons[place] for e in reasons.values()] if place >= 0 else []
        rows, absent = self.view(group, place, named(bad))
        if not bad or absent:
            return np.zeros(group.rows.height, np.bool_)
        return rows.select(pl.any_horizontal(bad).is_null().alias("hung")).to_series().to_numpy()

    # What was stored

    def _group(self) -> None:
        rows = self.stored.rows.with_row_index("n")
        parts: dict[int, list[pl.DataFrame]] = {}
        for (stage, dropped_by), some in rows.group_by("stage", "dropped_by", maintain_order=True):
            ends = self._ends(int(str(stage)), None if dropped_by is None else str(dropped_by))
            parts.setdefault(ends[0], []).append(some)
            self.twice += [_as_group(end, some) for end in ends[1:]]
        self.groups = [_as_group(end, pl.concat(some)) for end, some in sorted(parts.items())]

    def _ends(self, stage: int, dropped_by: str | None) -> list[int]:
        """The places where rows with these marks may have ended."""
        if dropped_by is None:
            return [len(self.entry.places)]
        path = dropped_by.rpartition(".")[0]
        here = [i for i, p in enumerate(self.entry.places) if p.stage == stage and path in p.paths]
        if not here and path != "curate.read":
            place = self.entry.dataset.path
            raise SeimaiError(f"{place} has rows dropped by {path}, which is no step of its passes")
        return here or [-1]

    def _find_duplicates(self) -> list[Duplicates]:
        rows, places = self.stored.rows, self.entry.places
        if "id" not in rows.columns:
            return []
        return [
            found
            for group in self.groups
            if 0 <= group.end < len(places)
            for found in duplicates(group.end, places[group.end], group.rows, rows["id"])
        ]

    def _chars(self) -> tuple[str, npt.NDArray[np.float64]]:
        """What counts characters, and those of each row; NaN where they are not stored."""
        found = np.full(self.stored.rows.height, np.nan)
        if TEXT_CHARS in self.stored.rows.columns:
            return "characters", self.stored.rows[TEXT_CHARS].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for name, what in COUNTED.items():
            for group in self.groups:
                if self.reach.stored(name, group.end, group.rows):
                    values = group.rows[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
                    found[group.index] = values
            if not np.isnan(found[self.before == KEPT]).any():
                return what, found
            found[:] = np.nan
        return "characters", found

    def check(self) -> None:
        """Take the stored verdicts again: they must come out the same.

        Raises:
            SeimaiError: if they do not; a filter or a signal then changed without a new version.
        """
        twice = {int(g.index[0]) for g in self.twice}
        for group in self.groups:
            if twice & set(group.index.tolist()):
                continue
            for place, here in enumerate(self.reach.reasons[: group.end + 1]):
                for number, reason, bad in (
                    (n, r, b) for n, some in enumerate(here) for r, b in some.items()
                ):
                    self._check(group, place, number, reason, bad)

    def _check(self, group: Group, place: int, number: int, reason: str, bad: pl.Expr) -> None:
        columns = sorted(named([bad]))
        before = self._recorded(group, place, number, reason)
        if (place == group.end and before is None) or self.view(group, place, columns)[1]:
            return
        yes, null = self._values(group, place, columns, bad)
        wrong = np.flatnonzero((yes if before is None else yes != before) & ~null)
        if wrong.size:
            row = self.stored.fetch(group.index[wrong[:1]], ["id"])["id"][0]
            path = self.entry.places[place].paths[number]
            raise SeimaiError(
                f"{path}.{reason} is decided otherwise today for {wrong.size:,} rows ({row} among them): the "
                "filter or a signal changed without a new version; run the recipe again"
            )


def _as_group(end: int, rows: pl.DataFrame) -> Group:
    return Group(end, rows["n"].to_numpy().astype(np.int64), rows)
