"""Instruction data as others write it."""

import json
from pathlib import Path

import polars as pl
import pytest

from curate.read import Files, kind_of, read, tasks

SHAREGPT = {
    "id": "x1",
    "system": "短く。",
    "conversations": [
        {"from": "human", "value": "精米とは?"},
        {"from": "gpt", "value": "ぬかを除くことです。"},
        {"from": "human", "value": "なぜ?"},
        {"from": "gpt", "value": "食べやすくするためです。"},
    ],
}
ALPACA = {"instruction": "要約してください。", "input": "玄米を磨く。", "output": "精米のこと。"}


def rows(folder: Path, *records: dict, **spec) -> pl.DataFrame:
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    (folder / "a.jsonl").write_text("\n".join(lines), "utf-8")
    files = Files(files="a.jsonl", **spec)
    return pl.concat(f for task in tasks(files, folder) for f in read(task, files))


def said(messages: list[dict]) -> list[tuple[str, str]]:
    return [(m["role"], m["content"]) for m in messages]


TOLD = [
    ("system", "短く。"),
    ("user", "精米とは?"),
    ("assistant", "ぬかを除くことです。"),
    ("user", "なぜ?"),
    ("assistant", "食べやすくするためです。"),
]


def test_sharegpt_is_a_chat(tmp_path):
    got = rows(tmp_path, SHAREGPT)
    assert said(got["messages"][0].to_list()) == TOLD
    assert json.loads(got["meta"][0]) == {"id": "x1"}


def test_read_as_prompts_the_last_answer_is_a_written_response(tmp_path):
    got = rows(tmp_path, SHAREGPT, ALPACA, kind="prompts")
    assert said(got["prompt"][0].to_list()) == TOLD[:-1]
    assert [r["text"] for r in got["responses"][0].to_list()] == ["食べやすくするためです。"]
    assert said(got["prompt"][1].to_list()) == [("user", "要約してください。\n\n玄米を磨く。")]
    assert [r["text"] for r in got["responses"][1].to_list()] == ["精米のこと。"]
    assert got["failed"].to_list() == [None, None]


BOTH = ("user", "要約してください。\n\n玄米を磨く。")
ANSWER = ("assistant", "精米のこと。")
PARTS = [{"type": "text", "text": "精米"}, {"type": "text", "text": "とは?"}]
EARLIER = {"instruction": "続きは?", "output": "研ぐ。", "history": [["精米とは?", "磨くこと。"]]}
LATER = [("user", "精米とは?"), ("assistant", "磨くこと。"), ("user", "続きは?"), ("assistant", "研ぐ。")]


@pytest.mark.parametrize(
    ("record", "kind", "expected"),
    [
        (ALPACA, "chat", [BOTH, ANSWER]),
        ({**ALPACA, "text": "### 指示 …"}, "chat", [BOTH, ANSWER]),
        ({**ALPACA, "input": ""}, "chat", [("user", "要約してください。"), ANSWER]),
        (EARLIER, "chat", LATER),
        ({"instruction": "要約してください。", "context": "玄米を磨く。"}, "prompts", [BOTH]),
        ({"messages": [{"role": "user", "content": PARTS}]}, "chat", [("user", "精米とは?")]),
    ],
)
def test_shapes(tmp_path, record, kind, expected):
    got = rows(tmp_path, record)
    assert kind_of(Files(files="a.jsonl"), tmp_path) == kind
    assert got["failed"].to_list() == [None]
    assert said(got["messages" if kind == "chat" else "prompt"][0].to_list()) == expected


def test_a_document_with_an_instruction_key_stays_a_document(tmp_path):
    got = rows(tmp_path, {"text": "玄米を磨く。", "instruction": "要約してください。"})
    assert got["text"].to_list() == ["玄米を磨く。"]


def test_what_is_no_text_is_said(tmp_path):
    picture = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}
    got = rows(tmp_path, {"messages": [picture]}, {"conversations": [{"from": "human"}]})
    assert got["failed"].to_list() == [
        "a.jsonl, line 1: key 'messages' has in message 0 as 'content' a list, not a text",
        "a.jsonl, line 2: key 'messages' has in message 0 as 'content' missing, not a text",
    ]


def test_columns_name_a_conversation_of_another_shape(tmp_path):
    got = rows(tmp_path, {"log": SHAREGPT["conversations"]}, kind="chat", columns={"messages": "log"})
    assert said(got["messages"][0].to_list()) == TOLD[1:]
