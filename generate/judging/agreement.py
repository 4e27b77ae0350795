"""How far judges agree: on the pairs of responses to one prompt that both have scored.

Only the order counts, since one judge's 0.8 is another's 0.5, and only within a prompt, since pairs are made
of nothing else. Kept as counts, so that a million rows take no memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import Any

from seimai.interval import wilson


@dataclass
class Counts:
    """Pairs of responses as two judges see them."""

    same: int = 0
    opposite: int = 0
    tied_by_first: int = 0
    tied_by_second: int = 0
    tied_by_both: int = 0

    def add(self, first: float, second: float) -> None:
        """Count a pair by the difference of its two scores, once for each judge."""
        if first and second:
            self.same += (first > 0) == (second > 0)
            self.opposite += (first > 0) != (second > 0)
        elif first or second:
            self.tied_by_first += not first
            self.tied_by_second += not second
        else:
            self.tied_by_both += 1

    def report(self) -> dict[str, Any]:
        """Pairs that both decide, the share of them decided alike with its 95 % interval, and tau-b.

        Tau-b (Kendall 1945, https://doi.org/10.1093/biomet/33.3.239) also counts what one judge ties and
        the other does not: a judge that seldom decides agrees little with one that does.
        """
        decided = self.same + self.opposite
        tied = self.tied_by_first + self.tied_by_second + self.tied_by_both
        found: dict[str, Any] = {"pairs": decided + tied, "decided": decided}
        if decided:
            share = wilson(self.same, decided)
            found |= {"agree": _short(share.share), "low": _short(share.low), "high": _short(share.high)}
        if root := sqrt((decided + self.tied_by_first) * (decided + self.tied_by_second)):
            found["tau_b"] = _short((self.same - self.opposite) / root)
        return found


class Agreement:
    """The counts of each two judges."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], Counts] = {}

    def add(self, responses: Sequence[dict[str, Any]]) -> None:
        """Count the pairs of one prompt's responses; those that a judge gave no score are left out."""
        scores = [
            {s["judge"]: s["score"] for s in r["scores"] or () if s["score"] is not None} for r in responses
        ]
        judges = sorted({judge for s in scores for judge in s})
        for one, other in combinations(judges, 2):
            counts = self._counts.setdefault((one, other), Counts())
            for a, b in combinations([s for s in scores if one in s and other in s], 2):
                counts.add(a[one] - b[one], a[other] - b[other])

    def report(self) -> list[dict[str, Any]]:
        """What to write into the manifest, one record for each two judges."""
        return [{"judges": list(names), **c.report()} for names, c in sorted(self._counts.items())]


def _short(number: float) -> float:
    return round(number, 4)
