"""From the answers to one pair to its preference."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from label.pull import Response

KINDS = ("chosen", "rejected", "tie", "both_bad")


@dataclass(frozen=True)
class Verdict:
    """What the reviewers of one pair decided."""

    votes: dict[str, int]
    """Votes for the response that came as `chosen`, the one that came as `rejected`, and neither."""
    winner: str
    """The kind with more votes than any other; `tie` where there is none."""
    agreement: float
    """Share of the most frequent answer among all."""
    margin: float
    """The winner's lead over the other response, as a share of all votes: 1 when all agree."""


def decide(responses: Iterable[Response]) -> Verdict:
    """The majority of at least one answer; two kinds level at the top are a tie."""
    counts = Counter(vote(response) for response in responses)
    votes = {kind: counts[kind] for kind in KINDS}
    total = counts.total()
    top = max(votes.values())
    leaders = [kind for kind in KINDS if votes[kind] == top]
    winner = leaders[0] if len(leaders) == 1 else "tie"
    margin = abs(votes["chosen"] - votes["rejected"]) / total
    return Verdict(votes, winner, top / total, margin)


def vote(response: Response) -> str:
    """One answer in the pair's own terms, whatever side the reviewer saw as A: one of KINDS."""
    if response.answer in ("tie", "both_bad"):
        return response.answer
    return response.a if response.answer == "a" else ("rejected" if response.a == "chosen" else "chosen")
