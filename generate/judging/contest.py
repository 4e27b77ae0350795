"""The matches between the responses of a row: which there are, what is asked, what came of it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from generate.judging.case import Case
from generate.judging.matches import Match, against, challengers, round_robin
from generate.judging.position import BothOrders, Winner
from generate.judging.scores import NO_TEXT, Judgement, Row, Score, has_text
from generate.judging.standings import Played, standings
from generate.judging.verdicts import Question, Verdicts

CHOICES = ("A", "B", "C")
FORWARD: dict[str, Winner] = {"A": "first", "B": "second", "C": "tie"}
BACKWARD: dict[str, Winner] = {"A": "second", "B": "first", "C": "tie"}


@dataclass(frozen=True)
class Contest:
    """How responses meet, and the verdicts on them; `met` counts those of rows that were judged."""

    match: Literal["all", "best", "against"]
    against: str | None
    most: int | None
    drop: bool
    rubric: str
    needed: frozenset[str]
    verdicts: Verdicts
    met: Counter[BothOrders] = field(default_factory=Counter[BothOrders])

    def questions(self, row: Row, number: int) -> Iterator[Question]:
        """What is to be asked about a row in a round: both orders of its matches.

        With `match: best` each round is one match, and those before it are known; else there is one round.
        """
        case = Case.of(row, self.needed)
        if isinstance(case, Case) and not isinstance(players := self._players(row), str):
            matches = self._matches(case, players)
            for match in islice(matches, number, number + 1) if self.match == "best" else matches:
                yield from self._both(case, players, match)

    def judgement(self, row: Row) -> Judgement:
        """The scores of a row's responses, all of whose matches were asked."""
        case, players = Case.of(row, self.needed), self._players(row)
        why = case if isinstance(case, str) else players if isinstance(players, str) else None
        if isinstance(case, str) or isinstance(players, str):
            return Judgement([Score(None, f"no verdict: {why}") for _ in row["responses"]])
        played = [self._played(case, players, match) for match in self._matches(case, players)]
        self.met.update(p.both for p in played if p.both is not None)
        found = iter(standings(len(players), played, drop=self.drop))
        scores = [next(found) if has_text(r) else Score(None, NO_TEXT) for r in row["responses"]]
        return Judgement(scores, [_record(p, players) for p in played])

    def _players(self, row: Row) -> list[Row] | str:
        players = [r for r in row["responses"] or () if has_text(r)]
        if self.match == "against" and not any(self._is_yardstick(r) for r in players):
            return f"there is no response of {self.against}"
        return players

    def _is_yardstick(self, response: Row) -> bool:
        return self.against in (response["model"], response["engine"])

    def _matches(self, case: Case, players: list[Row]) -> Iterator[Match]:
        if self.match == "best":
            yield from challengers(len(players), lambda m: self._is_won_by_later(case, players, m))
        elif self.match == "against":
            yield from against(len(players), next(i for i, r in enumerate(players) if self._is_yardstick(r)))
        else:
            yield from round_robin(len(players), self.most)

    def _is_won_by_later(self, case: Case, players: list[Row], match: Match) -> bool:
        both = self._played(case, players, match).both
        return both is not None and both.winner == "second"

    def _both(self, case: Case, players: list[Row], match: Match) -> tuple[Question, ...]:
        one, other = (players[i]["text"] for i in match)
        if one.strip() == other.strip():
            return ()
        shared: Question = {"rubric": self.rubric, **case.shown()}
        return {**shared, "first": one, "second": other}, {**shared, "first": other, "second": one}

    def _played(self, case: Case, players: list[Row], match: Match) -> Played:
        asked = self._both(case, players, match)
        if not asked:
            return Played(match, BothOrders("tie", "tie"), ("equal texts", "equal texts"))
        forward, backward = (self.verdicts.votes(q)[0] for q in asked)
        if forward.choice is None or backward.choice is None:
            return Played(match, None, (forward.said if forward.choice is None else backward.said,))
        both = BothOrders(FORWARD[forward.choice], BACKWARD[backward.choice])
        return Played(match, both, (forward.said, backward.said))


def _record(played: Played, players: list[Row]) -> dict[str, object]:
    """A match as the row's `meta` keeps it: `verdicts` with the first response shown first, then last."""
    found: dict[str, object] = {"first": players[played.match[0]]["id"]}
    found["second"] = players[played.match[1]]["id"]
    found["verdicts"] = [played.both.forward, played.both.backward] if played.both else None
    if any(played.said):
        found["said"] = list(played.said)
    return found
