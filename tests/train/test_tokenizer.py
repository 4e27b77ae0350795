import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_trainings import Made, chats, do, documents, text_frame

from seimai.errors import SeimaiError
from train.model import load_tokenizer
from train.tokenizer import Tokenizer

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def loaded(tokenizer: Made) -> Any:
    return load_tokenizer(str(tokenizer.folder))


@given(text=st.text(max_size=60))
def test_decoding_gives_back_every_text(loaded: Any, text: str) -> None:
    ids = loaded(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    assert loaded.decode(ids) == text


def test_special_tokens_and_size(loaded: Any, tokenizer: Made) -> None:
    assert len(loaded) == tokenizer.metrics["vocab_size"] == 400
    assert loaded.eos_token == "<|endoftext|>"
    assert loaded.pad_token == "<|pad|>"
    assert loaded("<|im_end|>")["input_ids"] == [loaded.get_vocab()["<|im_end|>"]]


def test_the_assistants_turn_and_its_end_are_marked_and_nothing_else(loaded: Any) -> None:
    chat = chats()[0]
    encoded = loaded.apply_chat_template(chat, return_dict=True, return_assistant_tokens_mask=True)
    marked = [i for i, m in zip(encoded["input_ids"], encoded["assistant_masks"], strict=True) if m]
    assert loaded.decode(marked) == chat[1]["content"] + "<|im_end|>"


def test_a_prompt_is_the_beginning_of_the_conversation(loaded: Any) -> None:
    chat = chats()[0]
    prompt = loaded.apply_chat_template(chat[:1], add_generation_prompt=True, return_dict=False)
    assert loaded.apply_chat_template(chat, return_dict=False)[: len(prompt)] == prompt


def test_same_documents_same_files(tokenizer: Made, tmp_path: Path) -> None:
    again = do(Tokenizer(vocab_size=400), text_frame(documents()), tmp_path / "again")
    names = sorted(p.name for p in tokenizer.model.iterdir())
    assert names == sorted(p.name for p in again.model.iterdir())
    assert all((tokenizer.model / n).read_bytes() == (again.model / n).read_bytes() for n in names)


def test_no_text_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SeimaiError, match=r"train\.tokenizer: there is no text to train a tokenizer on"):
        do(Tokenizer(vocab_size=400), text_frame(["", None]), tmp_path / "empty")


def test_the_config_that_ran_can_be_run_again_by_hand(tokenizer: Made) -> None:
    config = json.loads((tokenizer.folder / "work" / "config.json").read_text("utf-8"))
    assert config["parameters"] == {"vocab_size": 400, "max_chars": 100_000_000}
