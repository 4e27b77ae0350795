"""Pairs to a real Argilla, answers through its API, preferences back."""

import json
import os
import signal
import subprocess
import sys
import time

import polars as pl
import pytest

from label.client import Argilla
from label.push import dataset_name
from label.review import Review
from label.sides import on_the_left
from seimai.errors import SeimaiError, Waiting

pytestmark = pytest.mark.slow


@pytest.fixture
def owner(served, monkeypatch):
    monkeypatch.setenv("SEIMAI_ARGILLA_API_KEY", served.api_key)
    with Argilla.connect(served.url) as argilla:
        yield argilla


def twenty(make_pairs, word: str) -> pl.DataFrame:
    return make_pairs(*((f"{word}{i}番の質問", f"良い答え{i}", f"悪い答え{i}") for i in range(20)))


def found(argilla: Argilla, name: str) -> dict:
    dataset = argilla.dataset(name, argilla.workspace("seimai"))
    assert dataset is not None
    return dataset


def test_two_reviewers_choose(tmp_path, served, owner, reviewer, job_in, rows_of, make_pairs) -> None:
    frame = twenty(make_pairs, "往復")
    rows, job = rows_of(tmp_path, frame), job_in(tmp_path / "work")
    step = Review(reviewers=2, server=served.url)
    name = dataset_name("pairs", frame, job.seed)
    with pytest.raises(Waiting, match=rf"^0 of 20 pairs are labelled at {served.url}/dataset/.*go on$"):
        list(step.rewrite(rows, job))
    dataset = found(owner, name)

    # What a reviewer's browser gets: both texts, no metadata, nothing that tells the sides apart.
    first, second = reviewer(), reviewer()
    body: dict = {}
    seen = first.argilla.request("POST", f"me/datasets/{dataset['id']}/records/search", json=body)["items"]
    assert len(seen) == 20
    assert not any(word in json.dumps(seen) for word in ("chosen", "rejected", "suggestion"))
    left = [on_the_left(item["record"]["external_id"], job.seed) for item in seen]
    assert {"chosen", "rejected"} == set(left)
    for item, side in zip(seen, left, strict=True):
        good = item["record"]["fields"]["pair"]["a" if side == "chosen" else "b"][0]["content"]
        assert good.startswith("良い答え")

    # The first finds `chosen` better everywhere; the second agrees but for one tie, one opposite, one bad.
    ids = {item["record"]["external_id"]: item["record"]["id"] for item in seen}
    order = frame["id"].to_list()
    for pair in order:
        better = "a" if on_the_left(pair, job.seed) == "chosen" else "b"
        first.answer(ids[pair], better)
    with pytest.raises(Waiting, match=r"^0 of 20"):
        list(step.rewrite(rows, job))
    for number, pair in enumerate(order):
        better, worse = ("a", "b") if on_the_left(pair, job.seed) == "chosen" else ("b", "a")
        answer = {0: "tie", 1: worse, 2: "both_bad"}.get(number, better)
        second.answer(ids[pair], answer, comment="理由" if number == 1 else "")
        if number == 4:
            with pytest.raises(Waiting, match=r"^5 of 20"):
                list(step.rewrite(rows, job))

    result = pl.concat(step.rewrite(rows, job))
    assert result["reason"].to_list() == ["tie"] * 3 + [None] * 17
    assert result["agreement"].to_list() == [0.5] * 3 + [1.0] * 17
    assert json.loads(result["votes"][1]) == {"chosen": 1, "rejected": 1, "tie": 0, "both_bad": 0}
    assert set(result["label_source"]) == {"human"}
    assert result.drop("reason").schema == frame.schema
    assert result["chosen"].to_list() == frame["chosen"].to_list()

    # From here on the capture stands for the server.
    (capture,) = job.out.glob("*.answers.jsonl")
    lines = [json.loads(line) for line in capture.read_text("utf-8").splitlines()]
    assert len(lines) == 40
    assert {line["reviewer"] for line in lines} == {first.name, second.name}
    assert [line["comment"] for line in lines if line["comment"]] == ["理由"]
    again = pl.concat(Review(reviewers=2, server="http://127.0.0.1:1").rewrite(rows, job))
    assert again.equals(result)


def test_going_on_without_waiting(tmp_path, served, owner, reviewer, job_in, rows_of, make_pairs) -> None:
    frame = twenty(make_pairs, "途中")
    rows, job = rows_of(tmp_path, frame), job_in(tmp_path / "work")
    step = Review(server=served.url, wait=False)
    with pytest.raises(Waiting, match=r"^0 of 20"):
        list(step.rewrite(rows, job))
    dataset = found(owner, dataset_name("pairs", frame, job.seed))
    person = reviewer()
    records = {record["external_id"]: record["id"] for record in owner.records(dataset["id"])}
    for pair in frame["id"][:3]:
        person.answer(records[pair], "a" if on_the_left(pair, job.seed) == "rejected" else "b")
    person.answer(records[frame["id"][3]], "a", status="draft")
    person.answer(records[frame["id"][4]], "a", status="discarded")
    result = pl.concat(step.rewrite(rows, job))
    assert result["reason"].to_list() == [None] * 3 + ["unlabelled"] * 17
    assert result["chosen"][:3].to_list() == frame["rejected"][:3].to_list()


def test_more_reviewers_keep_what_was_labelled(
    tmp_path, served, owner, reviewer, job_in, rows_of, make_pairs
) -> None:
    frame = make_pairs(("増員", "甲", "乙"))
    rows, job = rows_of(tmp_path, frame), job_in(tmp_path / "work")
    with pytest.raises(Waiting):
        list(Review(reviewers=1, server=served.url).rewrite(rows, job))
    dataset = found(owner, dataset_name("pairs", frame, job.seed))
    (record,) = owner.records(dataset["id"])
    reviewer().answer(record["id"], "a")
    assert next(owner.records(dataset["id"]))["status"] == "completed"
    with pytest.raises(Waiting, match=r"^0 of 1"):
        list(Review(reviewers=2, server=served.url).rewrite(rows, job))
    assert next(owner.records(dataset["id"]))["status"] == "pending"  # the next reviewer is asked again
    reviewer().answer(record["id"], "a")
    (result,) = Review(reviewers=2, server=served.url).rewrite(rows, job)
    assert result["agreement"].to_list() == [1.0]


KILLED = """
import os, signal, sys
from pathlib import Path
import polars as pl
from label import push
from label.client import Argilla
from label.review import Review
from seimai.dataset import Rows, Shard
from seimai.job import Job

push.PAGE = 3
folder, url, where = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
if where == "records":  # between two batches
    upsert, batches = Argilla.upsert, []
    def dying(self, dataset_id, records):
        if len(batches) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        batches.append(len(records))
        upsert(self, dataset_id, records)
    Argilla.upsert = dying
else:  # while the dataset is half made
    request = Argilla.request
    def dying(self, method, path, **content):
        if (method, path.rpartition("/")[2]) == ("POST", where):
            os.kill(os.getpid(), signal.SIGKILL)
        return request(self, method, path, **content)
    Argilla.request = dying

class Bar:
    def advance(self, amount=1): pass
    def note(self, text): pass

frame = pl.read_parquet(folder / "00000-0000.parquet")
rows = Rows((Shard(folder / "00000-0000.parquet", frame.height),))
job = Job("pairs", 17, folder / "work", folder / "work", None, lambda *a: Bar())
list(Review(server=url).rewrite(rows, job))
"""


@pytest.mark.parametrize("where", ["questions", "records"])
def test_a_killed_push_is_finished_by_the_next(
    where, tmp_path, served, owner, job_in, rows_of, make_pairs
) -> None:
    frame = twenty(make_pairs, f"中断{where}")
    rows, job = rows_of(tmp_path, frame), job_in(tmp_path / "work")
    environment = {**os.environ, "SEIMAI_ARGILLA_API_KEY": served.api_key}
    arguments = [sys.executable, "-P", "-c", KILLED, str(tmp_path), served.url, where]
    killed = subprocess.run(arguments, env=environment, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    dataset = found(owner, dataset_name("pairs", frame, job.seed))
    if where == "records":
        assert owner.count(dataset["id"]) == 9
    else:
        assert dataset["status"] == "draft"
    for _ in range(2):
        with pytest.raises(Waiting, match=r"^0 of 20"):
            list(Review(server=served.url).rewrite(rows, job))
        names = [record["external_id"] for record in owner.records(dataset["id"])]
        assert sorted(names) == sorted(frame["id"])
    questions = owner.request("GET", f"datasets/{dataset['id']}/questions")["items"]
    assert [question["name"] for question in questions] == ["better", "comment"]


def test_a_wrong_key_is_one_sentence(tmp_path, served, job_in, rows_of, make_pairs, monkeypatch) -> None:
    monkeypatch.setenv("SEIMAI_ARGILLA_API_KEY", f"wrong{time.time_ns()}")
    with pytest.raises(SeimaiError, match="does not accept the API key: check SEIMAI_ARGILLA_API_KEY"):
        list(
            Review(server=served.url).rewrite(
                rows_of(tmp_path, make_pairs(("問", "甲", "乙"))), job_in(tmp_path / "work")
            )
        )
