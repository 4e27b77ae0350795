"""Strengths of several models (or answers) from comparisons two at a time, ties allowed.

Bradley & Terry, Biometrika 39 (1952); ties as Davidson, JASA 65 (1970): a tie is as likely as the geometric
mean of the two wins, times nu. Fitted by minorise-maximise steps as Hunter, Annals of Statistics 32 (2004);
the step for Davidson's model bounds the geometric mean by an arithmetic one, so strengths stay apart.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from label.pull import Response
from label.trust.resample import bounds, share_over_units, weights
from label.trust.votes import Floats
from label.verdict import vote
from seimai.errors import SeimaiError
from seimai.interval import Share

ROUNDS, TOLERANCE = 10_000, 1e-10
RESAMPLES, COARSE = 200, 1e-6
"""Tables drawn again for the intervals, and the step of a share of strength at which their fits may stop."""
LEAST = 1e-6
"""Least share of strength in a resample: one without a win of a weak model would go to zero for ever."""


@dataclass(frozen=True)
class Comparison:
    """One reviewer's choice between two models' answers to one prompt (the unit)."""

    unit: str
    first: str
    second: str
    result: Literal["first", "second", "tie"]


@dataclass(frozen=True)
class Strength:
    """A model's place: log strength, the mean over all models 0; 0.69 (ln 2) is odds of two to one."""

    model: str
    value: float
    low: float
    high: float


def compared(responses: Iterable[Response], models: Mapping[str, tuple[str, str]]) -> list[Comparison]:
    """Answers as comparisons; `models` says whose answers a pair's chosen and rejected are.

    Both bad is a tie: it says nothing about which model is better.
    """
    result: dict[str, Literal["first", "second"]] = {"chosen": "first", "rejected": "second"}
    return [
        Comparison(r.pair, *models[r.pair], result.get(vote(r), "tie")) for r in responses if r.pair in models
    ]


def strengths(comparisons: Sequence[Comparison], *, seed: int = 0) -> list[Strength]:
    """All models, strongest first, with bootstrap intervals over the units.

    Raises:
        SeimaiError: if there is no comparison, or some models never lost to (or tied with) the others: no
            finite strengths fit such results (Ford 1957).
    """
    models = sorted({m for c in comparisons for m in (c.first, c.second)})
    wins, ties = _tables(comparisons, models)
    _check(models, wins.sum(axis=0) + ties.sum(axis=0))
    value = _log(fit(wins.sum(axis=0), ties.sum(axis=0)))
    drawn = weights(len(wins), seed=seed, rounds=RESAMPLES)
    redrawn = np.tensordot(drawn, wins, axes=1), np.tensordot(drawn, ties, axes=1)
    again = _log(fit(*redrawn, tolerance=COARSE))
    found = [Strength(m, float(value[i]), *bounds(again[:, i])) for i, m in enumerate(models)]
    return sorted(found, key=lambda s: (-s.value, s.model))


def win_rate(comparisons: Sequence[Comparison], model: str, *, seed: int = 0) -> Share | None:
    """A model's share of wins among its comparisons, a tie half a win; interval over the units."""
    points: dict[str, list[float]] = {}
    for c in comparisons:
        if model in (c.first, c.second):
            won = 0.5 if c.result == "tie" else float(model == (c.first if c.result == "first" else c.second))
            points.setdefault(c.unit, []).append(won)
    units = sorted(points)
    return share_over_units([sum(points[u]) for u in units], [len(points[u]) for u in units], seed=seed)


def fit(wins: Floats, ties: Floats, *, tolerance: float = TOLERANCE) -> Floats:
    """Strengths that sum to 1, from wins[..., i, j] of i over j and ties (symmetric); many tables at once."""
    met = wins + wins.swapaxes(-1, -2) + ties
    score = wins.sum(axis=-1) + ties.sum(axis=-1) / 2
    tied = ties.sum(axis=(-1, -2))
    strength = np.full(score.shape, 1 / score.shape[-1])
    nu = (tied > 0).astype(np.float64)
    for _ in range(ROUNDS):
        before = strength
        mean, both = _terms(strength, nu)
        rate = (met / both * (1 + nu[..., None, None] / 2 * mean / strength[..., :, None])).sum(axis=-1)
        strength = np.divide(score, rate, out=np.copy(strength), where=rate > 0)
        strength = np.maximum(strength / strength.sum(axis=-1, keepdims=True), LEAST)
        mean, both = _terms(strength, nu)  # one after the other: together, the likelihood could fall
        drawn = (met * mean / both).sum(axis=(-1, -2))
        nu = np.divide(tied, drawn, out=np.zeros_like(nu), where=drawn > 0)
        if np.abs(strength - before).max() < tolerance:
            break
    return strength


def _terms(strength: Floats, nu: Floats) -> tuple[Floats, Floats]:
    """The geometric means of any two strengths, and the sums that their chances are shares of."""
    mean = np.sqrt(strength[..., :, None] * strength[..., None, :])
    return mean, strength[..., :, None] + strength[..., None, :] + nu[..., None, None] * mean


def _tables(comparisons: Sequence[Comparison], models: Sequence[str]) -> tuple[Floats, Floats]:
    """Units x models x models: wins of the row's model, and ties (on both sides of the diagonal)."""
    place = {m: i for i, m in enumerate(models)}
    units = {u: k for k, u in enumerate(sorted({c.unit for c in comparisons}))}
    wins, ties = (np.zeros((len(units), len(models), len(models))) for _ in range(2))
    for c in comparisons:
        unit, i, j = units[c.unit], place[c.first], place[c.second]
        if c.result == "tie":
            ties[unit, i, j] += 1
            ties[unit, j, i] += 1
        else:
            wins[(unit, i, j) if c.result == "first" else (unit, j, i)] += 1
    return wins, ties


def _check(models: Sequence[str], beats: Floats) -> None:
    """Everyone must reach everyone along wins and ties."""
    if not models:
        raise SeimaiError("there is no comparison to rank models by")
    reach = (beats > 0) | np.eye(len(models), dtype=bool)
    for _ in models:
        reach = (reach.astype(np.int64) @ reach.astype(np.int64)) > 0
    if not reach.all():
        i, j = (int(k[0]) for k in np.nonzero(~reach))
        raise SeimaiError(
            f"no finite strengths: {models[i]} never won against {models[j]} or a model that leads to it"
        )


def _log(strength: Floats) -> Floats:
    logs = np.log(strength)
    return logs - logs.mean(axis=-1, keepdims=True)
