"""How long reviewers take, and what nobody can have read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median

import numpy as np

from label.pull import Response
from label.trust.sizes import Size
from label.trust.votes import Floats, Votes
from seimai.interval import Share, wilson

FASTEST = 1000
"""Characters a minute that nobody exceeds who reads. Japanese adults read aloud at 357 a minute (standard
deviation 56; Trauzettel-Klosinski & Dietz, IOVS 53:5452, 2012, 36 readers); silent reading is 238/183 as
fast as aloud, the upper end of its usual range 300/238 of the mean (Brysbaert, J. of Memory and Language
109, 2019, for English): 357 x 1.3 x 1.26 = 585. What is well above is skimming."""
OUTLIER = 3.5
"""Robust z score from which a value is an outlier (Iglewicz & Hoaglin 1993)."""
SHORTEST = 0.1
"""Seconds: the least gap whose logarithm is taken."""


@dataclass(frozen=True)
class Pace:
    """A reviewer's times from one submission to the next.

    The server says when an answer was last changed: after an edit the time is that of the edit, and the
    first answer has none.
    """

    timed: int
    median: float
    """Seconds."""
    hurried: Share | None
    """Share of the timed answers that came sooner than the pair can be read; None without texts."""
    fast: int
    """Outliers of the whole session's times (logarithms) at its fast end."""
    breaks: int
    """And at its slow end: a break, rather than a long look."""


def seconds_to_read(size: Size) -> float:
    """The least time in which a pair can be read.

    >>> seconds_to_read(Size(prompt=50, chosen=200, rejected=250))
    30.0
    """
    return size.shown / FASTEST * 60


def paces(votes: Votes, sizes: Mapping[str, Size]) -> dict[str, Pace]:
    """Every reviewer's pace; those with fewer than two times are not in it."""
    gaps = {reviewer: _gaps(votes.of(reviewer)) for reviewer in votes.reviewers}
    scores = _scores([seconds for given in gaps.values() for _, seconds in given])
    found: dict[str, Pace] = {}
    start = 0
    for reviewer, given in gaps.items():
        z, start = scores[start : start + len(given)], start + len(given)
        if not given:
            continue
        read = [s < seconds_to_read(sizes[pair]) for pair, s in given if pair in sizes]
        hurried = wilson(sum(read), len(read)) if read else None
        fast, breaks = int((z < -OUTLIER).sum()), int((z > OUTLIER).sum())
        found[reviewer] = Pace(len(given), median(s for _, s in given), hurried, fast, breaks)
    return found


def _gaps(responses: Sequence[Response]) -> list[tuple[str, float]]:
    """The pair of each answer but the first, and the seconds since the answer before."""
    timed = [(r.pair, at) for r in responses if (at := _time(r.at)) is not None]
    return [(pair, (at - before).total_seconds()) for (_, before), (pair, at) in pairwise(timed)]


def _time(text: str) -> datetime | None:
    """Without a zone, as Argilla's are in UTC; None for what is no time (answers from a spreadsheet)."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


def _scores(seconds: Sequence[float]) -> Floats:
    """Robust z of the logarithms: distance from the median in median absolute deviations."""
    logs = np.log(np.maximum(np.array(seconds, dtype=np.float64), SHORTEST))
    if not logs.size:
        return logs
    away = logs - np.median(logs)
    deviation = 1.4826 * float(np.median(np.abs(away)))
    return away / deviation if deviation else np.zeros_like(logs)
