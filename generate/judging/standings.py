"""From matches to scores: the share of its matches that a response has won, a tie being half a win."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from generate.judging.matches import Match
from generate.judging.position import BothOrders, Winner
from generate.judging.scores import Score


@dataclass(frozen=True)
class Played:
    """A match and its verdicts; without them `said` is the reason, else what the judge said each time."""

    match: Match
    both: BothOrders | None
    said: tuple[str, ...] = ()


@dataclass
class _Tally:
    wins: int = 0
    ties: int = 0
    losses: int = 0
    turned: int = 0
    failed: list[str] = field(default_factory=list[str])

    def add(self, played: Played, side: Winner, *, drop: bool) -> None:
        if played.both is None:
            self.failed.append(played.said[0])
            return
        winner = played.both.winner
        self.turned += winner is None
        if winner is None and drop:
            return
        self.wins += winner == side
        self.ties += winner in (None, "tie")
        self.losses += winner not in (None, "tie", side)

    def score(self) -> Score:
        counted = self.wins + self.ties + self.losses
        if not counted:
            return Score(None, f"no verdict: {self._nothing()}")
        why = [f"{self.wins} won, {self.ties} tied, {self.losses} lost"]
        if self.turned:
            why.append(f"{self.turned} order-dependent")
        if self.failed:
            why.append(f"{len(self.failed)} without verdict")
        return Score(round((self.wins + self.ties / 2) / counted, 4), "; ".join(why))

    def _nothing(self) -> str:
        if self.failed:
            return self.failed[0]
        return "all are order-dependent" if self.turned else "it met no other response"


def standings(n: int, played: Sequence[Played], *, drop: bool) -> list[Score]:
    """The scores of `n` responses; `drop`: matches that turn with the order do not count, else as ties.

    >>> won = Played((0, 1), BothOrders("first", "first"))
    >>> turned = Played((0, 2), BothOrders("first", "second"))
    >>> [s.score for s in standings(3, [won, turned], drop=False)]
    [0.75, 0.0, 0.5]
    >>> [s.score for s in standings(3, [won, turned], drop=True)]
    [1.0, 0.0, None]
    """
    tallies = [_Tally() for _ in range(n)]
    for one in played:
        tallies[one.match[0]].add(one, "first", drop=drop)
        tallies[one.match[1]].add(one, "second", drop=drop)
    return [t.score() for t in tallies]
