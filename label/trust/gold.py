"""Gold pairs: pairs whose answer is known, mixed in to see who reads."""

import json
from collections.abc import Mapping
from pathlib import Path

from label.trust.votes import Votes
from label.verdict import KINDS, vote
from seimai.errors import SeimaiError
from seimai.interval import Share, wilson


def accuracy(votes: Votes, gold: Mapping[str, str]) -> dict[str, Share]:
    """Each reviewer's share of right answers on the gold pairs that they answered, with Wilson's interval.

    `gold` is in the pair's own terms (`chosen`, `rejected`, `tie`, `both_bad`): what was A for a reviewer is
    known to the capture alone.
    """
    found: dict[str, Share] = {}
    for reviewer in votes.reviewers:
        right = [vote(r) == gold[r.pair] for r in votes.of(reviewer) if r.pair in gold]
        if right:
            found[reviewer] = wilson(sum(right), len(right))
    return found


def read_gold(path: Path) -> dict[str, str]:
    """Known answers from JSON lines: {"pair": id, "answer": "chosen"}.

    Raises:
        SeimaiError: if the file cannot be read or a line is something else.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SeimaiError(f"{path} cannot be read: {error}") from error
    gold: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            pair, answer = str(row["pair"]), row["answer"]
        except (ValueError, KeyError, TypeError) as error:
            raise SeimaiError(f"{path}:{number} is no gold pair: wanted are pair and answer") from error
        if answer not in KINDS:
            raise SeimaiError(f"{path}:{number}: answer is {answer!r}; choose one of {', '.join(KINDS)}")
        gold[pair] = answer
    return gold
