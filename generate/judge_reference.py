"""Responses beside a reference answer or a passage of evidence, without a model."""

import unicodedata
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field

from generate.judging.case import text_of
from generate.judging.chrf import chrf
from generate.judging.facts import unsupported
from generate.judging.scores import NO_TEXT, Score, add_score, has_text
from seimai.nested import lists_of_structs
from seimai.rows import RESPONSES, Kind
from seimai.step import Transform


class JudgeReference(Transform):
    """Compare each response with the row's `reference` or `evidence`, which stand in `meta`.

    | by | score |
    |---|---|
    | `match` | 1 if response and reference are the same text but for width, case, space and punctuation |
    | `contains` | 1 if the response contains the reference, in the same sense: for short answers |
    | `chrf` | the F-score of their character n-grams (`generate.judging.chrf`) |
    | `support` | the share of the response's numbers and names that evidence or prompt have, 1 without any |

    A row without the text that is needed gets no score, and `why` says so. What needs understanding is for
    `generate.judge_score` with the rubrics `reference` and `faithful`.

    >>> from seimai.rows import MESSAGES
    >>> row = pl.DataFrame(
    ...     {
    ...         "prompt": [[{"role": "user", "content": "送料はいくらですか。"}]],
    ...         "responses": [[{"text": "送料は８００円です。"}, {"text": "山田さんに500円払います。"}]],
    ...         "meta": '{"evidence": "送料は全国一律800円、返品は8日以内。"}',
    ...     },
    ...     schema={"prompt": MESSAGES, "responses": RESPONSES, "meta": pl.String},
    ... )
    >>> scores = JudgeReference(by="support").apply(row)["responses"].explode().struct.field("scores")
    >>> scores.explode().struct.unnest().rows()
    [('reference:support', 1.0, ''), ('reference:support', 0.0, 'not in the evidence: 500, 山田さん')]
    """

    takes: ClassVar[Kind | None] = "candidates"
    changes: ClassVar[frozenset[str]] = frozenset({"responses"})

    by: Literal["match", "contains", "chrf", "support"] = Field("chrf", description="what is compared")

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Add a score to each response; a score that this judge gave before is replaced."""
        judged: list[Any] = []
        for prompt, responses, meta in rows.select("prompt", "responses", "meta").iter_rows():
            judged.append(
                responses
                and [add_score(r, f"reference:{self.by}", self._score(r, prompt, meta)) for r in responses]
            )
        return rows.with_columns(lists_of_structs("responses", judged, RESPONSES))

    def _score(self, response: dict[str, Any], prompt: list[Any] | None, meta: str | None) -> Score:
        key = "evidence" if self.by == "support" else "reference"
        wanted = text_of(meta, key)
        if wanted is None:
            return Score(None, f"no verdict: meta has no {key}")
        if not has_text(response):
            return Score(None, NO_TEXT)
        text: str = response["text"]
        if self.by == "support":
            asked = [str(m["content"] or "") for m in prompt or () if m is not None]
            return _support(text, "\n".join([wanted, *asked]))
        if self.by == "chrf":
            return Score(round(chrf(text, wanted), 4), "")
        said, right = _letters(text), _letters(wanted)
        hit = bool(right) and (right in said if self.by == "contains" else right == said)
        return Score(float(hit), "" if hit else "not the reference")


def _support(text: str, known: str) -> Score:
    missing, total = unsupported(text, known)
    score = 1 - len(missing) / total if total else 1.0
    return Score(round(score, 4), f"not in the evidence: {', '.join(missing)}" if missing else "")


def _letters(text: str) -> str:
    """Letters and digits alone, of one width and case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LNM")
