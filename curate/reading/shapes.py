"""From a record's keys to the columns of a kind of rows; what has no column goes into `meta`."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, cast

from curate.reading.conversations import content_of, foreign_kind, ours, role_of
from seimai.rows import Kind, row_id

COLUMNS: dict[Kind, tuple[str, ...]] = {
    "documents": ("text", "title", "source", "url", "license"),
    "chat": ("messages", "source", "license"),
    "prompts": ("prompt", "responses", "source", "license"),
    "candidates": ("prompt", "responses", "source", "license"),
    "pairs": (
        "prompt",
        "chosen",
        "rejected",
        "label_source",
        "votes",
        "agreement",
        "margin",
        "source",
        "license",
    ),
}
"""The columns that a record can fill."""


def kind_of_keys(record: Mapping[str, Any], columns: Mapping[str, str]) -> Kind | None:
    """The kind of rows that a record is; None if its keys fit none.

    An empty `text` counts last: exports of chats and pairs often carry one along, as Alpaca's records carry
    instruction, input and answer as one text.
    """
    has = {ours for names in COLUMNS.values() for ours in names if columns.get(ours, ours) in record}
    foreign = foreign_kind(record)
    if record.get(columns.get("text", "text")) and not (foreign == "chat" and "instruction" in record):
        return "documents"
    if "messages" in has:
        return "chat"
    if {"prompt", "chosen", "rejected"} <= has:
        return "pairs"
    if "prompt" in has:
        return "prompts"
    return foreign or ("documents" if "text" in has else None)


def shaped(record: dict[str, Any], kind: Kind, columns: Mapping[str, str], row: str) -> dict[str, Any]:
    """Column values of a record.

    Raises:
        ValueError: if a key is missing or its value has another shape; the message names the key.
    """
    talk = "messages" if kind == "chat" else "prompt"
    record = ours(record, kind, columns.get(talk, talk))
    rest = dict(record)
    values: dict[str, Any] = {}
    for name in COLUMNS[kind]:
        key = columns.get(name, name)
        value = rest.pop(key, None)
        try:
            values[name], lost = _SHAPES[name](value, row)
        except ValueError as e:
            raise ValueError(f"key {key!r} {e}" if key in record else f"no key {key!r}") from None
        if lost:
            rest[key] = value
    if rest:
        values["meta"] = _json(rest)
    return values


Shape = Callable[[Any, str], tuple[Any, bool]]
"""From a value and the row's id to the column's value, and whether the value holds more than the column."""


def _text(value: Any, _: str) -> tuple[str, bool]:
    if not isinstance(value, str):
        raise ValueError(f"is {_name(value)}, not a text")
    if not value:
        raise ValueError("is empty")
    return value, False


def _label(value: Any, _: str) -> tuple[str | None, bool]:
    """A short text about the row; anything else stays in `meta`."""
    return (value, False) if isinstance(value, str) else (None, value is not None)


def _number(value: Any, _: str) -> tuple[float | None, bool]:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return (float(value), False) if good else (None, False)


def _votes(value: Any, _: str) -> tuple[str | None, bool]:
    return (value if isinstance(value, str | None) else _json(value)), False


def _said_by(role: str) -> Shape:
    def shape(value: Any, _: str) -> tuple[list[dict[str, str]], bool]:
        if isinstance(value, str):
            if not value:
                raise ValueError("is empty")
            return [{"role": role, "content": value}], False
        if not isinstance(value, list):
            raise ValueError(f"is {_name(value)}, not a text or a list of messages")
        if not value:
            raise ValueError("is empty")
        pairs = [_message(m, i) for i, m in enumerate(cast(list[Any], value))]
        return [message for message, _ in pairs], any(more for _, more in pairs)

    return shape


def _message(value: Any, index: int) -> tuple[dict[str, str], bool]:
    if not isinstance(value, dict):
        raise ValueError(f"has as message {index} {_name(value)}, not an object")
    message = cast(dict[str, Any], value)
    said = {"role": role_of(message), "content": content_of(message)}
    for key, part in said.items():
        if not isinstance(part, str):
            raise ValueError(f"has in message {index} as {key!r} {_name(part)}, not a text")
    return said, _more(message, "role", "content", "from", "value")


def _more(value: dict[str, Any], *known: str) -> bool:
    return any(v is not None for k, v in value.items() if k not in known)


def _responses(value: Any, row: str) -> tuple[list[dict[str, Any]], bool]:
    if value is None:
        return [], False
    if not isinstance(value, list):
        raise ValueError(f"is {_name(value)}, not a list")
    pairs = [_response(item, i, row) for i, item in enumerate(cast(list[Any], value))]
    return [response for response, _ in pairs], any(more for _, more in pairs)


def _response(value: Any, index: int, row: str) -> tuple[dict[str, Any], bool]:
    item: dict[str, Any] = {"text": value} if isinstance(value, str) else value
    if not isinstance(value, str | dict) or not isinstance(item.get("text"), str):
        raise ValueError(f"has as response {index} no object with a 'text'")
    sampling = item.get("sampling")
    response: dict[str, Any] = {
        "id": row_id(row, index),
        "text": item["text"],
        "engine": _label(item.get("engine"), row)[0],
        "model": _label(item.get("model"), row)[0],
        "sampling": sampling if isinstance(sampling, str | None) else _json(sampling),
        "scores": [],
    }
    return response, _more(item, "text", "engine", "model", "sampling")


_SHAPES: dict[str, Shape] = {
    "text": _text,
    "title": _label,
    "source": _label,
    "url": _label,
    "license": _label,
    "messages": _said_by("user"),
    "prompt": _said_by("user"),
    "chosen": _said_by("assistant"),
    "rejected": _said_by("assistant"),
    "responses": _responses,
    "label_source": _label,
    "votes": _votes,
    "agreement": _number,
    "margin": _number,
}


def _name(value: Any) -> str:
    if value is None:
        return "missing"
    for kind, name in (
        (dict, "an object"),
        (list, "a list"),
        (str, "a text"),
        (bool, "a truth value"),
        (int | float, "a number"),
    ):
        if isinstance(value, kind):
            return name
    return "no JSON value"


def _json(value: Any) -> str:
    try:
        return _ENCODER.encode(value)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    """Dates, decimals and bytes, which Parquet has and JSON has not, as text."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=_plain)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_finite(v) for v in cast(list[Any], value)]
    return (
        {k: _finite(v) for k, v in cast(dict[str, Any], value).items()} if isinstance(value, dict) else value
    )
