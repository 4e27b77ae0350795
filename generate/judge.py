"""Scores for candidates: a judge adds its own and leaves the others' alone."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from generate.faults import rules
from generate.faults.forbidden import read_forbidden
from generate.faults.json_form import JsonForm, json_schema
from generate.faults.rules import RULES, Rule
from generate.faults.wording import ramp
from generate.meta import parsed
from seimai.nested import lists_of_structs
from seimai.rows import RESPONSES, Kind
from seimai.step import Ref, Transform

OF_PROSE = ("not_japanese", "impolite", "too_short", "echo", "unfinished", "translated")
"""Rules that say nothing about a response that has to be JSON."""


class Judge(Transform):
    """Score each response to each prompt from 0 to 1, and say what took from the score.

    `rules` reads no meaning: it finds answers that are cut off, in the wrong language, repetitive, rude,
    reckless, that ignore the form that was asked for, decline what is harmless, or give personal data or the
    system message away (`generate.faults.rules`). What holds for all responses of a recipe is a parameter: a
    list of what must not be said (`forbidden`, one text or /pattern/ a line: such a response scores 0), a
    form, a length. Prompts of `generate.safety` are judged by what their `meta.risk` says of them.

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

    version: ClassVar[int] = 2
    takes: ClassVar[Kind | None] = "candidates"
    changes: ClassVar[frozenset[str]] = frozenset({"responses"})

    by: Literal["rules"] = Field("rules", description="who judges")
    forbidden: Ref | None = Field(
        None, description="file of what no response may contain: a text or /regular expression/ a line"
    )
    form: Literal["any", "json"] = Field(
        "any", description="json: each response must be JSON; any: it must be what its prompt asks for"
    )
    json_schema: Ref | None = Field(
        None, description="file with a JSON Schema that each response must keep; goes with form: json"
    )
    min_chars: int | None = Field(
        None, ge=1, description="least characters of a response; about 30 if left out, less where asked for"
    )
    max_chars: int | None = Field(None, ge=1, description="most characters of a response; 3,000 if left out")

    harmless: bool = Field(
        False, description="the prompts are harmless: to decline is a fault, unless their meta says risky"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.json_schema is not None and self.form != "json":
            raise ValueError("json_schema goes with form: json")
        if (self.min_chars or 1) > (self.max_chars or self.min_chars or 1):
            raise ValueError("min_chars is more than max_chars")
        return self

    def check(self) -> None:
        """Read the list and the schema.

        Raises:
            SeimaiError: naming file and line of what cannot be used.
        """
        self.applied()

    def applied(self) -> list[Rule]:
        """The rules that these parameters make, the costliest fault first."""
        without = set(OF_PROSE if self.form == "json" else ())
        own: list[Rule] = []
        if self.forbidden is not None:
            own.append(Rule("forbidden", 1.0, read_forbidden(Path(self.forbidden)).found))
        if self.form == "json":
            form = json_schema(Path(self.json_schema)) if self.json_schema else JsonForm()
            own.append(Rule("not_json", 0.9, form.broken))
        if (least := self.min_chars) is not None:
            own.append(Rule("too_short", 0.6, lambda e: ramp(len(e.text), good=least, bad=0)))
        if (most := self.max_chars) is not None:
            # A third over the limit is as bad as it gets, and one character is a fault.
            own.append(Rule("too_long", 0.6, lambda e: _over(len(e.text), most)))
        without |= {rule.name for rule in own}
        return [*own, *(rule for rule in RULES if rule.name not in without)]

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Add a score to each response; a score that this judge gave before is replaced."""
        applied = self.applied()
        prompts, candidates = rows["prompt"].to_list(), rows["responses"].to_list()
        metas = rows["meta"].to_list() if "meta" in rows.columns else [None] * rows.height
        judged = [
            None
            if responses is None
            else [self._judged(prompt or [], r, self._risk(meta), applied) for r in responses]
            for prompt, responses, meta in zip(prompts, candidates, metas, strict=True)
        ]
        return rows.with_columns(lists_of_structs("responses", judged, RESPONSES))

    def _judged(
        self, prompt: list[Any], response: dict[str, Any], risk: str, applied: Sequence[Rule]
    ) -> dict[str, Any]:
        verdict = rules.judge(prompt, response["text"] or "", _finish(response["sampling"]), risk, applied)
        others = [s for s in response["scores"] or () if s["judge"] != self.by]
        mine = {"judge": self.by, "score": verdict.score, "why": verdict.why}
        return response | {"scores": [*others, mine]}

    def _risk(self, meta: str | None) -> str:
        """What a safety prompt says of itself, or the recipe of all others."""
        return str(parsed(meta).get("risk") or ("harmless" if self.harmless else ""))


def _over(chars: int, most: int) -> float:
    return 0.0 if chars <= most else 0.3 + 0.7 * ramp(chars / most, good=1, bad=4 / 3)


def _finish(sampling: str | None) -> str:
    """Why the model stopped; written responses do not say."""
    try:
        settings: Any = json.loads(sampling or "{}")
    except ValueError:
        return ""
    return str(settings.get("finish", "")) if hasattr(settings, "get") else ""
