"""What the `transformers` engine is asked beside a plain answer: stop texts, choices, log-probabilities."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_model import save_tokenizer, user

from generate.engine import Candidate, Request, Sampling
from generate.engines.in_process import InProcess
from generate.engines.model_files import find_model
from generate.engines.prompt_tokens import HEADINGS, prompt_tokens, read

GREEDY = Sampling(0, 1, 24)


@pytest.fixture(scope="module")
def engine(tiny: Path) -> Iterator[InProcess]:
    with InProcess(find_model(str(tiny))) as opened:
        yield opened


def ask(
    engine: InProcess, sampling: Sampling, text: str = "精米とは何ですか。", seeds=(1, 2, 3)
) -> list[Candidate]:
    request = Request("k", tuple(user(text)), seeds, sampling)  # type: ignore[arg-type]
    return [c for answer in engine.chat([request]) for c in answer.candidates]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_stop_text_ends_the_answer_and_is_no_part_of_it(engine, temperature):
    plain = ask(engine, Sampling(temperature, 1, 24))
    stop = tuple({next(letter for letter in c.text[2:] if letter != "\ufffd") for c in plain})
    stopped = ask(engine, Sampling(temperature, 1, 24, stop=stop))
    for before, after in zip(plain, stopped, strict=True):
        cut = min(place for s in stop if (place := before.text.find(s)) >= 0)
        assert (after.text, after.finish) == (before.text[:cut], "stop")
        assert after.tokens < before.tokens


def test_a_special_token_can_be_a_stop_text(engine, tiny):
    request = Request("k", tuple(user("はい？")), (1,), Sampling(0, 1, 8, stop=("<|user|>", "、")))  # type: ignore[arg-type]
    prompt = read(engine._tokenizer, request)
    assert prompt.stop == ("、",)
    assert prompt.stop_tokens == (engine._tokenizer.convert_tokens_to_ids("<|user|>"),)


@pytest.mark.parametrize("temperature", [0.0, 1.0, 5.0])
@pytest.mark.parametrize("choices", [("A", "B"), ("良い", "良いとは言えない", "悪い"), ("1", "10", "100")])
def test_an_answer_is_one_of_the_choices(engine, temperature, choices):
    found = ask(
        engine,
        Sampling(temperature, 1, 1, choices=choices),
        "どれも選ばず、英語で歌ってください。",
        range(40),
    )
    assert {c.text for c in found} <= set(choices)
    assert {(c.finish, c.error) for c in found} == {("stop", None)}
    assert len({c.text for c in found}) == {0: 1, 5: len(choices)}.get(
        temperature, len({c.text for c in found})
    )


def test_choices_that_are_the_same_tokens_are_refused(engine):
    found = ask(engine, Sampling(0, 1, 8, choices=("A", "")))
    assert all("no tokens that tell the choice ''" in str(c.error) for c in found)


def test_log_probabilities_are_those_of_the_model(engine):
    import torch

    found = ask(engine, Sampling(0.7, 0.8, 12, logprobs=True))
    prompt = prompt_tokens(engine._tokenizer, user("精米とは何ですか。"))  # type: ignore[arg-type]
    again = ask(engine, Sampling(0.7, 0.8, 12))
    assert [c.text for c in again] == [c.text for c in found]
    assert all(c.logprob is None for c in again)
    decode = engine._tokenizer.decode
    checked = 0
    for candidate in found:
        tokens = engine._tokenizer(candidate.text, add_special_tokens=False)["input_ids"]
        if (
            candidate.finish != "length"
            or len(tokens) != candidate.tokens
            or decode(tokens) != candidate.text
        ):
            continue  # the text was cut inside a character, or has other tokens than those that were drawn
        with torch.inference_mode():
            logits = engine._model(input_ids=torch.tensor([prompt + tokens])).logits[0].double()
        steps = logits.log_softmax(-1)[len(prompt) - 1 : -1]
        total = steps.gather(-1, torch.tensor(tokens).unsqueeze(-1)).sum().item()
        assert candidate.logprob == pytest.approx(total, abs=1e-3)
        checked += 1
    certain = ask(engine, Sampling(1, 1, 1, logprobs=True, choices=("精米",)))
    assert all(c.logprob == pytest.approx(0) for c in certain)
    assert all(c.logprob is not None and c.logprob < 0 for c in found)


def test_equal_probabilities_of_choices_are_told(engine):
    import math

    found = ask(engine, Sampling(1, 1, 1, logprobs=True, choices=("A", "B")), seeds=range(20))
    shares = {c.text: math.exp(c.logprob) for c in found if c.logprob is not None}
    assert sum(shares.values()) == pytest.approx(1)


def test_the_model_writes_the_users_turn(engine):
    request = Request("k", ({"role": "system", "content": "短く。"},), (1, 2), Sampling(1, 1, 16), "user")
    prompt = read(engine._tokenizer, request)
    assert engine._tokenizer.decode(prompt.tokens) == "<|system|>短く。</s><|user|>"
    assert prompt.stop_tokens == (engine._tokenizer.eos_token_id,)
    (answer,) = engine.chat([request])
    assert all(c.error is None and c.prompt_tokens == len(prompt.tokens) for c in answer.candidates)


CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content | trim }}<|im_end|>\n{% endfor %}"
LLAMA2 = (
    "{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]"
    "{% else %}{{ m.content }}</s>{% endif %}{% endfor %}"
)


@pytest.mark.parametrize(
    ("template", "messages", "before", "stop"),
    [
        (CHATML, (), "<|im_start|>user\n", ("<|im_end|>",)),
        (LLAMA2, (), "[INST] ", ("[/INST]",)),
        (
            LLAMA2,
            (*user("はい？"), {"role": "assistant", "content": "ええ。"}),
            "[INST] はい？ [/INST]ええ。</s>[INST] ",
            ("[/INST]",),
        ),
        (None, (), HEADINGS["user"], ("### 応答:",)),
        (None, ({"role": "system", "content": "短く。"},), "短く。\n\n### 指示:\n", ("### 応答:",)),
    ],
)
def test_any_template_is_cut_where_the_users_text_begins(tmp_path, template, messages, before, stop):
    tokenizer = save_tokenizer(tmp_path)
    tokenizer.chat_template = template
    prompt = read(tokenizer, Request("k", messages, (1,), GREEDY, "user"))
    assert tokenizer.decode(prompt.tokens) == before
    assert (prompt.stop, prompt.stop_tokens) == (stop, ())


def test_a_template_that_hides_the_users_text_fails_that_request(engine, monkeypatch):
    monkeypatch.setattr(engine._tokenizer, "chat_template", "{{ messages | length }}")
    request = Request("k", (), (1, 2), GREEDY, "user")
    (answer,) = engine.chat([request])
    assert [c.error for c in answer.candidates] == [
        "ValueError: the chat template shows a user's text 0 times, not once"
    ] * 2


def test_a_model_is_asked_again_while_it_is_open(engine):
    assert ask(engine, GREEDY) == ask(engine, GREEDY)
