"""Which documents people see: strata by rule, drawn so that shares of whole populations can be estimated.

A rule's dropped rows are two strata: those nearest to its threshold, all of which are taken, and the rest, of
which a random sample is taken. Each answer of the first stands for one row, each of the second for as many as
the rest has rows for one that was drawn (the inverse of its chance). Kept rows nearest to the threshold say
what a tighter threshold would catch and stand for nobody else; a random sample of all kept rows stands for
all of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import xxhash

from seimai.auditing.rules import Numbers, Population, Rule
from seimai.errors import SeimaiError

Side = Literal["dropped", "kept"]
How = Literal["nearest", "random"]

_PARTS = {("dropped", "nearest"): 1, ("dropped", "random"): 2, ("kept", "nearest"): 1, ("kept", "random"): 2}
"""Shares of the answers: the precision of a rule hangs on its random rows."""
_NEAREST = 3
"""At most every third of a rule's dropped rows counts as near its threshold."""


@dataclass(frozen=True)
class Stratum:
    """Rows drawn for one estimate."""

    reason: str | None
    """None: kept rows, whatever the rules."""
    side: Side
    how: How
    size: int
    """Rows of the stratum in the dataset."""
    drawn: tuple[int, ...]

    @property
    def weight(self) -> float:
        """Rows that one drawn row stands for."""
        return self.size / len(self.drawn) if self.drawn else 0.0


def draw(population: Population, n: int, seed: int) -> list[Stratum]:
    """Draw about n rows: a row may be drawn for two rules, and is then shown once.

    The same dataset, n and seed give the same rows.

    Raises:
        SeimaiError: if n is too small for one row of each kind.
    """
    kinds = list(_kinds(population))
    counts = _share_out(n, [_PARTS[side, how] for _, side, how, _ in kinds], [cap for *_, cap in kinds])
    strata: list[Stratum] = []
    for (rule, side, how, _), count in zip(kinds, counts, strict=True):
        rows = rule.dropped if rule and side == "dropped" else population.kept
        near = _nearest(rule, rows, count) if rule and how == "nearest" else None
        if near is not None:
            strata.append(Stratum(rule.reason if rule else None, side, how, len(near), tuple(near.tolist())))
            continue
        taken = strata[-1].drawn if rule and strata and strata[-1].reason == rule.reason else ()
        rest = rows[~np.isin(rows, taken)]
        reason = rule.reason if rule else None
        some = np.sort(_generator(seed, reason).choice(rest, count, replace=False)) if count else rest[:0]
        strata.append(Stratum(reason, side, how, len(rest), tuple(some.tolist())))
    return strata


def _kinds(population: Population) -> Iterator[tuple[Rule | None, Side, How, int]]:
    """The strata to fill, and the most rows that each can have."""
    for rule in population.rules:
        known = int(np.isfinite(rule.distance[rule.dropped]).sum())
        near = min(known, rule.dropped.size // _NEAREST)
        yield rule, "dropped", "nearest", near
        yield rule, "dropped", "random", rule.dropped.size - near
        yield rule, "kept", "nearest", int(np.isfinite(rule.distance[population.kept]).sum())
    yield None, "kept", "random", len(population.kept)


def _share_out(n: int, parts: Sequence[int], caps: Sequence[int]) -> list[int]:
    """One row each, and the rest by parts; what a full stratum cannot take goes to the others.

    >>> _share_out(20, [1, 2, 1], [3, 100, 100])
    [3, 11, 6]
    """
    counts = [min(cap, 1) for cap in caps]
    if n < sum(counts):
        raise SeimaiError(f"--n {n} is too few: there are {sum(counts)} kinds of documents to draw from")
    left = min(n, sum(caps)) - sum(counts)
    while left:
        room = [i for i, cap in enumerate(caps) if counts[i] < cap]
        total = sum(parts[i] for i in room)
        given = {i: min(left * parts[i] // total, caps[i] - counts[i]) for i in room}
        if not any(given.values()):
            given = dict.fromkeys(sorted(room, key=lambda i: -parts[i])[:left], 1)
        for i, more in given.items():
            counts[i] += more
        left -= sum(given.values())
    return counts


def _nearest(rule: Rule, rows: Numbers, count: int) -> Numbers:
    """The rows nearest to the threshold; of equally near ones the first."""
    order = np.argsort(rule.distance[rows], kind="stable")  # NaN comes last
    return np.sort(rows[order[:count]])


def _generator(seed: int, reason: str | None) -> np.random.Generator:
    """Chance of a stratum's own: another rule beside it changes nothing."""
    return np.random.default_rng(xxhash.xxh3_64_intdigest(f"{seed}\x1f{reason}".encode()))
