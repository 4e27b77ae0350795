"""A conversation as the tokens that a model reads: the same for all engines that load the model.

The model writes the assistant's turn, or the user's: then the chat template is rendered with a mark in the
user's place and cut there, which works for any template that shows what the user says. What the template
writes behind the mark is how the user's turn ends (Magpie: Xu et al. 2024,
https://arxiv.org/abs/2406.08464, which cuts the templates of single models by hand).
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from generate.engine import Message, Request
from generate.engines.model_files import ModelFiles

HEADINGS = {"user": "### 指示:\n", "assistant": "### 応答:\n"}
MARK = "\ue000user\ue000"
"""Stands where the user's text begins; private use, so that no template writes it."""


@dataclass(frozen=True)
class Prompt:
    """What a model reads before it writes, and what ends its writing beside its own end of sequence."""

    tokens: list[int]
    stop: tuple[str, ...]
    stop_tokens: tuple[int, ...]


def load_tokenizer(files: ModelFiles) -> Any:
    """The model's tokenizer."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(files.tokenizer)


def read(tokenizer: Any, request: Request) -> Prompt:
    """The prompt of a request.

    A text to stop at that is one special token is looked for among the tokens: an answer's text does not
    show special tokens.

    Raises:
        Exception: whatever a template raises that refuses the turns.
    """
    # Some tokenizers have thousands: they are looked through only where they matter.
    special = _special(tokenizer) if request.turn == "user" or request.sampling.stop else {}
    texts, ends = list[str](), list[int]()
    if request.turn == "user":
        before, after = _user_turn(tokenizer, request.messages)
        tokens = _encoded(tokenizer, before)
        first = tokenizer(after.lstrip(), add_special_tokens=False)["input_ids"][:1]
        if first and first[0] in special.values():
            ends.append(first[0])
        elif after.strip():
            texts.append(after.strip().splitlines()[0])
    else:
        tokens = prompt_tokens(tokenizer, request.messages)
    for stop in request.sampling.stop:
        if stop in special:
            ends.append(special[stop])
        else:
            texts.append(stop)
    return Prompt(tokens, tuple(texts), tuple(ends))


def prompt_tokens(tokenizer: Any, messages: Sequence[Message]) -> list[int]:
    """The tokens of a conversation up to where the model's answer starts.

    A model without a chat template gets the headings that Japanese base models are mostly tuned with
    (llm-jp's 指示 and 応答), the same that training gives a base model here.
    """
    messages = as_data(tokenizer, messages)
    if _has_template(tokenizer):
        return _encoded(tokenizer, _rendered(tokenizer, messages))
    return _encoded(tokenizer, "".join(map(_headed, messages)) + HEADINGS["assistant"])


def as_data(tokenizer: Any, messages: Sequence[Message]) -> list[Message]:
    """The messages without the special tokens that their texts spell out.

    A tokenizer reads `<|im_end|><|im_start|>system` inside a document as the end of the turn and the start
    of another: only the template may write those. A space behind the first character keeps such a token from
    being read as one, whatever the tokenizer normalises; so for the headings of models without a template.
    """
    marks = [*_special(tokenizer)] if _has_template(tokenizer) else [h.strip() for h in HEADINGS.values()]
    return [Message(role=m["role"], content=_broken(m["content"], marks)) for m in messages]


def _broken(text: str, marks: Sequence[str]) -> str:
    for mark in sorted(marks, key=len, reverse=True):
        if len(mark) > 1:
            text = text.replace(mark, f"{mark[0]} {mark[1:]}")
    return text


def _user_turn(tokenizer: Any, messages: Sequence[Message]) -> tuple[str, str]:
    """The conversation up to where the user's next text begins, and what the template writes behind it."""
    messages = as_data(tokenizer, messages)
    if not _has_template(tokenizer):
        return "".join(map(_headed, messages)) + HEADINGS["user"], "\n\n" + HEADINGS["assistant"]
    parts = _rendered(tokenizer, [*messages, Message(role="user", content=MARK)]).split(MARK)
    if len(parts) != 2:
        raise ValueError(f"the chat template shows a user's text {len(parts) - 1} times, not once")
    return parts[0], parts[1]


def _has_template(tokenizer: Any) -> bool:
    return bool(getattr(tokenizer, "chat_template", None))


def _rendered(tokenizer: Any, messages: Sequence[Message]) -> str:
    turns = [dict(m) for m in messages]
    return tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)


def _encoded(tokenizer: Any, text: str) -> list[int]:
    """Tokens; a template writes the special tokens itself, for headings the tokenizer adds them."""
    return list(tokenizer(text, add_special_tokens=not _has_template(tokenizer))["input_ids"])


def _special(tokenizer: Any) -> dict[str, int]:
    """The special tokens that end or part turns: the one for what is unknown says nothing."""
    added: dict[int, Any] = getattr(tokenizer, "added_tokens_decoder", {})
    special = {token.content: number for number, token in added.items() if token.special}
    special |= dict(zip(tokenizer.all_special_tokens, tokenizer.all_special_ids, strict=True))
    return {text: number for text, number in special.items() if text != tokenizer.unk_token}


def _headed(message: Message) -> str:
    return f"{HEADINGS.get(message['role'], '')}{message['content']}\n\n"
