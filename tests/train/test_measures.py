import math
from typing import Any

import pytest
from tiny_trainings import Made, documents, pairs

from train.likelihood import Scored, log_likelihoods
from train.model import folder_of, load_tokenizer
from train.perplexity import of_texts
from train.preference import encode, preference

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def loaded(base: Made) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM

    folder = folder_of(str(base.folder))
    return AutoModelForCausalLM.from_pretrained(folder), load_tokenizer(folder)


def whole(tokenizer: Any, text: str) -> Scored:
    ids = tokenizer(text)["input_ids"]
    return Scored(ids, [True] * len(ids))


def test_neighbours_in_a_batch_do_not_matter(loaded: tuple[Any, Any]) -> None:
    model, tokenizer = loaded
    texts = [documents()[0], documents()[1] + documents()[2][:9], "米"]
    together = log_likelihoods(model, [whole(tokenizer, t) for t in texts])
    alone = [log_likelihoods(model, [whole(tokenizer, t)])[0] for t in texts]
    assert together == pytest.approx(alone, rel=1e-5)


def test_the_likelihood_is_the_models_own_loss(loaded: tuple[Any, Any]) -> None:
    import torch

    model, tokenizer = loaded
    sequence = whole(tokenizer, documents()[3])
    ids = torch.tensor([sequence.ids])
    loss = model(input_ids=ids, labels=ids, use_cache=False).loss.item()
    assert log_likelihoods(model, [sequence])[0] == pytest.approx(-loss * sequence.tokens, rel=1e-4)


def test_windows_cover_every_token_once(loaded: tuple[Any, Any]) -> None:
    model, tokenizer = loaded
    text = "".join(documents()[:5])
    tokens = len(tokenizer(text)["input_ids"])
    for width in (16, 17, 64):
        measured = of_texts(model, tokenizer, [text], max_length=width)
        assert (measured.tokens, measured.bytes) == (tokens, len(text.encode()))


def test_perplexity_and_bits_per_byte_are_one_number_in_two_units(loaded: tuple[Any, Any]) -> None:
    model, tokenizer = loaded
    p = of_texts(model, tokenizer, documents()[:4], max_length=64)
    assert math.log2(p.per_token) * p.tokens == pytest.approx(p.bits_per_byte * p.bytes)


def test_the_mode_of_the_model_is_left_as_it_was(loaded: tuple[Any, Any]) -> None:
    model, tokenizer = loaded
    model.train()
    of_texts(model, tokenizer, ["米"], max_length=64)
    assert model.training
    model.eval()


def test_swapping_the_sides_turns_the_margin_round(loaded: tuple[Any, Any]) -> None:
    model, tokenizer = loaded
    swapped = [p | {"chosen": p["rejected"], "rejected": p["chosen"]} for p in pairs()]
    one, other = (
        preference(model, [encode(tokenizer, p, max_length=96) for p in records])
        for records in (pairs(), swapped)
    )
    assert one.margin == pytest.approx(-other.margin, abs=1e-5)
    assert one.accuracy == pytest.approx(1 - other.accuracy)


def test_only_the_answer_counts(loaded: tuple[Any, Any]) -> None:
    _, tokenizer = loaded
    pair = pairs()[0]
    encoded = encode(tokenizer, pair, max_length=96)
    counted = [i for i, c in zip(encoded.chosen.ids, encoded.chosen.counts, strict=True) if c]
    assert tokenizer.decode(counted) == pair["chosen"][0]["content"] + "<|im_end|>\n"
    assert not encoded.truncated


def test_a_pair_cut_before_its_answers_is_the_same_twice(loaded: tuple[Any, Any]) -> None:
    _, tokenizer = loaded
    encoded = encode(tokenizer, pairs()[0], max_length=8)
    assert encoded.truncated
    assert encoded.is_same
