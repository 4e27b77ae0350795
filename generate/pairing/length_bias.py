"""How much of a preference is length: judges like the longer answer, and DPO learns it from them.

A model trained on pairs whose chosen answers are longer writes answers far longer than those it was shown
(Park et al. 2024, "Disentangling Length from Quality in Direct Preference Optimization", arXiv:2403.19159).
"""

from collections.abc import Sequence
from statistics import median
from typing import Any

from generate.pairing.scored import Scored
from generate.pairing.terms import Pick


class LengthBias:
    """Counts over responses and pairs; whole numbers, so that the order of the rows cannot change them."""

    def __init__(self) -> None:
        self._with_length = self._against_length = 0
        self._gaps: list[int] = []

    def saw(self, responses: Sequence[Scored]) -> None:
        """Count the responses to one prompt, two by two: does the longer one have the higher score?"""
        for i, one in enumerate(responses):
            for other in responses[i + 1 :]:
                product = (one.score - other.score) * (one.chars - other.chars)
                self._with_length += product > 0
                self._against_length += product < 0

    def made(self, pick: Pick) -> None:
        """Count a pair."""
        self._gaps.append(pick.chosen.chars - pick.rejected.chars)

    def measures(self) -> list[dict[str, Any]]:
        """The figures, as a run's report shows them.

        The rank correlation is Goodman and Kruskal's gamma within prompts, over all responses that were
        scored: 0 where length says nothing about the score, 1 where the longer of two is always the better.
        """
        decided = self._with_length + self._against_length
        found: list[dict[str, Any]] = []
        if decided:
            gamma = (self._with_length - self._against_length) / decided
            found.append(_line("rank correlation of score and length within a prompt", round(gamma, 3)))
        if self._gaps:
            longer, shorter = sum(g > 0 for g in self._gaps), sum(g < 0 for g in self._gaps)
            share = round(longer / max(1, longer + shorter), 4)
            found.append(_line("pairs whose chosen response is the longer one", share, "share"))
            found.append(_line("median of chosen minus rejected", float(median(self._gaps)), "characters"))
        return found


def _line(measure: str, value: float, unit: str = "") -> dict[str, Any]:
    return {"measure": measure, "value": value, "unit": unit}
