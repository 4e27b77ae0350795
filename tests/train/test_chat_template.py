from typing import Any

import pytest
from tiny_trainings import Made, chats

from seimai.errors import SeimaiError
from train.chat_template import CHATML, HEADINGS, give_template, training_template
from train.model import load_tokenizer

pytestmark = pytest.mark.train


@pytest.fixture
def bare(tokenizer: Made) -> Any:
    """A tokenizer without a chat template, fresh for each test."""
    loaded = load_tokenizer(str(tokenizer.folder))
    loaded.chat_template = None
    return loaded


def test_chatml_where_the_vocabulary_has_its_tokens(bare: Any) -> None:
    give_template(bare)
    assert bare.chat_template == CHATML


def test_headings_train_the_end_of_the_turn(bare: Any) -> None:
    bare.chat_template = HEADINGS
    chat = chats()[0]
    encoded = bare.apply_chat_template(chat, return_dict=True, return_assistant_tokens_mask=True)
    marked = [i for i, m in zip(encoded["input_ids"], encoded["assistant_masks"], strict=True) if m]
    assert bare.decode(marked) == chat[1]["content"] + bare.eos_token
    prompt = bare.apply_chat_template(chat[:1], add_generation_prompt=True, return_dict=False)
    assert encoded["input_ids"][: len(prompt)] == prompt


def test_a_template_of_ones_own_stays(bare: Any) -> None:
    bare.chat_template = "{{ messages[0]['content'] }}"
    give_template(bare)
    assert bare.chat_template == "{{ messages[0]['content'] }}"


def test_no_end_of_text_no_template(bare: Any) -> None:
    bare.eos_token = None
    with pytest.raises(SeimaiError, match="neither a chat template nor an end-of-text token"):
        give_template(bare)


def test_an_unmarked_template_is_refused_before_training(bare: Any) -> None:
    bare.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    with pytest.raises(SeimaiError, match="does not mark what the assistant says"):
        training_template(bare)
