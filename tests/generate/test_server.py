import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from chat_server import Page, Reply, completion, echo, first_then_echo, serving, slow_once
from tiny_model import PROMPTS_FOR_KILL, make_job, make_rows, user

from generate.engine import Candidate, Message, Request, Sampling
from generate.engines import server
from generate.engines.server import Server
from generate.respond import Respond
from generate.seeds import candidate_seeds, canonical
from seimai.errors import SeimaiError

SAMPLING = Sampling(0.9, 0.95, 16)


def request(text: str, seeds: tuple[int, ...] = (1, 2), sampling: Sampling = SAMPLING) -> Request:
    return Request(text, (Message(role="user", content=text),), seeds, sampling)


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
        assert body["stream"] is False
        assert {h["authorization"] for h in there.headers} == {"Bearer secret"}
    assert found["玄米"] == {s: said(f"玄米 {s}", s) for s in (1, 2)}


def said(text: str, seed: int) -> Candidate:
    return Candidate(seed, text, 3, "stop", prompt_tokens=5)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_fails_for_a_moment_is_asked_again(status):
    with serving(first_then_echo((status, "busy"), (status, "busy"))) as there:
        assert ask(there.url, [request("精米", (1,))]) == {"精米": {1: said("精米 1", 1)}}
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


WHOLE = json.dumps(completion("精米です。")[1], ensure_ascii=False)
NONSENSE = {
    "truncated JSON": (200, WHOLE[:40]),
    "cut in the middle of a body": Page(200, WHOLE, sent=30),
    "shorter than it says": Page(200, WHOLE, {"Content-Length": "10"}),
    "longer than it says": Page(200, WHOLE, {"Content-Length": "9999"}, sent=len(WHOLE.encode())),
    "HTML": Page(200, "<html><title>社内プロキシ</title><p>ログイン", {"Content-Type": "text/html"}),
    "no choices": (200, {"choices": []}),
    "an empty page": (200, ""),
    "a list": (200, "[1, 2]"),
    "a number": (200, "7"),
    "too deep": (200, "[" * 100_000),
    "no UTF-8": (200, "\udcff"),
    "no gzip": Page(200, WHOLE, {"Content-Encoding": "gzip"}),
    "no HTTP length": Page(200, WHOLE, {"Content-Length": "many"}),
    "an error in a good status": (200, {"error": {"message": "overloaded"}}),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_is_asked_again(what):
    with serving(first_then_echo(NONSENSE[what])) as there:
        assert ask(there.url, [request("精米", (1,))])["精米"] == {1: said("精米 1", 1)}
        # What is left over of a page is no answer to the next request on the same connection.
        assert len(there.asked) == (3 if what == "shorter than it says" else 2)


def test_nonsense_that_stays_is_told():
    with serving(lambda body, number: NONSENSE["HTML"]) as there:
        (found,) = ask(there.url, [request("精米", (1,))])["精米"].values()
        assert len(there.asked) == server.ATTEMPTS
    assert found.error == "Malformed: not a chat completion (JSONDecodeError): 社内プロキシ"


def test_a_wrong_content_type_is_no_matter():
    page = Page(200, WHOLE, {"Content-Type": "text/html; charset=shift_jis"})
    with serving(lambda body, number: page) as there:
        assert ask(there.url, [request("精米", (1,))])["精米"][1] == said("精米です。", 1)


def test_an_answer_without_text_is_told_and_not_asked_again():
    with serving(lambda body, number: completion(None, finish="length")) as there:
        (found,) = ask(there.url, [request("精米", (1,))])["精米"].values()
        assert len(there.asked) == 1
    assert found.error == "an answer without text (finish reason: length)"


def test_half_a_character_and_odd_counts_do_no_harm():
    page = completion("米\ud83d")[1] | {"usage": {"completion_tokens": "many", "prompt_tokens": -1}}
    with serving(lambda body, number: (200, page)) as there:
        found = ask(there.url, [request("精米", (1,))])["精米"][1]
    assert found == Candidate(1, "米\ufffd", 0, "stop")


def test_an_error_is_told_in_a_line_without_the_token(monkeypatch):
    monkeypatch.setenv("SEIMAI_SERVER_TOKEN", "s3cret")
    pages = {
        "json": (400, {"error": {"message": "the prompt\nis too long; Bearer s3cret"}}),
        "html": (400, "<html><title>400\x00 Bad &amp; Request</title>" + "p" * 9000),
        "long": (422, "あ" * 9000),
        "detail": (422, {"detail": [{"msg": "x"}]}),
    }
    with serving(lambda body, number: pages[body["messages"][0]["content"]]) as there:
        found = ask(there.url, [request(name, (1,)) for name in pages])
    assert {name: found[name][1].error for name in pages} == {
        "json": "HTTP 400: the prompt is too long; Bearer ***",
        "html": "HTTP 400: 400 Bad &amp; Request",
        "long": f"HTTP 422: {'あ' * 300}…",
        "detail": 'HTTP 422: {"detail": [{"msg": "x"}]}',
    }


@pytest.mark.parametrize(
    "page",
    [Page(200, WHOLE, drip=0.05), Page(200, WHOLE, {f"X-{i}": "x" for i in range(99)}, head_drip=0.1)],
    ids=["body", "headers"],
)
def test_a_server_that_drips_is_cut(page):
    with serving(first_then_echo(page)) as there:
        began = time.monotonic()
        assert ask(there.url, [request("精米", (1,))], timeout=0.4)["精米"][1] == said("精米 1", 1)
        assert len(there.asked) == 2
        assert time.monotonic() - began < 5  # all of the body would take ten


def test_a_flood_is_cut(monkeypatch):
    monkeypatch.setattr(server, "LARGEST", 1 << 20)
    with serving(first_then_echo((200, "x" * (3 << 20)))) as there:
        assert ask(there.url, [request("精米", (1,))])["精米"][1] == said("精米 1", 1)


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
        (
            lambda body, number: (401, "who"),
            r"wants a token .HTTP 401., and \$SEIMAI_SERVER_TOKEN is not set",
        ),
        (lambda body, number: (404, "no model"), "'rice'.*HTTP 404: no model"),
        (lambda body, number: (429, "slow down"), "refuses more requests: HTTP 429"),
        (lambda body, number: None, "failed 20 times in a row: RemoteProtocolError"),
        (lambda body, number: completion(None), "failed 20 times in a row: an answer without text"),
        (lambda body, number: Page(307, "", {"Location": "http://elsewhere/"}), "elsewhere .HTTP 307"),
        (lambda body, number: Page(503, "later", {"Retry-After": "3600"}), "asks to wait 3,600 s: HTTP 503"),
    ],
)
def test_a_server_at_fault_stops_the_run(script, said, monkeypatch):
    monkeypatch.setattr(server, "ATTEMPTS", 2)
    monkeypatch.setattr(server, "PATIENCE", 0.1)
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


KILLED = """
import sys
from pathlib import Path
from typing import Any
sys.path.insert(0, {tests!r})
from tiny_model import PROMPTS_FOR_KILL, make_job, make_rows
from generate.respond import Respond
folder, url = Path(sys.argv[1]), sys.argv[2]
rows = make_rows(folder / "rows", "prompts", PROMPTS_FOR_KILL)
step = Respond(model="rice", engine="server", url=url, n=4, concurrency=4)
for _ in step.rewrite(rows, make_job(folder)[0]):
    pass
"""


def test_after_kills_nothing_is_asked_twice(tmp_path):
    """What is under way at a kill is asked again; what was answered by then never is, and nothing is lost."""
    tests = str(Path(__file__).parent)

    def script(body, number) -> Reply:
        time.sleep(0.01)
        return echo(body, number)

    journal = tmp_path / "journal.jsonl"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with serving(script) as there:
        command = [sys.executable, "-c", KILLED.format(tests=tests), str(tmp_path), there.url]
        for more in (30, 60, 90):
            process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
            while process.poll() is None and (not journal.exists() or _lines(journal) < more):
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
            kept = {c["seed"] for c in _candidates(journal)}
            asked = len(there.asked)
        done = subprocess.run(command, env=environment, check=False)
        assert done.returncode == 0
    wanted = 4 * len(PROMPTS_FOR_KILL)
    assert 90 <= len(kept) < wanted
    assert not kept & {a["seed"] for a in there.asked[asked:]}
    assert len(there.times_asked) == wanted  # nothing is lost
    assert len(there.asked) <= wanted + 3 * 2 * 4  # at each kill, what was under way or not yet written down
    answers = _candidates(journal)
    assert len(answers) == wanted
    assert len({(c["seed"], c["text"]) for c in answers}) == wanted


def _candidates(journal: Path) -> list[dict[str, Any]]:
    return [c for line in journal.read_bytes().splitlines() for c in json.loads(line)["candidates"]]


def _lines(file: Path) -> int:
    return file.read_bytes().count(b"\n")


def test_the_real_model_behind_a_server(tmp_path, tiny):
    """The same tiny model, in this process and behind HTTP, says the same."""
    from generate.engines.in_process import InProcess
    from generate.engines.model_files import find_model

    with InProcess(find_model(str(tiny))) as engine:

        def script(body, number) -> Reply:
            with lock:
                asked = Request("", tuple(body["messages"]), (body["seed"],), SAMPLING)
                (candidate,) = next(iter(engine.chat([asked]))).candidates
            return completion(candidate.text, candidate.tokens, candidate.finish)

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
