"""Conversations as others write them: ShareGPT's, Alpaca's and OpenAI's records, turned into ours.

| shape | keys |
|---|---|
| ShareGPT | `conversations`: list of {`from`: human/gpt/system, `value`}; `system` |
| Alpaca, Dolly | `instruction`, `input` or `context`, `output` or `response`; `system`, `history` |
| OpenAI | `messages` whose `content` is a list of text parts |

Read as prompts, the answer to the last question becomes a response that is written already.
"""

from collections.abc import Mapping
from typing import Any, cast

from seimai.rows import Kind

ROLES = {
    "human": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
}
TALKS = ("conversations", "conversation")
INPUTS = ("input", "context")
OUTPUTS = ("output", "response")


def foreign_kind(record: Mapping[str, Any]) -> Kind | None:
    """What a record in one of these shapes is, unless it has our own keys.

    >>> foreign_kind({"instruction": "要約してください。", "input": "玄米を磨く。", "output": "精米のこと。"})
    'chat'
    """
    if any(isinstance(record.get(key), list) for key in TALKS):
        return "chat"
    if _text(record, "instruction"):
        return "chat" if any(_text(record, key) for key in OUTPUTS) else "prompts"
    return None


def ours(record: dict[str, Any], kind: Kind, key: str) -> dict[str, Any]:
    """The record with its conversation under `key`, and as a prompt with the answer in `responses`.

    A record that has `key`, or has none of the shapes, comes back as it is.
    """
    if key in record or kind not in ("chat", "prompts", "candidates"):
        return record
    turns, used = _turns(record)
    if not turns:
        return record
    rest = {k: v for k, v in record.items() if k not in used}
    if kind == "chat":
        return {**rest, key: turns}
    last = max((n for n, m in enumerate(turns) if role_of(m) == "user"), default=len(turns) - 1)
    answers = [content_of(m) for m in turns[last + 1 : last + 2] if role_of(m) == "assistant"]
    return {"responses": answers, **rest, key: turns[: last + 1]}


def _turns(record: Mapping[str, Any]) -> tuple[list[Any], set[str]]:
    """The turns of a record, and the keys that they were made from."""
    system = [{"role": "system", "content": s}] if (s := _text(record, "system")) else []
    used = {"system"} if system else set[str]()
    for key in (*TALKS, "messages"):
        talk = record.get(key)
        if isinstance(talk, list) and talk:
            return [*system, *cast("list[Any]", talk)], {*used, key}
    instruction = _text(record, "instruction")
    if not instruction:
        return [], set()
    history = _history(record.get("history"))
    inputs = next((k for k in INPUTS if _text(record, k)), "")
    asked = "\n\n".join(t for t in (instruction, _text(record, inputs)) if t)
    output = next((k for k in OUTPUTS if _text(record, k)), "")
    answer = [{"role": "assistant", "content": record[output]}] if output else []
    used |= {"instruction", inputs, output} | ({"history"} if history else set())
    empty = {k for k in (*INPUTS, *OUTPUTS) if record.get(k) == ""}
    return [*system, *history, {"role": "user", "content": asked}, *answer], used | empty


def _history(value: Any) -> list[dict[str, str]]:
    """Earlier turns, as pairs of question and answer."""
    turns: list[dict[str, str]] = []
    for pair in cast("list[Any]", value) if isinstance(value, list) else []:
        said = cast("list[Any]", pair) if isinstance(pair, list) else []
        if len(said) != 2 or not all(isinstance(text, str) for text in said):
            return []
        turns += [{"role": "user", "content": said[0]}, {"role": "assistant", "content": said[1]}]
    return turns


def role_of(message: Any) -> Any:
    """Who says a message; ShareGPT's names become ours."""
    keys = _keys(message)
    role = keys.get("role", keys.get("from"))
    return ROLES.get(role.lower(), role) if isinstance(role, str) else role


def content_of(message: Any) -> Any:
    """What a message says: a text, or text parts one after the other; anything else as it is.

    >>> content_of({"content": [{"type": "text", "text": "玄米を"}, {"type": "text", "text": "磨く"}]})
    '玄米を磨く'
    """
    keys = _keys(message)
    content: Any = keys.get("content", keys.get("value"))
    if not isinstance(content, list):
        return content
    parts = [_text(_keys(part), "text") for part in cast("list[Any]", content)]
    return "".join(parts) if all(parts) and parts else cast("list[Any]", content)


def _keys(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""
