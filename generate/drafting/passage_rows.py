"""Rows that were made from a passage of a document, and passages that gave none."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from generate.drafting.draws import drawn
from generate.drafting.passage import Passage, passages
from generate.meta import with_keys
from seimai.dataset import Rows
from seimai.rows import origin_of, row_id, schema

BACK = {**schema("documents"), "reason": pl.String(), "detail": pl.String()}
SAID = 500
"""Characters of what a model wrote that a row which it did not become keeps: enough to see what is wrong."""


def chosen(row: Mapping[str, Any], n: int, min_chars: int, max_chars: int, seed: int) -> list[Passage]:
    """`n` passages of a document, or all; they depend on the seed and the document alone."""
    found = passages(row["text"] or "", min_chars, max_chars)
    picked = drawn(found, n, seed, row["id"], key=lambda p: p.start)
    return sorted(picked, key=lambda p: p.start)


def documents(rows: Rows) -> Iterator[dict[str, Any]]:
    """The documents, one by one."""
    for frame in rows.frames():
        yield from frame.iter_rows(named=True)


def title_of(row: Mapping[str, Any]) -> dict[str, str]:
    """The document's title as a template's value; empty where it has none."""
    return {"title": row.get("title") or ""}


def made(
    row: Mapping[str, Any], key: object, columns: Mapping[str, Any], meta: Mapping[str, Any]
) -> dict[str, Any]:
    """A row made from a document; `key` tells it from the document's others."""
    return {
        "id": row_id(row["id"], key),
        "origin": origin_of([row["id"]]),
        "source": row.get("source"),
        "license": row.get("license"),
        "meta": with_keys(row.get("meta"), **meta),
        **columns,
    }


def not_made(
    row: Mapping[str, Any],
    key: object,
    passage: Passage,
    reason: str,
    detail: str | None,
    meta: Mapping[str, Any],
) -> dict[str, Any]:
    """The passage as a document, with the reason why it gave no row."""
    back = made(row, key, {"text": passage.text, "url": row.get("url")}, meta)
    return back | {"reason": reason, "detail": detail[:SAID] if detail else None}


def without_passage(row: Mapping[str, Any]) -> dict[str, Any]:
    """The document itself: no part of it is prose of the length that was asked for."""
    return {k: row.get(k) for k in schema("documents")} | {"reason": "no_passage", "detail": None}
