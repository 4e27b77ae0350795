"""The user's last turn in a conversation: what a template reworks, with what stands around it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generate.engine import Message
from generate.responses import written_response


@dataclass(frozen=True)
class Part:
    """What a template is filled in with: a document, a passage of one, or a user's turn with those before."""

    text: str
    before: tuple[Message, ...] = ()
    responses: tuple[dict[str, Any], ...] = ()
    """The answers to the prompt as it was; they stay where the template changes nothing."""
    start: int | None = None


class NoPrompt(Exception):
    """A row from which no prompt can be made, and why."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail)
        self.reason = reason


def last_turn(row: Mapping[str, Any]) -> Part:
    """The user's last turn, what was said before it, and the answers to it.

    Raises:
        NoPrompt: if there is none.
    """
    turns: list[Any] = list(row.get("prompt") or row.get("messages") or ())
    if any(m is None or m["role"] is None or m["content"] is None for m in turns):
        raise NoPrompt("no_text", "a message has no role or no content")
    last = max((n for n, m in enumerate(turns) if m["role"] == "user"), default=None)
    if last is None or not turns[last]["content"].strip():
        raise NoPrompt("no_text", "no user's turn")
    answers = [m["content"] for m in turns[last + 1 :] if m["role"] == "assistant"][:1]
    written = [written_response(row["id"], text) for text in answers]
    before = tuple(Message(role=m["role"], content=m["content"]) for m in turns[:last])
    return Part(turns[last]["content"], before, tuple(written or row.get("responses") or ()))


def turned(before: tuple[Message, ...], filled: list[Message]) -> list[Message]:
    """The conversation with its last turn filled in; two system messages become one, the older first."""
    system = [m["content"] for m in (*before[:1], *filled[:1]) if m["role"] == "system"]
    first = [Message(role="system", content="\n\n".join(system))] if system else []
    return [*first, *(m for m in before if m["role"] != "system"), filled[-1]]
