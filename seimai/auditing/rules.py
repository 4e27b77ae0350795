"""The rules of a filter as a run applied them: the rows that each drops, and how near rows are to a bound."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seimai.errors import SeimaiError
from seimai.places import nearest
from seimai.signal import named
from seimai.tuning.curve import values_of
from seimai.tuning.decide import Decider
from seimai.tuning.lineage import Entry
from seimai.tuning.stored import read
from seimai.tuning.thresholds import Threshold, filters_of, thresholds, written

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rule:
    """One reason of the audited step. Rows are numbered as the dataset stores them, kept ones first."""

    reason: str
    bound: str
    """Its thresholds, as a recipe has them; empty where it has no number."""
    dropped: Numbers
    """Rows that it is true of: other reasons may be true of them too."""
    alone: int
    """Of these, rows that no other reason drops: kept if the rule were not there."""
    distance: npt.NDArray[np.float64]
    """By row: how far it is from the nearest threshold, in standard deviations; NaN where not stored."""


@dataclass(frozen=True)
class Population:
    """What an audit draws from."""

    rules: tuple[Rule, ...]
    kept: Numbers
    decider: Decider

    def texts(self, rows: Sequence[int]) -> pl.DataFrame:
        """`id` and `text` of some rows, in their order."""
        return self.decider.stored.fetch(np.asarray(rows, np.int64), ["id", "text"])


def steps_of(entry: Entry) -> list[str]:
    """The filters of an entry, by their names in the recipe."""
    return list(dict.fromkeys(step.path() for _, _, step in filters_of(entry)))


def population(entry: Entry, step: str) -> Population:
    """The rows that a step's rules dropped, and those that the dataset keeps.

    Raises:
        SeimaiError: if the entry has no such filter, its rows are no documents, or nothing was dropped by it.
    """
    path = entry.dataset.path
    if entry.kind != "documents":
        raise SeimaiError(f"{path} holds {entry.kind}: an audit shows documents")
    if step not in steps_of(entry):
        raise SeimaiError(f"{path}: no filter is called {step!r}{nearest(step, steps_of(entry))}")
    reasons = [r for _, _, f in filters_of(entry) if f.path() == step for r in f.reasons()]
    columns = {c for _, _, f in filters_of(entry) for c in named(f.reasons().values())} - {"text"}
    stored = read(entry, {"id", *columns}, count=False)
    decider = Decider(entry, stored)
    decider.check()
    known = [t for t in thresholds(entry) if t.step == step]
    rules = [_rule(decider, step, reason, known) for reason in dict.fromkeys(reasons)]
    rules = [rule for rule in rules if rule.dropped.size]
    if not rules:
        raise SeimaiError(f"{path}: {step} dropped nothing: there is nothing to audit")
    return Population(tuple(rules), stored.rows["dropped_by"].is_null().arg_true().to_numpy(), decider)


def _rule(decider: Decider, step: str, reason: str, known: Sequence[Threshold]) -> Rule:
    rows = decider.stored.rows
    hit = rows["reasons"].list.contains(f"{step}.{reason}").fill_null(value=False)
    distance = np.full(rows.height, np.nan)
    bounds: dict[str, str] = {}
    for threshold in known:
        for move in (m for m in threshold.moves if m.reason == reason):
            bounds[threshold.key] = written(threshold.now)
            off = np.abs(values_of(decider, move) - threshold.now)
            spread = float(np.nanstd(off)) if np.isfinite(off).any() else 0.0
            distance = np.fmin(distance, off / (spread or 1.0))
    bound = ", ".join(value if key == reason else f"{key} {value}" for key, value in bounds.items())
    dropped = hit.arg_true().to_numpy().astype(np.int64)
    alone = int((rows["reasons"].list.len() == 1).fill_null(value=False)[dropped].sum())
    return Rule(reason, bound, dropped, alone, distance)
