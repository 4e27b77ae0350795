"""Preference pairs from judged candidates."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field

from seimai.dataset import Rows
from seimai.errors import SeimaiError
from seimai.job import Job
from seimai.rows import Kind, origin_of, row_id, schema
from seimai.step import Rewrite

ALIKE = 0.9
"""Two texts that share nine of ten character trigrams differ in a word or two: reviewers see no choice,
and DPO learns from what is the same in both."""


@dataclass(frozen=True)
class Scored:
    """A response and the mean of its judges' scores."""

    id: str
    text: str
    score: float
    by_rules: bool


class Pairs(Rewrite):
    """Pair the best response to a prompt with the worst; the margin is the difference of their scores.

    A response's score is the mean over its judges. A pair is made only of texts that differ, and only when
    the margin is wide enough to mean something: among the rules' verdicts on pairs that LLM judges agree on
    (shaberi), those with a margin of 0.2 are right in 89 of 100, all of them in 79. Prompts without a pair
    are given back as `too_few_responses` (fewer than two that a judge has seen), `no_margin` or
    `near_identical`.
    """

    version: ClassVar[int] = 1
    takes: ClassVar[Kind | None] = "candidates"
    gives: ClassVar[Kind | None] = "pairs"

    pick: Literal["best_worst"] = Field("best_worst", description="which two responses make the pair")
    min_margin: float = Field(0.2, ge=0, le=1, description="least difference between the two scores")

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Yield the pairs, then the rows without one, shard by shard.

        Raises:
            SeimaiError: if no response of all has a score.
        """
        bar = job.bar(f"{job.entry}: pairing", len(rows), "rows")
        has_score = False
        for frame in rows.frames():
            pairs, reasons = list[dict[str, Any]](), list[str | None]()
            for row in frame.select("id", "prompt", "responses").iter_rows(named=True):
                scored = _scored(row["responses"])
                has_score = has_score or bool(scored)
                found = self.best_worst(scored)
                reasons.append(found if isinstance(found, str) else None)
                if not isinstance(found, str):
                    pairs.append(_pair(row, *found))
            bar.advance(frame.height)
            yield pl.DataFrame(pairs, schema=schema("pairs"))
            back = frame.with_columns(pl.Series("reason", reasons, pl.String))
            yield back.filter(pl.col("reason").is_not_null())
        if len(rows) and not has_score:
            raise SeimaiError(f"{self.path()}: no response has a score: put generate.judge before it")

    def best_worst(self, scored: list[Scored]) -> tuple[Scored, Scored] | str:
        """The best response and the worst that is not almost the same text, or why there is no pair.

        Of equals the earlier one stands for the best and the later one for the worst.
        """
        if len(scored) < 2:
            return "too_few_responses"
        best, *others = sorted(scored, key=lambda s: -s.score)
        wide = [s for s in others if _margin(best, s) > 0 and _margin(best, s) >= self.min_margin]
        if not wide:
            return "no_margin"
        worst = next((s for s in reversed(wide) if similarity(best.text, s.text) < ALIKE), None)
        return (best, worst) if worst else "near_identical"


def similarity(one: str, other: str) -> float:
    """Jaccard similarity of the character trigrams, after NFKC and without white space.

    >>> similarity("お米は涼しい所に置きます。", "お米は涼しい所に置きます｡")
    1.0
    >>> similarity("お米は涼しい所に置きます。", "冷蔵庫。")
    0.0
    """
    first, second = _trigrams(one), _trigrams(other)
    return len(first & second) / max(1, len(first | second))


def _trigrams(text: str) -> set[str]:
    squeezed = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    return {squeezed[i : i + 3] for i in range(max(1, len(squeezed) - 2))}


def _margin(best: Scored, other: Scored) -> float:
    """Rounded, because 0.9 - 0.7 is less than 0.2."""
    return round(best.score - other.score, 4)


def _scored(responses: list[dict[str, Any]] | None) -> list[Scored]:
    found: list[Scored] = []
    for r in responses or ():
        scores = [s for s in r["scores"] or () if s["score"] is not None]
        if scores and r["text"]:
            mean = sum(s["score"] for s in scores) / len(scores)
            found.append(Scored(r["id"], r["text"], mean, all(s["judge"] == "rules" for s in scores)))
    return found


def _pair(row: dict[str, Any], best: Scored, worst: Scored) -> dict[str, Any]:
    return {
        "id": row_id(row["id"], best.id, worst.id),
        "origin": origin_of([row["id"]]),
        "prompt": row["prompt"],
        "chosen": [{"role": "assistant", "content": best.text}],
        "rejected": [{"role": "assistant", "content": worst.text}],
        "label_source": "rule" if best.by_rules and worst.by_rules else "judge",
        "votes": None,
        "agreement": None,
        "margin": _margin(best, worst),
    }
