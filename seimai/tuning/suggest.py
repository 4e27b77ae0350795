"""Thresholds that cost a trusted corpus no more than a given share of its documents.

Each rule may lose the same number of trusted documents (some one more), the greatest for which all rules
together stay within the budget. What such thresholds lose of *other* trusted documents is estimated by
choosing them on nine tenths and counting in the last tenth, ten times over.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seimai.interval import wilson
from seimai.tuning.decide import Mask
from seimai.tuning.expressions import Comparison, pinned
from seimai.tuning.lineage import Entry
from seimai.tuning.thresholds import Moved, Threshold, filters_of, with_threshold
from seimai.tuning.trusted import Trusted

FOLDS = 10
DIGITS = 3
"""Significant digits of a suggested threshold; rounded so that it loses less, not more."""


@dataclass(frozen=True)
class Rule:
    """One reason that a threshold moves, over the trusted documents."""

    threshold: Threshold
    moved: Moved
    low: bool
    strict: bool
    values: npt.NDArray[np.float64]
    open: Mask
    """Documents for which the comparison decides: all else that the reason asks is so."""

    @property
    def milder(self) -> int:
        """The direction in which the threshold loses less."""
        return -1 if self.low == (self.moved.scale > 0) else 1

    def lost(self, value: float) -> Mask:
        """The documents that the reason holds for at a threshold."""
        bound = self.moved.scale * value + self.moved.shift
        if self.low:
            bad = self.values < bound if self.strict else self.values <= bound
        else:
            bad = self.values > bound if self.strict else self.values >= bound
        return bad & self.open

    def limit(self, among: Mask, most: int) -> float | None:
        """The threshold at which it loses at most `most` of some documents; None: it loses fewer anyway."""
        values = np.sort(self.values[self.open & among])
        if values.size <= most:
            return None
        bound = float(values[most] if self.low else values[-1 - most])
        if not self.strict:
            bound = math.nextafter(bound, -math.inf if self.low else math.inf)
        return rounded((bound - self.moved.shift) / self.moved.scale, self.milder, whole=self.threshold.whole)


@dataclass(frozen=True)
class Suggestion:
    """Thresholds, and what they cost the trusted corpus."""

    entry: Entry
    values: Mapping[str, tuple[Threshold, float, int]]
    """By name: the threshold, its new value, trusted documents that it loses."""
    kept_as_is: tuple[str, ...]
    """Thresholds for which the form of the rule allows no suggestion."""
    documents: int
    lost: int
    """By all rules together."""
    fixed: int
    """Of these, by rules without a threshold that could be moved."""
    lost_unseen: int
    """In ten-fold choosing and counting."""

    def interval(self) -> tuple[float, float]:
        """Where the loss among other documents of the kind lies, with 95 % confidence."""
        if not self.documents:
            return 0.0, 1.0
        found = wilson(self.lost_unseen, self.documents)
        return found.low, found.high


def rounded(value: float, direction: int, *, whole: bool) -> float:
    """A number of few digits on the milder side.

    >>> rounded(0.24379, -1, whole=False), rounded(0.24379, 1, whole=False), rounded(187.2, -1, whole=True)
    (0.243, 0.244, 187)
    """
    turn = math.floor if direction < 0 else math.ceil
    if value == 0 or not math.isfinite(value):
        return value
    digits = 0 if whole else DIGITS - 1 - math.floor(math.log10(abs(value)))
    if not whole and round(value, digits) == value:
        return value
    scaled = turn(value * 10**digits) if digits >= 0 else turn(value / 10**-digits)
    return int(scaled) if whole else scaled / 10**digits if digits >= 0 else float(scaled * 10**-digits)


def suggest(entry: Entry, trusted: Trusted, free: Sequence[Threshold], loss: float) -> Suggestion:
    """Move the `free` thresholds so that at most a share `loss` of the trusted documents goes."""
    rules, fixed, left = _rules(entry, trusted, free)
    everyone = np.ones(trusted.height, np.bool_)
    chosen = _choose(entry, rules, fixed, everyone, loss)
    lost = _lost(rules, fixed, chosen)
    unseen = 0
    folds = min(FOLDS, trusted.height)
    for fold in range(folds):
        out = np.arange(trusted.height) % folds == fold
        if folds > 1:
            unseen += int((_lost(rules, fixed, _choose(entry, rules, fixed, ~out, loss)) & out).sum())
    values: dict[str, tuple[Threshold, float, int]] = {}
    for rule in rules:
        mine = rule.lost(chosen[rule.threshold.name])
        before = values.get(rule.threshold.name)
        values[rule.threshold.name] = (
            rule.threshold,
            chosen[rule.threshold.name],
            max(int(mine.sum()), before[2] if before else 0),
        )
    for threshold, value, _ in values.values():
        entry = with_threshold(entry, threshold, value) or entry
    return Suggestion(entry, values, left, trusted.height, int(lost.sum()), int(fixed.sum()), unseen)


def _rules(
    entry: Entry, trusted: Trusted, free: Sequence[Threshold]
) -> tuple[list[Rule], Mask, tuple[str, ...]]:
    """The movable rules, documents that go whatever the thresholds, and thresholds that stay."""
    fixed = np.zeros(trusted.height, np.bool_)
    rules: list[Rule] = []
    left: list[str] = []
    movable: set[tuple[int, int, str]] = set()
    for threshold in free:
        other = with_threshold(entry, threshold, threshold.now + 1) or with_threshold(
            entry, threshold, threshold.now / 2 if threshold.now else 0.5
        )
        if other is None or any(m.compared is None or not m.scale for m in threshold.moves):
            left.append(threshold.name)
            continue
        for moved in threshold.moves:
            if moved.compared:
                rules.append(_rule(entry, other, trusted, threshold, moved, moved.compared, fixed))
                movable.add((moved.place, moved.number, moved.reason))
    for place, number, step in filters_of(entry):
        for reason, bad in step.reasons().items():
            if (place, number, reason) not in movable:
                fixed |= _mask(trusted.places[place], bad)
    return rules, fixed, tuple(left)


def _rule(
    entry: Entry,
    other: Entry,
    trusted: Trusted,
    threshold: Threshold,
    moved: Moved,
    compared: Comparison,
    fixed: Mask,
) -> Rule:
    """The rule of one reason; documents that it drops at any threshold are added to `fixed`."""
    old = entry.places[moved.place].filters[moved.number].reasons()[moved.reason]
    new = other.places[moved.place].filters[moved.number].reasons()[moved.reason]
    rows = trusted.places[moved.place]
    always = _mask(rows, pinned(old, new, to=False))
    fixed |= always
    value = compared.value.cast(pl.Float64).fill_null(float("nan")).alias("value")
    values = rows.select(value).to_series().to_numpy()
    asked = _mask(rows, pinned(old, new, to=True)) & ~always & ~np.isnan(values)
    return Rule(threshold, moved, compared.low, compared.op in ("<", ">"), values, asked)


def _mask(rows: pl.DataFrame, bad: pl.Expr) -> Mask:
    found = rows.lazy().with_columns(bad.alias("bad")).select("bad").collect().to_series()
    return found.fill_null(value=False).to_numpy()


def _choose(entry: Entry, rules: Sequence[Rule], fixed: Mask, among: Mask, loss: float) -> dict[str, float]:
    """The thresholds that lose most within the budget: each rule the same number, some one more."""
    budget = math.floor(loss * int(among.sum()) + 1e-9)

    def fits(most: Sequence[int]) -> bool:
        return int((_lost(rules, fixed, _at(entry, rules, among, most)) & among).sum()) <= budget

    low, high = 0, budget
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits([middle] * len(rules)) else (low, middle - 1)
    most = [low] * len(rules)
    for number in range(len(rules)):
        one_more = [*most[:number], most[number] + 1, *most[number + 1 :]]
        most = one_more if fits(one_more) else most
    return _at(entry, rules, among, most)


def _at(entry: Entry, rules: Sequence[Rule], among: Mask, most: Sequence[int]) -> dict[str, float]:
    chosen: dict[str, float] = {}
    for rule, number in zip(rules, most, strict=True):
        name, limit = rule.threshold.name, rule.limit(among, number)
        value = rule.threshold.now if limit is None else _allowed(entry, rule, limit)
        if name in chosen:  # the same step twice: what loses less
            value = min(chosen[name], value) if rule.milder < 0 else max(chosen[name], value)
        chosen[name] = value
    return chosen


def _allowed(entry: Entry, rule: Rule, value: float) -> float:
    """The value, or the nearest milder one of 0 and 1 that the filter takes, or the present one."""
    milder = [e for e in (0.0, 1.0) if (e - value) * rule.milder >= 0]
    for candidate in (value, *milder):
        if with_threshold(entry, rule.threshold, candidate) is not None:
            return candidate
    return rule.threshold.now


def _lost(rules: Sequence[Rule], fixed: Mask, chosen: Mapping[str, float]) -> Mask:
    lost = fixed.copy()
    for rule in rules:
        lost |= rule.lost(chosen[rule.threshold.name])
    return lost
