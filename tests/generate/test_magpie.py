import json
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pydantic import ValidationError
from tiny_model import make_job, make_rows, user

from generate.drafting.drafts import Draft
from generate.engine import Candidate
from generate.magpie import Magpie

SYSTEM = [{"role": "system", "content": "あなたは米屋です。"}]
CHAT = [*user("お米はありますか。"), {"role": "assistant", "content": "はい、ございます。"}]
ROWS = [
    {"id": "system", "prompt": SYSTEM, "license": "MIT", "meta": '{"persona": "米屋"}'},
    {"id": "topic", "prompt": user("精米")},
    {"id": "chat", "prompt": CHAT},
    {"id": "asked", "prompt": [*CHAT, *user("新米は?")]},
    {"id": "empty", "prompt": None},
]


def magpie(folder: Path, place: Path, rows=ROWS, shards=1, **parameters) -> pl.DataFrame:
    job, _ = make_job(folder, {"base": place})
    step = Magpie(model="base", **({"n": 3, "max_tokens": 48} | parameters))
    return pl.concat(
        step.rewrite(make_rows(folder / "rows", "prompts", rows, shards), job), how="diagonal_relaxed"
    )


def test_the_model_writes_as_the_user(tmp_path, tiny):
    frame = magpie(tmp_path, tiny)
    drafts = frame.filter(pl.col("meta").str.contains("magpie"))
    assert [r["parents"] for r in drafts["origin"]] == [
        [i] for i in ("system", "topic", "chat") for _ in range(3)
    ]
    prompts = drafts["prompt"].to_list()
    assert [[m["role"] for m in p] for p in (prompts[0], prompts[3], prompts[6])] == [
        ["system", "user"],
        ["user"],
        ["user", "assistant", "user"],
    ]
    meta = [json.loads(m) for m in drafts["meta"]]
    assert meta[0]["persona"] == "米屋"
    assert meta[3]["magpie"] == {
        "model": "base",
        "seed": meta[3]["magpie"]["seed"],
        "template": "magpie-1",
        "topic": "精米",
    }
    assert drafts["license"].to_list()[:3] == ["MIT"] * 3
    assert set(drafts["reason"]) - {None} <= {
        "cut",
        "not_japanese",
        "too_short",
        "rubbish",
        "empty",
        "refusal",
    }


def test_rows_without_a_draft_are_given_back(tmp_path, tiny):
    frame = magpie(tmp_path, tiny)
    back = frame.filter(pl.col("id").is_in(["system", "topic", "chat", "asked", "empty"]))
    good = set(frame.filter(pl.col("reason").is_null())["origin"].struct.field("parents").explode())
    reasons = dict(back.select("id", "reason").iter_rows())
    assert reasons == {i: "no_prompt" for i in ("system", "topic", "chat") if i not in good} | {
        "asked": "failed",
        "empty": "failed",
    }
    details = dict(back.select("id", "detail").iter_rows())
    assert details["asked"] == "after the user's turn comes the assistant's"
    assert details["empty"] == "the prompt has no messages"


def test_order_and_company_change_nothing(tmp_path, tiny):
    together = magpie(tmp_path / "a", tiny).sort("id")
    turned = magpie(tmp_path / "b", tiny, ROWS[::-1], shards=2).sort("id")
    assert_frame_equal(turned, together)


def test_drafts_are_sorted_out():
    found = Magpie(model="base", max_chars=30)._drafts(
        [
            Candidate(1, " お米の研ぎ方を教えてください。 ", 3, "stop"),
            Candidate(2, "お米の研ぎ方を 教えてください。", 3, "stop"),
            Candidate(3, "お米の炊き方を", 3, "length"),
            Candidate(4, "はい、承知しました。お米ですね。", 3, "stop"),
            Candidate(5, error="no memory"),
            Candidate(6, "お米の選び方を、産地と銘柄と値段の三つの点から詳しく教えてください。", 3, "stop"),
        ]
    )
    assert [d for _, d in found] == [
        Draft("お米の研ぎ方を教えてください。"),
        Draft("お米の研ぎ方を 教えてください。", "duplicate"),
        Draft("お米の炊き方を", "cut"),
        Draft("はい、承知しました。お米ですね。", "is_answer"),
        Draft("", "failed", "no memory"),
        Draft("お米の選び方を、産地と銘柄と値段の三つの点から詳しく教えてください。", "too_long"),
    ]


def test_a_topic_becomes_one_system_message(tmp_path, tiny):
    from generate.asker import Asker
    from generate.template import load_template

    job, _ = make_job(tmp_path, {"base": tiny})
    step = Magpie(model="base")
    with Asker(step, job) as asker:
        request = step._request([*SYSTEM, *user("精米")], load_template("magpie"), asker)
    assert request.turn == "user"
    assert [m["role"] for m in request.messages] == ["system"]
    assert request.messages[0]["content"].startswith("あなたは米屋です。\n\nあなたは「精米」に詳しい")


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"engine": "server", "url": "http://localhost:1"}, "a server cannot write the user's turn"),
        ({"temperature": 0}, "temperature 0 gives the same draft n times"),
    ],
)
def test_settings_that_do_not_fit_are_refused(parameters, said):
    with pytest.raises(ValidationError, match=said):
        Magpie(model="base", **parameters)
