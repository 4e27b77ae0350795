"""Choices by where an answer stands and by how long it is, rather than by what it says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf

from label.pull import Response
from label.trust.resample import share_over_units
from label.trust.sizes import Size
from label.trust.votes import Votes
from label.verdict import vote
from seimai.interval import Share, wilson

BANDS = ((1.1, 1.5), (1.5, 2.5), (2.5, inf))
"""How many times as long the longer response is; below the first the two count as equally long."""


@dataclass(frozen=True)
class Band:
    """Choices among pairs whose lengths differ alike."""

    least: float
    below: float
    answers: int
    longer: Share
    """The share that prefers the longer response. Longer may be better: a share above one half is a bias
    only as far as the longer response is not."""


def position(responses: Iterable[Response]) -> Share | None:
    """One reviewer's share of A among the answers that decide, with Wilson's interval.

    Sides are drawn at random for each pair, so half is what a reviewer without the bias comes to.
    """
    decided = [r.answer == "a" for r in responses if r.answer in ("a", "b")]
    return wilson(sum(decided), len(decided)) if decided else None


def position_of_all(votes: Votes, *, seed: int = 0) -> Share | None:
    """The same over all reviewers; all of a pair's reviewers see the same side, so pairs are drawn again."""
    decided = [(r.pair, r.answer == "a") for r in votes.responses if r.answer in ("a", "b")]
    return _over_pairs(decided, seed)


def longer(responses: Iterable[Response], sizes: Mapping[str, Size]) -> Share | None:
    """One reviewer's share of the longer response among the answers that decide, equal lengths aside."""
    found = [length[1] for r in responses if (length := _length(r, sizes))]
    return wilson(sum(found), len(found)) if found else None


def longer_by_band(votes: Votes, sizes: Mapping[str, Size], *, seed: int = 0) -> list[Band]:
    """All reviewers' share of the longer response, by how much longer it is."""
    found = [(r.pair, *length) for r in votes.responses if (length := _length(r, sizes))]
    bands: list[Band] = []
    for least, below in BANDS:
        inside = [(pair, hit) for pair, ratio, hit in found if least <= ratio < below]
        share = _over_pairs(inside, seed)
        if share is not None:
            bands.append(Band(least, below, len(inside), share))
    return bands


def _length(response: Response, sizes: Mapping[str, Size]) -> tuple[float, bool] | None:
    """How many times as long the longer response is, and whether it was preferred."""
    size, preferred = sizes.get(response.pair), vote(response)
    if size is None or preferred not in ("chosen", "rejected"):
        return None
    long, short = max(size.chosen, size.rejected), min(size.chosen, size.rejected)
    ratio = long / short if short else inf if long else 1.0
    if ratio < BANDS[0][0]:
        return None
    return min(ratio, 1e9), (preferred == "chosen") == (size.chosen == long)


def _over_pairs(found: Iterable[tuple[str, bool]], seed: int) -> Share | None:
    hits: dict[str, list[bool]] = {}
    for pair, hit in found:
        hits.setdefault(pair, []).append(hit)
    pairs = sorted(hits)
    return share_over_units([sum(hits[p]) for p in pairs], [len(hits[p]) for p in pairs], seed=seed)
