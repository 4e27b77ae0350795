"""What two responses must be to make a pair, and how a pair is picked of all that may be made."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from generate.pairing.likeness import ALIKE, similarity
from generate.pairing.scored import Scored


class Pick(NamedTuple):
    """Two responses that make a pair."""

    chosen: Scored
    rejected: Scored

    @property
    def margin(self) -> float:
        """By how much the chosen one is better; rounded, because 0.9 - 0.7 is less than 0.2."""
        return round(self.chosen.score - self.rejected.score, 4)


@dataclass(frozen=True)
class Terms:
    """When two responses may make a pair."""

    min_margin: float = 0.2
    max_length_gap: int | None = None
    """Characters by which one may be longer than the other."""
    max_length_ratio: float | None = None
    """How many times as long as the other one may be."""

    def has_margin(self, pick: Pick) -> bool:
        """Whether one is better at all, and by enough; equals are a tie."""
        return pick.margin > 0 and pick.margin >= self.min_margin

    def fits(self, pick: Pick) -> bool:
        """Whether both are about as long.

        The cap holds either way. One on longer chosen responses alone turns the bias round: of 247 pairs
        from shaberi whose median gap is +69 characters it leaves -113, and a cap on both sides +13.
        """
        shorter, longer = sorted((pick.chosen.chars, pick.rejected.chars))
        by = self.max_length_gap is None or longer - shorter <= self.max_length_gap
        return by and (self.max_length_ratio is None or longer <= self.max_length_ratio * shorter)


class NoPair(Exception):
    """There is no pair; the message is the reason, as dropped rows name it."""


def best_worst(responses: Sequence[Scored], terms: Terms) -> list[Pick]:
    """The pair with the widest margin; of equals the earlier response is the better and the later the worse.

    Raises:
        NoPair: if no two responses keep the terms.
    """
    return widest(responses, terms, 1)


def widest(responses: Sequence[Scored], terms: Terms, at_most: int | None) -> list[Pick]:
    """All pairs that keep the terms, or so many, the widest margins first.

    Raises:
        NoPair: if no two responses keep the terms.
    """
    ranked = sorted(responses, key=lambda r: -r.score)
    places = [(i, j) for i in range(len(ranked)) for j in range(i + 1, len(ranked))]
    picks = [(Pick(ranked[i], ranked[j]), i, j) for i, j in places]
    picks.sort(key=lambda found: (-found[0].margin, found[1], -found[2]))
    return list(islice(_kept([p for p, _, _ in picks], terms), at_most)) or _none(responses, terms)


def top_random(responses: Sequence[Scored], terms: Terms, draw: Callable[[Scored], object]) -> list[Pick]:
    """The best response with one of those that may stand against it, the one that `draw` puts first.

    Where none may stand against the best, the next best takes its place.

    Raises:
        NoPair: if no two responses keep the terms.
    """
    ranked = sorted(responses, key=lambda r: -r.score)
    for place, top in enumerate(ranked):
        others = sorted(ranked[place + 1 :], key=lambda r: (str(draw(r)), r.id))
        if found := next(_kept([Pick(top, other) for other in others], terms), None):
            return [found]
    return _none(responses, terms)


def _kept(picks: Sequence[Pick], terms: Terms) -> Iterator[Pick]:
    """Those that keep the terms; texts are compared last, since that takes longest."""
    for pick in picks:
        if terms.has_margin(pick) and terms.fits(pick) and not _alike(pick):
            yield pick


def _alike(pick: Pick) -> bool:
    return similarity(pick.chosen.text, pick.rejected.text) >= ALIKE


def _none(responses: Sequence[Scored], terms: Terms) -> list[Pick]:
    """Say why there is no pair: the last of the terms that any two responses came to."""
    if len(responses) < 2:
        raise NoPair("too_few_responses")
    ranked = sorted(responses, key=lambda r: -r.score)
    picks = [Pick(a, b) for i, a in enumerate(ranked) for b in ranked[i + 1 :]]
    wide = [p for p in picks if terms.has_margin(p)]
    if not wide:
        raise NoPair("no_margin")
    raise NoPair("near_identical" if any(terms.fits(p) for p in wide) else "length_gap")
