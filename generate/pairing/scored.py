"""A response and what its judges say of it."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scored:
    """A response and the mean of its judges' scores."""

    id: str
    text: str
    model: str | None
    judges: Mapping[str, float]

    @property
    def score(self) -> float:
        """The mean over the judges, rounded because 0.1 + 0.2 is not 0.3."""
        return round(math.fsum(self.judges.values()) / len(self.judges), 6)

    @property
    def chars(self) -> int:
        """Characters of the text."""
        return len(self.text)

    def account(self) -> dict[str, Any]:
        """What a row made from this response records of it in `meta`."""
        return {
            "response": self.id,
            "model": self.model,
            "chars": self.chars,
            "score": self.score,
            "scores": dict(sorted(self.judges.items())),
        }


def scored(responses: Iterable[Mapping[str, Any]] | None, judges: Collection[str] = ()) -> list[Scored]:
    """The responses that every judge has scored, in their order; without `judges`, all who scored any.

    A name stands for the judges whose names begin with it and a colon too: `score` for all of
    `score:RUBRIC:MODEL`.

    A response that one of the judges has not seen, or whose verdict could not be read, is left out: the
    mean of two judges says nothing beside the mean of three.

    >>> rules, model = ({"judge": j, "score": s} for j, s in (("rules", 0.5), ("model", 0.9)))
    >>> responses = [
    ...     {"id": "a", "text": "冷蔵庫へ。", "scores": [{"judge": "rules", "score": 1.0}]},
    ...     {"id": "b", "text": "棚へ。", "scores": [rules, model]},
    ... ]
    >>> [(r.id, r.score) for r in scored(responses)]
    [('b', 0.7)]
    >>> [(r.id, r.score) for r in scored(responses, ["rules"])]
    [('a', 1.0), ('b', 0.5)]
    """
    found = [(r, _scores(r)) for r in responses or () if (r["text"] or "").strip()]
    every = {judge for _, scores in found for judge in scores}
    of_name = [{j for j in every if j == name or j.startswith(f"{name}:")} for name in judges]
    if not all(of_name):
        return []
    wanted = set[str]().union(*of_name) if of_name else every
    return [
        Scored(r["id"], r["text"], r.get("model"), {judge: scores[judge] for judge in sorted(wanted)})
        for r, scores in found
        if wanted and wanted <= set(scores)
    ]


def _scores(response: Mapping[str, Any]) -> dict[str, float]:
    given: list[Mapping[str, Any]] = response["scores"] or []
    return {
        s["judge"]: float(s["score"]) for s in given if s["score"] is not None and math.isfinite(s["score"])
    }


def label_source(*responses: Scored) -> str:
    """Who decided, as the column `label_source` says it: `rule` if nobody but the rules did, else `judge`."""
    return "rule" if all(set(r.judges) == {"rules"} for r in responses) else "judge"
