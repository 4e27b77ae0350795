import json
import re

import polars as pl
import pytest
from chat_server import Reply, completion, echo, serving, slow_once
from tiny_model import make_job, make_rows, user

from generate import server
from generate.engine import Candidate, Message, Request, Sampling
from generate.respond import Respond
from generate.seeds import candidate_seeds, canonical
from generate.server import Server
from seimai.errors import SeimaiError

SAMPLING = Sampling(0.9, 0.95, 16)


def request(text: str, seeds: tuple[int, ...] = (1, 2)) -> Request:
    return Request(text, (Message(role="user", content=text),), seeds, SAMPLING)


def ask(url: str, requests: list[Request], **settings) -> dict[str, dict[int, Candidate]]:
    found: dict[str, dict[int, Candidate]] = {}
    with Server(url, "rice", **({"first_pause": 0.01} | settings)) as engine:
        for answer in engine.chat(requests):
            for candidate in answer.candidates:
                assert candidate.seed not in found.setdefault(answer.key, {})
                found[answer.key][candidate.seed] = candidate
    return found


def test_each_candidate_is_asked_with_its_seed(monkeypatch):
    monkeypatch.setenv("SEIMAI_SERVER_TOKEN", "secret")
    with serving(echo) as there:
        found = ask(there.url, [request("精米"), request("玄米")], concurrency=2)
        assert sorted((a["seed"], a["messages"][0]["content"]) for a in there.asked) == [
            (1, "玄米"),
            (1, "精米"),
            (2, "玄米"),
            (2, "精米"),
        ]
        body = there.asked[0]
        assert (body["model"], body["temperature"], body["top_p"], body["max_tokens"]) == (
            "rice",
            0.9,
            0.95,
            16,
        )
        assert set(there.tokens) == {"Bearer secret"}
    assert found["玄米"] == {s: Candidate(s, f"玄米 {s}", 3, "stop") for s in (1, 2)}


def failing_first(status: int, times: int):
    def script(body, number) -> Reply:
        return (status, "busy") if number <= times else echo(body, number)

    return script


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_fails_for_a_moment_is_asked_again(status):
    with serving(failing_first(status, 2)) as there:
        assert ask(there.url, [request("精米", (1,))]) == {"精米": {1: Candidate(1, "精米 1", 3, "stop")}}
        assert len(there.asked) == 3


def test_a_lost_connection_is_asked_again():
    with serving(lambda body, number: None if number == 1 else echo(body, number)) as there:
        assert ask(there.url, [request("精米", (1,))])["精米"][1].text == "精米 1"


def test_a_slow_answer_is_asked_again():
    with serving(slow_once(1.0)) as there:
        assert ask(there.url, [request("精米", (1,))], timeout=0.2)["精米"][1].text == "精米 1"
        assert len(there.asked) == 2


def test_a_prompt_at_fault_costs_that_prompt():
    def script(body, number) -> Reply:
        return (400, "too long") if body["messages"][0]["content"] == "長い" else echo(body, number)

    with serving(script) as there:
        found = ask(there.url, [request("精米"), request("長い", tuple(range(40)))])
        assert len(there.asked) == 42  # a prompt at fault is asked once
    assert {c.error for c in found["長い"].values()} == {"HTTP 400: too long"}
    assert found["精米"][1].text == "精米 1"


@pytest.mark.parametrize(
    ("body", "said"),
    [("<html>", "not a chat completion"), ({"choices": []}, "not a chat completion")],
)
def test_nonsense_is_told(body, said):
    with serving(lambda asked, number: (200, body)) as there:
        assert said in str(ask(there.url, [request("精米", (1,))])["精米"][1].error)


def test_an_answer_without_text_is_told():
    with serving(lambda body, number: completion(None)) as there:  # type: ignore[arg-type]
        assert "without text" in str(ask(there.url, [request("精米", (1,))])["精米"][1].error)


def test_a_prompt_that_always_fails_does_not_stop_the_others():
    def script(body, number) -> Reply:
        return (500, "boom") if body["messages"][0]["content"] == "毒" else echo(body, number)

    with serving(script) as there:
        found = ask(there.url, [request("毒", (1,)), request("精米")])
    assert found["毒"][1].error == "HTTP 500: boom"
    assert found["精米"][2].text == "精米 2"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (lambda body, number: (500, "boom"), "failed 20 times in a row: HTTP 500: boom"),
        (lambda body, number: (401, "who"), r"refuses the token in \$SEIMAI_SERVER_TOKEN"),
        (lambda body, number: (404, "no model"), "'rice'.*HTTP 404: no model"),
        (lambda body, number: (429, "slow down"), "refuses more requests: HTTP 429"),
        (lambda body, number: None, "stopped answering"),
    ],
)
def test_a_server_at_fault_stops_the_run(script, said, monkeypatch):
    monkeypatch.setattr(server, "ATTEMPTS", 2)
    with serving(script) as there, pytest.raises(SeimaiError, match=said):
        ask(there.url, [request("精米", tuple(range(60)))])


def test_no_server_is_told_before_anything_is_asked():
    with serving(echo) as there:
        url = there.url
    with pytest.raises(SeimaiError, match=f"no server answers at {re.escape(url)}"):
        ask(url, [request("精米")])


def test_an_interrupted_run_asks_nothing_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "ATTEMPTS", 1)
    monkeypatch.setattr(server, "FAILURES_IN_A_ROW", 1)
    prompts = [{"id": f"p{i}", "prompt": user(f"質問{i}")} for i in range(10)]
    rows = make_rows(tmp_path / "rows", "prompts", prompts)
    ill = True

    def script(body, number) -> Reply:
        return (500, "boom") if ill and body["messages"][0]["content"] == "質問6" else echo(body, number)

    with serving(script) as there:
        step = Respond(model="rice", engine="server", url=there.url, n=2, concurrency=2)
        with pytest.raises(SeimaiError, match="boom"):
            list(step.rewrite(rows, make_job(tmp_path / "work")[0]))
        lines = (tmp_path / "work" / "journal.jsonl").read_text("utf-8").splitlines()
        kept = {(r["key"], c["seed"]) for r in map(json.loads, lines) for c in r["candidates"]}
        before, ill = len(there.asked), False
        frame = pl.concat(step.rewrite(rows, make_job(tmp_path / "work")[0]))
        assert len(there.asked) - before == 20 - len(kept)
    assert len(kept) >= 8
    assert frame["id"].to_list() == [p["id"] for p in prompts]
    for prompt, responses in zip(prompts, frame["responses"].to_list(), strict=True):
        seeds = candidate_seeds(17, canonical(prompt["prompt"]), 2)
        assert [r["text"] for r in responses] == [f"{prompt['prompt'][0]['content']} {s}" for s in seeds]


def test_the_real_model_behind_a_server(tmp_path, tiny):
    """The same tiny model, in this process and behind HTTP, says the same."""
    from generate.in_process import InProcess
    from generate.model_files import find_model

    with InProcess(find_model(str(tiny))) as engine:

        def script(body, number) -> Reply:
            with lock:
                asked = Request("", tuple(body["messages"]), (body["seed"],), SAMPLING)
                (candidate,) = next(iter(engine.chat([asked]))).candidates
            return completion(candidate.text, candidate.tokens, candidate.finish)

        import threading

        lock = threading.Lock()
        rows = make_rows(tmp_path / "rows", "prompts", [{"id": "p", "prompt": user("精米とは？")}])
        with serving(script) as there:
            settings = {"n": 2, "max_tokens": 16}
            step = Respond(model="rice", engine="server", url=there.url, **settings)
            behind = next(iter(step.rewrite(rows, make_job(tmp_path / "a")[0])))
        direct = []
        for seed in candidate_seeds(17, canonical(user("精米とは？")), 2):
            asked = Request("", tuple(user("精米とは？")), (seed,), SAMPLING)
            direct.append(next(iter(engine.chat([asked]))).candidates[0].text.strip())
    assert [r["text"] for r in behind["responses"].to_list()[0]] == direct
