import json
from pathlib import Path

import polars as pl
import pytest
from chat_server import serving
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from prompt_writer import evolutions, said
from tiny_model import make_job, make_rows, user

from generate.drafting.drafts import Draft
from generate.evolve import OPERATIONS, Evolve, judged
from generate.template import load_template

PROMPTS = [
    {
        "id": f"p{n}",
        "prompt": user(f"{what}の手入れのしかたを教えてください。"),
        "license": "CC0",
        "meta": '{"category": "家事"}',
    }
    for n, what in enumerate(("包丁", "革靴", "植木", "畳", "まな板", "鉄鍋"))
]
TURNS = {"id": "turns", "prompt": [*user("はい?"), {"role": "assistant", "content": "何でしょう。"}]}


def evolve(folder: Path, url: str, prompts=(*PROMPTS, TURNS), shards=1, **parameters) -> pl.DataFrame:
    job, _ = make_job(folder)
    step = Evolve(model="rice", engine="server", url=url, **({"rounds": 3} | parameters))
    rows = make_rows(folder / "rows", "prompts", list(prompts), shards)
    return pl.concat(step.rewrite(rows, job), how="diagonal_relaxed")


def evolved(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("meta").str.contains("evolve"))


def test_each_round_goes_on_from_what_came_of_the_one_before(tmp_path):
    with serving(evolutions) as there:
        frame = evolve(tmp_path, there.url)
    assert frame["id"].to_list()[:7] == [*(p["id"] for p in PROMPTS), "turns"]
    found = evolved(frame)
    assert found.height == 18
    text = {i: p[-1]["content"] for i, p in zip(frame["id"], frame["prompt"].to_list(), strict=True)}
    latest = {p["id"]: p["id"] for p in PROMPTS}
    for row in found.iter_rows(named=True):
        meta = json.loads(row["meta"])
        parent = meta["evolve"]["parent"]
        first = next(k for k, v in latest.items() if v == parent)
        assert row["origin"]["parents"] == [parent]
        assert meta["category"] == "家事"
        assert row["license"] == "CC0"
        assert meta["evolve"]["operation"] in OPERATIONS
        assert meta["evolve"]["template"] == "evolve-1"
        if row["reason"] is None:
            assert text[row["id"]].startswith(text[parent])
            latest[first] = row["id"]
    assert {None, "unchanged", "copies_template", "unparsable"} == set(found["reason"])


def test_order_and_company_change_nothing(tmp_path):
    with serving(evolutions) as there:
        together = evolved(evolve(tmp_path / "a", there.url)).sort("id")
        turned = evolved(evolve(tmp_path / "b", there.url, PROMPTS[::-1], shards=2, concurrency=1)).sort("id")
        alone = evolved(evolve(tmp_path / "c", there.url, PROMPTS[2:3])).sort("id")
    assert_frame_equal(turned, together)
    assert set(alone["id"]) < set(together["id"])


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_run_killed_anywhere_ends_the_same_and_asks_nothing_twice(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("killed")
    with serving(evolutions) as there:
        whole = evolve(folder, there.url)
        journal = folder / "journal.jsonl"
        lines = journal.read_bytes().splitlines(keepends=True)
        asked = len(there.asked)
        kept = data.draw(st.integers(0, len(lines)), label="answers before the kill")
        journal.write_bytes(b"".join(lines[:kept]))
        assert_frame_equal(evolve(folder, there.url), whole)
        assert len(there.asked) - asked == len(lines) - kept


def test_only_the_operations_that_are_named_are_drawn(tmp_path):
    with serving(evolutions) as there:
        frame = evolve(tmp_path, there.url, operations=["breadth"], rounds=1)
        assert all("同じ分野" in said(body) for body in there.asked)
    operations = {json.loads(m)["evolve"]["operation"] for m in evolved(frame)["meta"]}
    assert operations == {"breadth"}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_template_knows_each_operation(operation):
    values = {"prompt": "お米の研ぎ方は?", "longest_addition": 80}
    shown = load_template("evolve").render(operation=operation, **values)
    others = {load_template("evolve").render(operation=o, **values) for o in OPERATIONS if o != operation}
    assert shown not in others
    assert "お米の研ぎ方は?" in shown
    assert ("やり方: " in shown) == (operation != "breadth")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("お米の保存方法を夏と冬に分けて、理由とともに教えてください。", None),
        ("お米の保存方法を教えてください！", "unchanged"),
        ("元の指示は「お米の保存方法を教えてください。」です。", "copies_template"),
        ("申し訳ありませんが、これ以上難しくできません。", "refusal"),
        ("このグラフを見て、お米の保存方法を教えてください。", "beyond_text"),
        ("How do I keep rice?", "not_japanese"),
        ("お米を。" * 200, "too_long"),
    ],
)
def test_failed_evolutions(text, reason):
    assert judged(Draft(text), "お米の保存方法を教えてください。").reason == reason
