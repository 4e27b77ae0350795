"""Cohen's kappa: how far two reviewers agree beyond chance."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from label.trust.resample import bounds, weights
from label.trust.votes import Floats, Votes


@dataclass(frozen=True)
class Kappa:
    """Two reviewers' agreement on the pairs that both answered."""

    first: str
    second: str
    shared: int
    """Pairs that both answered."""
    agreed: float
    """Share of them with the same answer."""
    value: float | None
    """None where chance alone makes them agree everywhere: each gave one and the same answer only."""
    low: float
    high: float


def kappa(first: npt.ArrayLike, second: npt.ArrayLike) -> float | None:
    """Kappa of two lists of codes (Cohen 1960); None where it is not defined.

    >>> kappa([0, 0, 1, 1], [0, 0, 1, 0])
    0.5
    """
    value = _kappas(_matches(np.asarray(first), np.asarray(second)).sum(axis=0)[None])[0]
    return None if np.isnan(value) else float(value)


def pairwise(votes: Votes, *, seed: int = 0) -> list[Kappa]:
    """Kappa of every two reviewers who share pairs, with a bootstrap interval over those pairs."""
    found: list[Kappa] = []
    for i, j in combinations(range(len(votes.reviewers)), 2):
        both = (votes.codes[:, i] >= 0) & (votes.codes[:, j] >= 0)
        if not both.any():
            continue
        matches = _matches(votes.codes[both, i], votes.codes[both, j])
        table = matches.sum(axis=0)
        value = _kappas(table[None])[0]
        low, high = bounds(_kappas(np.tensordot(weights(len(matches), seed=seed), matches, axes=1)))
        shared = len(matches)
        agreed = float(np.trace(table) / shared)
        known = None if np.isnan(value) else float(value)
        found.append(Kappa(votes.reviewers[i], votes.reviewers[j], shared, agreed, known, low, high))
    return found


def _matches(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> Floats:
    """Units x codes x codes: a one where the two answers meet."""
    size = int(max(first.max(), second.max())) + 1
    one = np.eye(size)
    return one[first][:, :, None] * one[second][:, None, :]


def _kappas(tables: Floats) -> Floats:
    shares = tables / tables.sum(axis=(1, 2), keepdims=True)
    observed = np.trace(shares, axis1=1, axis2=2)
    expected = (shares.sum(axis=2) * shares.sum(axis=1)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected < 1 - 1e-12, (observed - expected) / (1 - expected), np.nan)
