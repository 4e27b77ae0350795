"""A conversation as the tokens that a model reads: the same for both engines that load the model."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Sequence
from typing import Any

from generate.engine import Message
from generate.model_files import ModelFiles

HEADINGS = {"user": "### 指示:\n", "assistant": "### 応答:\n"}


def load_tokenizer(files: ModelFiles) -> Any:
    """The model's tokenizer."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(files.tokenizer)


def prompt_tokens(tokenizer: Any, messages: Sequence[Message]) -> list[int]:
    """The tokens of a conversation up to where the model's answer starts.

    A model without a chat template gets the headings that Japanese base models are mostly tuned with
    (llm-jp's 指示 and 応答), the same that training gives a base model here.
    """
    if getattr(tokenizer, "chat_template", None):
        turns = [dict(m) for m in messages]
        text: str = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])
    return list(tokenizer("".join(map(_headed, messages)) + HEADINGS["assistant"])["input_ids"])


def _headed(message: Message) -> str:
    return f"{HEADINGS.get(message['role'], '')}{message['content']}\n\n"
