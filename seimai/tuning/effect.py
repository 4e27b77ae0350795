"""What changed filters do to a dataset, as numbers and rows: the material of the page and of the plots."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seimai.signal import named
from seimai.step import Filter, Selection
from seimai.tuning.curve import values_of
from seimai.tuning.decide import DROPPED, KEPT, UNDECIDED, Decider, Group, Mask, Sides
from seimai.tuning.lineage import Entry
from seimai.tuning.thresholds import Threshold

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Count:
    """Documents on one side, and their characters (None: not stored for all of them)."""

    rows: int
    chars: int | None


@dataclass(frozen=True)
class ReasonCount:
    """How many documents a reason holds for, before and after, and after by itself."""

    name: str
    before: int
    after: int
    alone: int


@dataclass(frozen=True)
class Change:
    """A document that changes side, or that becomes undecided."""

    id: str
    was: str
    now: str
    values: str
    text: str


class Effect:
    """The rows of a dataset before and after a change of its filters."""

    def __init__(self, decider: Decider, new: Entry) -> None:
        self.decider = decider
        self.old, self.new = decider.entry, new
        self.was: Sides = decider.decide(self.old)
        self.now: Sides = decider.decide(new)
        self.before = decider.before

    def count(self, side: npt.NDArray[np.uint8], *codes: int) -> Count:
        """Rows on some sides."""
        mine = np.isin(side, codes)
        chars = self.decider.chars[mine].sum()
        return Count(int(mine.sum()), None if np.isnan(chars) else int(chars))

    def turned(self, was: int, now: int) -> Numbers:
        """The rows that were on one side and are on another now."""
        return np.flatnonzero((self.before == was) & (self.now.side == now))

    def reasons(self) -> list[ReasonCount]:
        """The reasons that the change touches; all of them if nothing changed."""
        found: list[ReasonCount] = []
        none = np.zeros(len(self.before), np.bool_)
        for place, (here, there) in enumerate(zip(self.old.places, self.new.places, strict=True)):
            for number, (a, b) in enumerate(zip(here.filters, there.filters, strict=True)):
                for reason in _moved_reasons(a, b) if self.new != self.old else list(a.reasons()):
                    key = (place, number, reason)
                    hits = self.now.hits.get(key, none)
                    found.append(
                        ReasonCount(
                            f"{a.path()}.{reason}",
                            int(self.was.hits.get(key, none).sum()),
                            int(hits.sum()),
                            int((hits & (self._together(place) == 1)).sum()),
                        )
                    )
        return found

    def _together(self, place: int) -> npt.NDArray[np.int64]:
        """For how many reasons of a place each row goes now."""
        total = np.zeros(len(self.before), np.int64)
        for (at, _, _), hits in self.now.hits.items():
            total += hits if at == place else 0
        return total

    def changes(self, most: int, thresholds: Sequence[Threshold]) -> list[Change]:
        """Some of the documents that change side, evenly over each kind of change; their texts are read."""
        kinds = [
            rows
            for was, now in ((DROPPED, KEPT), (KEPT, DROPPED), (KEPT, UNDECIDED), (DROPPED, UNDECIDED))
            if (rows := self.turned(was, now)).size
        ]
        picked: list[int] = []
        for left, rows in zip(range(len(kinds), 0, -1), sorted(kinds, key=len), strict=True):
            share = min(len(rows), (most - len(picked)) // left)
            picked += [int(rows[i * len(rows) // share]) for i in range(share)]
        kind = {row: n for n, rows in enumerate(kinds) for row in rows.tolist()}
        numbers = np.array(sorted(picked, key=lambda row: (kind[row], row)), np.int64)
        texts = self.decider.stored.fetch(numbers, ["id", "text", "messages", "prompt"])
        values = self._values(thresholds)
        rows = zip(numbers.tolist(), texts.iter_rows(named=True), strict=True)
        return [self._change(number, row, values) for number, row in rows]

    def _values(self, thresholds: Sequence[Threshold]) -> dict[str, tuple[str, npt.NDArray[np.float64]]]:
        """By reason: the signal that a moved threshold bounds there, and its values."""
        found: dict[str, tuple[str, npt.NDArray[np.float64]]] = {}
        for threshold in thresholds:
            for moved in threshold.moves:
                columns = named([moved.compared.value]) if moved.compared else set[str]()
                if len(columns) == 1:
                    values = values_of(self.decider, moved) * moved.scale + moved.shift
                    found[f"{threshold.step}.{moved.reason}"] = (columns.pop(), values)
        return found

    def _change(
        self, number: int, row: dict[str, object], values: dict[str, tuple[str, npt.NDArray[np.float64]]]
    ) -> Change:
        text = row.get("text") or row.get("messages") or row.get("prompt") or ""
        recorded: list[str] | None = self.decider.stored.rows["reasons"][number]
        was, now = recorded if recorded is not None else ["kept"], self._side(number)
        shown = dict(values[reason] for reason in (*was, *now) if reason in values)
        numbers = [
            f"{name} {value[number]:.4g}" for name, value in shown.items() if not np.isnan(value[number])
        ]
        return Change(str(row["id"]), " + ".join(was), " + ".join(now), ", ".join(numbers), str(text))

    def _side(self, number: int) -> list[str]:
        if self.now.side[number] == KEPT:
            return ["kept"]
        if self.now.side[number] == UNDECIDED:
            return ["undecided"]
        at = int(self.now.at[number])
        return [
            f"{self.new.places[place].paths[of]}.{reason}"
            for (place, of, reason), hits in self.now.hits.items()
            if place == at and hits[number]
        ]

    # What stays open

    def open_questions(self) -> list[tuple[int, str]]:
        """Undecided rows by the reason why."""
        found: dict[str, int] = {}
        undecided = self.now.side == UNDECIDED
        for group in self.decider.groups:
            at = pl.Series("at", self.now.at[group.index][undecided[group.index]])
            for place, count in at.value_counts().iter_rows():
                why = self._why(group, int(place))
                found[why] = found.get(why, 0) + int(count)
        return sorted(((n, why) for why, n in found.items()), reverse=True)

    def _why(self, group: Group, at: int) -> str:
        places, reach, end = self.old.places, self.decider.reach, group.end
        if at >= len(places) or not places[at].filters:
            step = places[end].paths[0] if 0 <= end < len(places) else "a whole-dataset step"
            return (
                f"{step} dropped them for documents that go now: one of each cluster would take their place"
            )
        names = ", ".join(dict.fromkeys(self.new.places[at].paths))
        columns = {c for f in self.new.places[at].filters for c in named(f.reasons().values())}
        unseen = [c for c in sorted(columns) if reach.seen(c, at, end, group.rows) is None]
        changed = [c for c in unseen if not reach.same_text(c, end, at)]
        between = places[at + 1 : end + 1] if at <= end else places[end + 1 : at]
        changers = dict.fromkeys(
            p.paths[0] for p in between for c in changed if p.touches(c, signal=reach.signal(c) is not None)
        )
        if changers and at <= end:
            return (
                f"the signals that {names} decided on are not stored: {', '.join(changers)} changed the text"
            )
        if changers:
            return f"they would have to go through {', '.join(changers)} before {names} can decide"
        missing = [
            c
            for c in sorted(columns)
            if reach.signal(c) and (self._costly(c) or not reach.measured_at(c, end))
        ]
        return f"not measured for them, since nothing hung on it: {', '.join(missing)}"

    def _costly(self, column: str) -> bool:
        signal = self.decider.reach.signal(column)
        return signal is not None and signal.costly

    def still_to_pass(self) -> list[tuple[int, str]]:
        """Rows that come in, by the steps behind the filters that they have not been through."""
        found: dict[str, int] = {}
        come = set(self.turned(DROPPED, KEPT).tolist())
        for group in self.decider.groups:
            ahead = [p.paths[0] for p in self.old.places[group.end + 1 :] if not p.filters]
            count = len(come.intersection(group.index.tolist())) if ahead else 0
            if count:
                found[", ".join(ahead)] = found.get(", ".join(ahead), 0) + count
        return sorted(((n, steps) for steps, n in found.items()), reverse=True)

    def same_fate(self) -> list[tuple[int, str]]:
        """Rows that other steps dropped, and that stay dropped by them."""
        found: dict[str, int] = {}
        for group in self.decider.groups:
            here = self.old.places[group.end] if 0 <= group.end < len(self.old.places) else None
            if (here and here.filters) or group.end == len(self.old.places):
                continue
            mine: Mask = (self.now.side[group.index] == DROPPED) & (self.now.at[group.index] == group.end)
            name = here.paths[0] if here else "curate.read"
            found[name] = found.get(name, 0) + int(mine.sum())
        return [(n, name) for name, n in found.items() if n]

    def chooses_anew(self) -> list[str]:
        """Whole-dataset steps that other rows reach now: a run lets them choose again."""
        reached = np.flatnonzero(self.before != self.now.side)
        first = int(self.now.at[reached].min(initial=len(self.old.places)))
        for group in self.decider.groups:
            if group.end >= 0 and np.isin(group.index, reached).any():
                first = min(first, group.end)
        return [p.paths[0] for p in self.old.places[first:] if isinstance(p.steps[0], Selection)]


def _moved_reasons(old: Filter, new: Filter) -> list[str]:
    before, after = old.reasons(), new.reasons()
    return [
        name
        for name in dict.fromkeys([*before, *after])
        if name not in before or name not in after or not before[name].meta.eq(after[name])
    ]
