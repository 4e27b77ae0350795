"""Replicas of vLLM on a local Ray; SEIMAI_VLLM_PYTHON names the interpreter that has vLLM."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from tiny_model import make_job, make_rows, user

from generate.engines.model_files import find_model
from generate.engines.on_ray import OnRay, room
from generate.respond import Respond
from seimai.errors import SeimaiError

PYTHON = os.environ.get("SEIMAI_VLLM_PYTHON", "")
needs_vllm = pytest.mark.skipif(not PYTHON, reason="SEIMAI_VLLM_PYTHON names no interpreter with vLLM")
PROMPTS = [{"id": f"p{i}", "prompt": user(f"質問{i}：精米とは何ですか。")} for i in range(24)]


def test_a_cluster_without_room_is_refused():
    with pytest.raises(SeimaiError, match="3 do not fit on a cluster of 2 cores and no GPU"):
        room([{"CPU": 2}], 3, 1)
    with pytest.raises(SeimaiError, match="2 of 4 GPUs each do not fit: the nodes have 4, 2, 2 GPUs"):
        room([{"GPU": 4}, {"GPU": 2}, {"GPU": 2}], 2, 4)
    with pytest.raises(SeimaiError, match="1 of 8 GPUs"):
        room([{"GPU": 4}, {"GPU": 4}], None, 8)


def test_what_goes_with_ray(tmp_path):
    with pytest.raises(ValueError, match="replicas and address go with engine: ray"):
        Respond(model="m", engine="vllm", replicas=2)
    shape = Respond(model="m", engine="ray", replicas=2, address="ray://head:10001").shape()
    assert not {"replicas", "address", "python"} & set(shape)


@pytest.fixture(scope="module")
def local_ray() -> Iterator[None]:
    """A Ray of this machine that counts four cores."""
    ray = pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def respond(folder: Path, place: Path, engine: str, **parameters) -> tuple[pl.DataFrame, Path]:
    job, bars = make_job(folder, {"base": place})
    step = Respond(model="base", engine=engine, python=PYTHON, n=3, max_tokens=32, **parameters)
    rows = make_rows(folder / "rows", "prompts", [*PROMPTS, {"id": "long", "prompt": user("玄米" * 400)}])
    frame = pl.concat(step.rewrite(rows, job), how="diagonal_relaxed")
    assert bars[0].done == bars[0].total == 25 * 3
    return frame, folder / "journal.jsonl"


def texts(frame: pl.DataFrame) -> list[list[str]]:
    return [[r["text"].rstrip("\ufffd") for r in responses] for responses in frame["responses"].to_list()]


def told(journal: Path) -> list[tuple[str, int]]:
    """Which candidates the journal holds, as often as it holds them."""
    import json

    records = map(json.loads, journal.read_text("utf-8").splitlines())
    return [(r["key"], c["seed"]) for r in records if "key" in r for c in r["candidates"]]


@pytest.mark.slow
@needs_vllm
@pytest.mark.timeout(600)
def test_two_replicas_say_what_one_vllm_says(tmp_path, tiny, local_ray):
    on_ray, journal = respond(tmp_path / "ray", tiny, "ray", replicas=2)
    alone, _ = respond(tmp_path / "vllm", tiny, "vllm")
    assert on_ray.filter(pl.col("reason").is_not_null())["id"].to_list() == ["long"]
    assert on_ray["id"].to_list() == alone["id"].to_list()
    same = sum(a == b for a, b in zip(texts(on_ray), texts(alone), strict=True))
    assert same >= 24  # another batch may turn the last bit of a logit
    assert len(told(journal)) == len(set(told(journal))) == 75
    for number in (0, 1):
        assert "vllm" in (tmp_path / "ray" / f"vllm-{number}.log").read_text("utf-8", errors="replace")


@pytest.mark.slow
@needs_vllm
@pytest.mark.timeout(600)
@pytest.mark.parametrize("victim", ["actor", "worker"])
def test_a_replica_that_is_killed_is_started_anew_and_each_is_answered_once(
    tmp_path, tiny, local_ray, monkeypatch, victim
):
    killed, started = [], []
    took, start = OnRay._hear, OnRay._start

    def started_one(self, number, room):
        slot = start(self, number, room)
        started.append(slot.number)
        return slot

    def hear_and_kill(self: OnRay, slot):
        import ray

        answers = took(self, slot)
        if answers and not killed:
            other = self._slots[1 - slot.number]
            pid = ray.get(other.actor.pid.remote())
            worker = [
                int(p) for p in Path(f"/proc/{pid}/task").glob("*/children") for p in p.read_text().split()
            ]
            killed.append(pid if victim == "actor" else worker[0])
            os.kill(killed[0], signal.SIGKILL)
        return answers

    monkeypatch.setattr(OnRay, "_hear", hear_and_kill)
    monkeypatch.setattr(OnRay, "_start", started_one)
    frame, journal = respond(tmp_path, tiny, "ray", replicas=2, args={"max_num_seqs": 4})
    assert len(killed) == 1
    assert sorted(started) in ([0, 0, 1], [0, 1, 1])
    assert frame.filter(pl.col("reason").is_not_null())["id"].to_list() == ["long"]
    assert all(len(answers) == 3 for answers in texts(frame)[:24])
    assert len(told(journal)) == len(set(told(journal))) == 75
    deadline = time.monotonic() + 10
    while any(_runs(pid) for pid in killed):
        assert time.monotonic() < deadline


def _runs(pid: int) -> bool:
    return Path(f"/proc/{pid}/cmdline").exists() and b"vllm" in Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.slow
@needs_vllm
@pytest.mark.timeout(300)
def test_what_cannot_start_is_a_sentence(tmp_path, tiny, local_ray):
    files = find_model(str(tiny))
    with (
        pytest.raises(SeimaiError, match="did you mean 'tensor_parallel_size'"),
        OnRay(files, tmp_path, {"tensor_paralel_size": 1}, python=PYTHON),
    ):
        pass
    with (
        pytest.raises(SeimaiError, match="setup-vllm` installs it"),
        OnRay(files, tmp_path, {}, python="/nowhere/python"),
    ):
        pass
