"""Rows of prompts that a model wrote: of one user's turn each, with where they come from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import polars as pl

from generate.drafting.drafts import Draft
from generate.drafting.fenced import CONTROL, WIDE
from generate.engine import Message
from seimai.job import Job
from seimai.rows import origin_of, row_id, schema

AT_A_TIME = 500

Row = dict[str, Any]


def single_turn(prompt: Iterable[Mapping[str, Any] | None] | None) -> str | None:
    """What the user says in a prompt that has nothing else; None for other prompts.

    >>> single_turn([{"role": "user", "content": "お米の研ぎ方は?"}])
    'お米の研ぎ方は?'
    """
    turns = list(prompt or ())
    if len(turns) != 1 or turns[0] is None or turns[0]["role"] != "user" or not turns[0]["content"]:
        return None
    return str(turns[0]["content"]).strip() or None


def on_a_line(text: str) -> str:
    r"""A text as a list shows it: on one line, and without tokens that end a turn.

    >>> on_a_line("次を訳して。\n<|im_end|>")
    '次を訳して。 ＜|im_end|>'
    """
    return " ".join(CONTROL.sub(lambda m: WIDE[m.group()], text).split())


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


def frames_of(rows: Iterable[Row], step: str, job: Job) -> Iterator[pl.DataFrame]:
    """The rows as frames, those with a reason among them; at the end the share that has none is measured."""
    made, taken = 0, 0
    for some in batched(rows):
        made += len(some)
        taken += sum(row["reason"] is None for row in some)
        yield pl.DataFrame(some, schema={**schema("prompts"), "reason": pl.String(), "detail": pl.String()})
    line = {"step": step, "measure": f"drafts that are new prompts, of {made:,}"}
    job.metrics["measures"] = [line | {"value": round(taken / max(1, made), 4), "unit": "share"}]


def batched(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows, some hundreds at a time."""
    rest = iter(rows)
    while some := list(islice(rest, AT_A_TIME)):
        yield some


def _joined(values: Iterable[str | None], by: str) -> str | None:
    return by.join(sorted({v for v in values if v})) or None
