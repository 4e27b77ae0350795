"""Rows of prompts that a model wrote: of one user's turn each, with where they come from."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from generate.drafts import Draft
from generate.engine import Message
from seimai.job import Job
from seimai.rows import origin_of, row_id, schema


def single_turn(prompt: Iterable[Mapping[str, Any] | None] | None) -> str | None:
    """What the user says in a prompt that has nothing else; None for other prompts.

    >>> single_turn([{"role": "user", "content": "お米の研ぎ方は?"}])
    'お米の研ぎ方は?'
    """
    turns = list(prompt or ())
    if len(turns) != 1 or turns[0] is None or turns[0]["role"] != "user" or not turns[0]["content"]:
        return None
    return str(turns[0]["content"]).strip() or None


def new_row(
    draft: Draft,
    key: str,
    *,
    parents: Sequence[Mapping[str, Any]],
    meta: str,
    before: Sequence[Message] = (),
) -> dict[str, Any]:
    """A row for a draft; with a `reason` where it is none, so that the runner puts it aside.

    `key` tells the row from all others (a request's key and a number); `before` are the turns that it goes
    on from. Source and license are those of the parents, joined where they differ.
    """
    return {
        "id": row_id(key, draft.text),
        "origin": origin_of([p["id"] for p in parents]),
        "prompt": [*before, Message(role="user", content=draft.text)],
        "responses": [],
        "source": _joined((p.get("source") for p in parents), ", "),
        "license": _joined((p.get("license") for p in parents), " AND "),
        "meta": meta,
        "reason": draft.reason,
        "detail": draft.detail,
    }


def frame_of(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """The rows as a frame, those with a reason among them."""
    return pl.DataFrame(rows, schema={**schema("prompts"), "reason": pl.String(), "detail": pl.String()})


class Yield:
    """How many of the drafts became prompts, and what the others were, for the run's end."""

    def __init__(self) -> None:
        self._reasons = Counter[str]()

    def count(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Count rows as `new_row` makes them."""
        self._reasons.update(row["reason"] or "" for row in rows)

    def tell(self, step: str, job: Job) -> None:
        """Leave the share of drafts that were taken in the manifest."""
        drafts = self._reasons.total()
        share = round(self._reasons[""] / drafts, 4) if drafts else 0.0
        line = {"step": step, "measure": f"drafts that are new prompts, of {drafts:,}", "value": share}
        job.metrics["measures"] = [line | {"unit": "share"}]


def _joined(values: Iterable[str | None], by: str) -> str | None:
    return by.join(sorted({v for v in values if v})) or None
