"""Chat templates: how a conversation becomes one text, and which part of it the assistant says.

TRL finds the assistant's part by the markers `{% generation %}`. The token that ends a turn must stand inside
them, or the model never learns to stop.
"""

from typing import Any

from seimai.errors import SeimaiError

TURN_START = "<|im_start|>"
TURN_END = "<|im_end|>"

CHATML = (
    "{%- for message in messages %}"
    "{{- '<|im_start|>' + message['role'] + '\\n' }}"
    "{%- if message['role'] == 'assistant' %}"
    "{%- generation %}{{- message['content'] + '<|im_end|>' }}{%- endgeneration %}"
    "{%- else %}{{- message['content'] + '<|im_end|>' }}{%- endif %}"
    "{{- '\\n' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)
"""ChatML, for tokenizers that know its two tokens."""

HEADINGS = (
    "{%- for message in messages %}"
    "{%- if message['role'] == 'assistant' %}"
    "{{- '### 応答:\\n' }}"
    "{%- generation %}{{- message['content'] + eos_token }}{%- endgeneration %}{{- '\\n\\n' }}"
    "{%- elif message['role'] == 'user' %}{{- '### 指示:\\n' + message['content'] + '\\n\\n' }}"
    "{%- else %}{{- message['content'] + '\\n\\n' }}{%- endif %}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '### 応答:\\n' }}{%- endif %}"
)
"""Headings in plain text, for base models: needs no token that the model has never seen."""


def give_template(tokenizer: Any) -> None:
    """Give a tokenizer without a chat template one that its vocabulary allows.

    Raises:
        SeimaiError: if it has no end-of-text token, without which no template can end a turn.
    """
    if tokenizer.chat_template:
        return
    if tokenizer.eos_token is None:
        raise SeimaiError("the tokenizer has neither a chat template nor an end-of-text token")
    known = tokenizer.get_vocab()
    tokenizer.chat_template = CHATML if TURN_START in known and TURN_END in known else HEADINGS


def training_template(tokenizer: Any) -> str | None:
    """The template to train with, if the tokenizer's own lacks generation markers and TRL knows its family.

    Raises:
        SeimaiError: if it lacks the markers and TRL does not know it.
    """
    if "{% generation" in tokenizer.chat_template or "{%- generation" in tokenizer.chat_template:
        return None
    from trl.chat_template_utils import get_training_chat_template

    try:
        return get_training_chat_template(processing_class=tokenizer)
    except ValueError:
        raise SeimaiError(
            "the model's chat template does not mark what the assistant says ({% generation %}), "
            "and it is of no family that TRL knows: add the markers to the template"
        ) from None
