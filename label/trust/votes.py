"""A session's answers as a table: pairs down, reviewers across."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from label.pull import Response
from label.verdict import KINDS, vote

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

PREFERENCE = {"chosen": 1.0, "tie": 0.0, "both_bad": 0.0, "rejected": -1.0}
"""Answers on one scale, for ordinal agreement: neither of two bad answers is preferred to the other."""


@dataclass(frozen=True)
class Votes:
    """Who voted for what; each reviewer has one vote a pair, the latest."""

    responses: tuple[Response, ...]
    """By time, one for each reviewer and pair."""
    pairs: tuple[str, ...]
    reviewers: tuple[str, ...]
    """In the order of their first answers; two that began at once, by name."""

    @cached_property
    def codes(self) -> Codes:
        """Pairs x reviewers: the index into KINDS, -1 where a reviewer gave no answer."""
        row = {pair: i for i, pair in enumerate(self.pairs)}
        column = {reviewer: j for j, reviewer in enumerate(self.reviewers)}
        codes = np.full((len(row), len(column)), -1, dtype=np.int64)
        for response in self.responses:
            codes[row[response.pair], column[response.reviewer]] = KINDS.index(vote(response))
        return codes

    @cached_property
    def preferences(self) -> Floats:
        """Pairs x reviewers on the scale of PREFERENCE, NaN where there is no answer."""
        scale = np.array([PREFERENCE[kind] for kind in KINDS] + [np.nan])
        return scale[self.codes]

    def of(self, reviewer: str) -> Sequence[Response]:
        """A reviewer's answers, by time."""
        return [response for response in self.responses if response.reviewer == reviewer]

    def pseudonyms(self) -> dict[str, str]:
        """R1, R2, ... by first answer: later answers and new reviewers change no name.

        >>> late = Response("p", "田中", "a", None, "2026-01-02T09:00:00", "chosen")
        >>> early = Response("p", "鈴木", "b", None, "2026-01-01T09:00:00", "chosen")
        >>> tabulate([late, early]).pseudonyms()
        {'鈴木': 'R1', '田中': 'R2'}
        """
        return {reviewer: f"R{number}" for number, reviewer in enumerate(self.reviewers, start=1)}


def tabulate(responses: Iterable[Response]) -> Votes:
    """Order the answers by time; of a reviewer's answers to the same pair the last counts."""
    last = {(r.pair, r.reviewer): r for r in sorted(responses, key=_moment)}
    ordered = tuple(sorted(last.values(), key=_moment))
    pairs = tuple(sorted({response.pair for response in ordered}))
    return Votes(ordered, pairs, tuple(dict.fromkeys(response.reviewer for response in ordered)))


def _moment(response: Response) -> tuple[str, str, str]:
    """Argilla writes times in UTC and one form, so that text order is time's."""
    return response.at, response.reviewer, response.pair
