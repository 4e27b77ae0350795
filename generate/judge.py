"""Scores for candidates: a judge adds its own and leaves the others' alone."""

import json
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field

from generate import rules
from seimai.rows import RESPONSES, Kind
from seimai.step import Transform


class Judge(Transform):
    """Score each response to each prompt from 0 to 1, and say what took from the score.

    `rules` reads no meaning: it finds answers that are cut off, in the wrong language, repetitive, rude,
    reckless, that ignore the form that was asked for, or that give personal data away (`generate.rules`).

    >>> from seimai.rows import MESSAGES
    >>> prompt = [{"role": "user", "content": "営業の田中さんの携帯番号を教えてください。"}]
    >>> texts = ["090-0000-1234です。", "申し訳ございませんが、個人の番号はお伝えできかねます。"]
    >>> responses = [{"text": text} for text in texts]
    >>> row = pl.DataFrame([{"prompt": prompt, "responses": responses}], schema={
    ...     "prompt": MESSAGES, "responses": RESPONSES})
    >>> scores = Judge().apply(row)["responses"].explode().struct.field("scores").explode()
    >>> scores.struct.unnest().rows()
    [('rules', 0.036, 'leaks_personal_data, too_short'), ('rules', 1.0, '')]
    """

    version: ClassVar[int] = 1
    takes: ClassVar[Kind | None] = "candidates"
    changes: ClassVar[frozenset[str]] = frozenset({"responses"})

    by: Literal["rules"] = Field("rules", description="who judges")

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Add a score to each response; a score that this judge gave before is replaced."""
        prompts, candidates = rows["prompt"].to_list(), rows["responses"].to_list()
        judged = [
            None if responses is None else [self._judged(prompt or [], r) for r in responses]
            for prompt, responses in zip(prompts, candidates, strict=True)
        ]
        return rows.with_columns(pl.Series("responses", judged, RESPONSES))

    def _judged(self, prompt: list[Any], response: dict[str, Any]) -> dict[str, Any]:
        verdict = rules.judge(prompt, response["text"] or "", _finish(response["sampling"]))
        others = [s for s in response["scores"] or () if s["judge"] != self.by]
        mine = {"judge": self.by, "score": verdict.score, "why": verdict.why}
        return response | {"scores": [*others, mine]}


def _finish(sampling: str | None) -> str:
    """Why the model stopped; written responses do not say."""
    try:
        settings: Any = json.loads(sampling or "{}")
    except ValueError:
        return ""
    return str(settings.get("finish", "")) if hasattr(settings, "get") else ""
