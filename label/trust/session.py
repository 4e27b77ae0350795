"""All that is measured of a session."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from label.pull import Response
from label.trust.alpha import Alpha, alpha
from label.trust.bias import Band, longer, longer_by_band, position, position_of_all
from label.trust.dawid_skene import truths
from label.trust.disagreement import Disagreement, disagreements
from label.trust.drift import Drift, drifts
from label.trust.gold import accuracy
from label.trust.kappa import Kappa, pairwise
from label.trust.pace import Pace, paces
from label.trust.resample import share_over_units
from label.trust.sizes import Size
from label.trust.votes import Votes, tabulate
from label.verdict import KINDS, decide
from seimai.errors import SeimaiError
from seimai.interval import Share


@dataclass(frozen=True)
class Reviewer:
    """One reviewer, under the name that the report shows."""

    name: str
    answers: Counter[str]
    """As given: a, b, tie, both_bad."""
    reliability: float
    """Share of answers expected to be right, by Dawid & Skene's model."""
    gold: Share | None
    position: Share | None
    longer: Share | None
    pace: Pace | None
    drift: Drift | None


@dataclass(frozen=True)
class Session:
    """What a report says."""

    first: str
    last: str
    """When the first and the last answer came, as the server says it."""
    pairs: int
    answers: int
    agreed: Share | None
    """Of all two answers to the same pair, the share that are the same."""
    nominal: Alpha | None
    ordinal: Alpha | None
    """Chosen, neither, rejected, in this order: chosen against rejected disagrees more than a tie does."""
    position: Share | None
    bands: list[Band]
    verdicts: Counter[str]
    reviewers: list[Reviewer]
    kappas: list[Kappa]
    disagreements: list[Disagreement]


def measure(
    responses: Iterable[Response],
    *,
    sizes: Mapping[str, Size] | None = None,
    gold: Mapping[str, str] | None = None,
    names: bool = False,
    seed: int = 0,
) -> Session:
    """Measure a session; reviewers are R1, R2, ... unless `names` is set.

    Raises:
        SeimaiError: if there is no answer.
    """
    votes = tabulate(responses)
    if not votes.responses:
        raise SeimaiError("there is no answer to report on")
    known = sizes or {}
    shown = {r: r for r in votes.reviewers} if names else votes.pseudonyms()
    found = truths(votes)
    return Session(
        first=votes.responses[0].at,
        last=votes.responses[-1].at,
        pairs=len(votes.pairs),
        answers=len(votes.responses),
        agreed=_agreed(votes, seed),
        nominal=alpha(np.where(votes.codes < 0, np.nan, votes.codes), "nominal", seed=seed),
        ordinal=alpha(votes.preferences, "ordinal", seed=seed),
        position=position_of_all(votes, seed=seed),
        bands=longer_by_band(votes, known, seed=seed),
        verdicts=_verdicts(votes),
        reviewers=_reviewers(votes, found.reliability().tolist(), shown, known, gold or {}, seed),
        kappas=[
            Kappa(shown[k.first], shown[k.second], k.shared, k.agreed, k.value, k.low, k.high)
            for k in pairwise(votes, seed=seed)
        ],
        disagreements=disagreements(votes, found),
    )


def _reviewers(
    votes: Votes,
    reliability: list[float],
    shown: Mapping[str, str],
    sizes: Mapping[str, Size],
    gold: Mapping[str, str],
    seed: int,
) -> list[Reviewer]:
    right, pace, drift = accuracy(votes, gold), paces(votes, sizes), drifts(votes, seed=seed)
    return [
        Reviewer(
            name=shown[reviewer],
            answers=Counter(response.answer for response in votes.of(reviewer)),
            reliability=reliability[i],
            gold=right.get(reviewer),
            position=position(votes.of(reviewer)),
            longer=longer(votes.of(reviewer), sizes),
            pace=pace.get(reviewer),
            drift=drift.get(reviewer),
        )
        for i, reviewer in enumerate(votes.reviewers)
    ]


def _agreed(votes: Votes, seed: int) -> Share | None:
    counts = (votes.codes[:, :, None] == np.arange(len(KINDS))).sum(axis=1)
    total = counts.sum(axis=1)
    return share_over_units((counts * (counts - 1)).sum(axis=1) / 2, total * (total - 1) / 2, seed=seed)


def _verdicts(votes: Votes) -> Counter[str]:
    by_pair: dict[str, list[Response]] = {}
    for response in votes.responses:
        by_pair.setdefault(response.pair, []).append(response)
    return Counter(decide(given).winner for given in by_pair.values())
