"""Whether a reviewer goes on as they began."""

from dataclasses import dataclass
from math import hypot

import numpy as np

from label.trust.resample import share_over_units
from label.trust.votes import Votes
from seimai.interval import Share

PARTS = 3


@dataclass(frozen=True)
class Drift:
    """Agreement with the others in the first, middle and last third of a reviewer's answers."""

    thirds: tuple[Share, ...]

    @property
    def declined(self) -> bool:
        """The first third is above the last by more than the 95 % interval of their difference.

        The interval is Newcombe's (Statistics in Medicine 17, 1998), joined from the thirds' own.
        """
        first, last = self.thirds[0], self.thirds[-1]
        return first.share - last.share > hypot(first.share - first.low, last.high - last.share)


def drifts(votes: Votes, *, seed: int = 0) -> dict[str, Drift]:
    """By reviewer; those with fewer than three answers on pairs that others answered are not in it."""
    row = {pair: i for i, pair in enumerate(votes.pairs)}
    found: dict[str, Drift] = {}
    for column, reviewer in enumerate(votes.reviewers):
        codes = votes.codes[[row[r.pair] for r in votes.of(reviewer)]]  # in the order of this reviewer's work
        others = np.delete(codes, column, axis=1)
        told = (others >= 0).sum(axis=1)
        agree = (others == codes[:, column : column + 1]).sum(axis=1)
        agree, told = agree[told > 0], told[told > 0]
        if told.size < PARTS:
            continue
        parts = zip(np.array_split(agree, PARTS), np.array_split(told, PARTS), strict=True)
        shares = (share_over_units(hits, n, seed=seed) for hits, n in parts)
        found[reviewer] = Drift(tuple(share for share in shares if share is not None))
    return found
