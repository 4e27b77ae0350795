"""What a server is asked for, how it is reached and how hard it is asked."""

import json
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from chat_server import Page, completion, echo, first_then_echo, serving
from test_server import ask, request, said

from generate.engine import Sampling
from generate.engines.server import Server
from generate.respond import Respond
from seimai.errors import SeimaiError
from seimai.plan import Planner
from seimai.recipe import load_recipe

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
"""On the clock of a server that is wrong."""
CHOICES = Sampling(0.0, 1.0, 2, choices=("良い", "悪い\n", '"'))


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ('"良い"', "良い"),
        ('"\\u826f\\u3044"', "良い"),
        ("良い\n", "良い"),
        ('"悪い\\n"', "悪い\n"),
        ('"\\""', '"'),
    ],
)
def test_a_choice_is_asked_as_a_schema_and_comes_back_bare(answer, text):
    with serving(lambda body, number: completion(answer)) as there:
        assert ask(there.url, [request("評価", (1,), CHOICES)])["評価"][1].text == text
    form = there.asked[0]["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["schema"] == {"type": "string", "enum": ["良い", "悪い\n", '"']}
    assert there.asked[0]["max_tokens"] == len('"悪い\\n"'.encode())  # room for the longest, whatever is set


@pytest.mark.parametrize("answer", ['"普通"', '"良', '{"良い": 1}', '["良い"]', "1", "指示に従い、良い"])
def test_what_is_none_of_the_choices_is_an_error(answer):
    with serving(lambda body, number: completion(answer, finish="length")) as there:
        found = ask(there.url, [request("評価", (1,), CHOICES)])["評価"][1]
    assert found.text == ""
    assert found.error == f"the answer is none of the choices (finish reason: length): {answer}"


@pytest.mark.parametrize(
    ("logprobs", "total"),
    [([-0.5, -0.25], -0.75), ([], 0.0), (None, None), ([None], None), (["x"], None), ([-float("inf")], None)],
)
def test_log_probabilities_are_summed_where_there_are_any(logprobs, total):
    with serving(lambda body, number: completion("米", logprobs=logprobs)) as there:
        sampling = Sampling(0.9, 0.95, 16, stop=("。", "</s>"), logprobs=True)
        found = ask(there.url, [request("精米", (1,), sampling)])["精米"][1]
    assert (found.text, found.logprob, found.error) == ("米", total, None)
    asked = there.asked[0]
    assert (asked["logprobs"], asked["top_logprobs"], asked["stop"]) == (True, 1, ["。", "</s>"])


def test_the_users_turn_is_refused():
    from dataclasses import replace

    with serving(echo) as there, pytest.raises(SeimaiError, match="a chat server hides the model's template"):
        ask(there.url, [replace(request("精米"), turn="user")])
    assert there.asked == []


def test_a_server_is_asked_in_rounds():
    with serving(echo) as there, Server(there.url, "rice", first_pause=0.01) as engine:
        for text in ("精米", "玄米", "白米"):
            answers = list(engine.chat([request(text)]))
            assert sorted(a.candidates[0].text for a in answers) == [f"{text} 1", f"{text} 2"]


def test_what_is_left_unread_is_given_up():
    with serving(echo) as there, Server(there.url, "rice", concurrency=2) as engine:
        next(iter(engine.chat([request("精米", tuple(range(50)))])))
        assert len(list(engine.chat([request("玄米")]))) == 2


def test_no_more_requests_at_a_time_than_asked_for():
    def script(body, number):
        time.sleep(0.02)
        return echo(body, number)

    with serving(script) as there:
        assert len(ask(there.url, [request("精米", tuple(range(40)))], concurrency=5)["精米"]) == 40
    assert there.most_running == 5


def test_another_header_carries_the_token_as_it_is(monkeypatch):
    monkeypatch.setenv("GATEWAY_KEY", " k3y\n")
    with serving(echo) as there:
        ask(there.url, [request("精米")], token_header="X-API-Key", token_env="GATEWAY_KEY")
        assert {(h["x-api-key"], h.get("authorization")) for h in there.headers} == {("k3y", None)}


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, r"token_env: \$GATEWAY_KEY is not set"), ("a\nb", "characters that a header cannot carry")],
)
def test_a_token_that_cannot_be_sent_is_told_without_it(value, said, monkeypatch):
    if value:
        monkeypatch.setenv("GATEWAY_KEY", value)
    with serving(echo) as there, pytest.raises(SeimaiError, match=said):
        ask(there.url, [request("精米")], token_env="GATEWAY_KEY")


def test_a_token_that_is_refused_names_its_variable(monkeypatch):
    monkeypatch.setenv("SEIMAI_SERVER_TOKEN", "s3cret")
    with serving(echo) as there:
        there.models = (401, "bad key s3cret")
        with pytest.raises(SeimaiError, match=r"refuses the token in \$SEIMAI_SERVER_TOKEN") as told:
            ask(there.url, [request("精米")])
    assert "s3cret" not in str(told.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("url", "http://me:s3cret@gpu:8000/v1"),
        ("url", "http://gpu/v1?key=s3cret"),
        ("url", "s3cret:8000"),
        ("token_env", "sk-s3cret"),
        ("token_env", "hf_s3cret"),
    ],
)
def test_a_secret_in_a_recipe_is_refused_and_not_repeated(tmp_path, key, value):
    settings = {"model": "rice", "engine": "server", "url": "http://gpu:8000/v1"} | {key: value}
    recipe = tmp_path / "recipe.yaml"
    steps = json.dumps([{"generate.respond": settings}])
    recipe.write_text(f"name: r\nc:\n  from: {{files: p.jsonl, kind: prompts}}\n  steps: {steps}\n")
    with pytest.raises(SeimaiError, match=rf"recipe.yaml:4: .*{key}: ") as told:
        load_recipe(recipe, [])
    assert "s3cret" not in str(told.value)


def test_a_model_on_a_server_has_a_name_of_the_servers(tmp_path):
    """Neither a file nor the entry of the same name is meant."""
    (tmp_path / "p.jsonl").write_text('{"prompt": [{"role": "user", "content": "精米"}]}\n')
    step = {"generate.respond": {"model": "rice", "engine": "server", "url": "http://gpu:8000/v1"}}
    source = {"files": "p.jsonl", "kind": "prompts"}
    recipe = {"name": "r", "rice": {"from": source}, "c": {"from": source, "steps": [step]}}
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe))
    passes = Planner(load_recipe(tmp_path / "recipe.yaml"), tmp_path / "out", None).plan(["c"])
    assert [p.entry for p in passes] == ["c", "c"]
    assert passes[-1].references == {}


def test_how_a_server_is_reached_makes_no_other_dataset():
    one = Respond(model="rice", engine="server", url="http://a/v1")
    other = Respond(
        model="rice",
        engine="server",
        url="https://b/v1",
        token_header="X-API-Key",
        token_env="KEY",
        requests_per_minute=60,
        tokens_per_minute=6000,
        timeout=5,
        concurrency=3,
    )
    assert one.shape() == other.shape()


def test_a_machine_is_no_proxys_business(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(echo) as there:
        assert ask(there.url, [request("精米", (1,))])["精米"][1] == said("精米 1", 1)


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not there to make a certificate")
def test_a_private_authority(tmp_path, monkeypatch):
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    kind = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=rice"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate]
    subprocess.run(["openssl", *kind, *names], check=True, capture_output=True)
    with serving(echo, (certificate, key)) as there:
        with pytest.raises(SeimaiError, match=r"CERTIFICATE.*; \$SSL_CERT_FILE may name"):
            ask(there.url, [request("精米")])
        monkeypatch.setenv("SSL_CERT_FILE", certificate)
        assert ask(there.url, [request("精米", (1,))])["精米"][1] == said("精米 1", 1)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(SeimaiError, match="cannot be reached"):
        ask("https://127.0.0.1:1/v1", [request("精米")])


def starts(limits: dict[str, float], answer=echo, count: int = 6) -> list[float]:
    """When the requests came, in seconds after the first."""
    came: list[float] = []

    def script(body, number):
        came.append(time.monotonic())
        return answer(body, number)

    with serving(script) as there:
        assert len(ask(there.url, [request("精米", tuple(range(count)))], **limits)["精米"]) == count
    return [t - min(came) for t in sorted(came)]


def test_requests_are_spaced_over_the_minute():
    at = starts({"requests_per_minute": 600})
    assert at[-1] > 0.45  # five times a tenth of a second


def test_tokens_are_spaced_over_the_minute():
    at = starts({"tokens_per_minute": 60_000}, lambda body, number: completion("米", tokens=95, prompt=5))
    assert at[-1] > 0.35  # four or five times a hundred tokens, at a thousand a second


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "0.5"},
        {"retry-after-ms": "500"},
        {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "500ms"},
        {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "0.5s"},
        {
            "Retry-After": format_datetime(LONG_AGO + timedelta(seconds=1), usegmt=True),
            "Date": format_datetime(LONG_AGO, usegmt=True),
        },
    ],
)
def test_all_wait_where_the_server_asks_for_it(headers):
    page = Page(429, "slow down", headers)
    first: list[int] = []

    def answer(body, number):
        first.append(body["seed"])
        return page if len(first) == 1 else echo(body, number)

    at = starts({"concurrency": 1}, answer, count=3)
    assert len(at) == 4
    assert at[1] > 0.45


def test_refusals_are_no_attempts():
    busy = [(429, "busy")] * 12
    with serving(first_then_echo(*busy)) as there:
        assert ask(there.url, [request("精米", (1,))], first_pause=0.0001)["精米"][1] == said("精米 1", 1)
    assert len(there.asked) == 13
