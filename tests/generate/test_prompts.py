"""Prompts without a model: templates, personas, passages, conversations."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import ValidationError
from tiny_model import make_job, make_rows, user

from generate.drafting.passage import passages
from generate.drafting.persona import load_personas
from generate.prompts import Prompts
from seimai.errors import SeimaiError
from seimai.rows import origin_of, row_id, schema

MAIL = {"id": "a", "text": "納期はいつですか。", "source": "mail", "license": "CC0-1.0", "meta": '{"n": 1}'}


def prompts(
    folder: Path, rows: list[dict], kind: str = "documents", shards: int = 1, **parameters
) -> pl.DataFrame:
    seed = parameters.pop("seed", 17)
    made = make_rows(folder / "rows", kind, rows, shards)
    job, _ = make_job(folder, seed=seed)
    return pl.concat(Prompts(**parameters).rewrite(made, job), how="diagonal_relaxed")


def said(frame: pl.DataFrame) -> list[list[tuple[str, str]]]:
    return [[(m["role"], m["content"]) for m in p] for p in frame["prompt"].to_list()]


def test_a_document_is_filled_in(tmp_path):
    got = prompts(tmp_path, [MAIL], templates=["translate"], values={"language": "中国語"})
    text = "次の文章を自然な中国語に翻訳してください。訳文だけを書いてください。\n\n納期はいつですか。"
    expected = {
        "id": row_id("a", None, f"user\x1e{text}"),
        "origin": origin_of(["a"]),
        "prompt": user(text),
        "responses": [],
        "source": "mail",
        "license": "CC0-1.0",
        "meta": '{"n": 1, "template": "translate-1"}',
    }
    assert_frame_equal(got.select(*schema("prompts")), pl.DataFrame([expected], schema=schema("prompts")))


def test_a_manner_is_a_system_message_beside_what_is_there(tmp_path):
    talk = [
        {"role": "system", "content": "短く。"},
        *user("送料は?"),
        {"role": "assistant", "content": "無料です。"},
        *user("離島も?"),
    ]
    found = said(prompts(tmp_path, [{"id": "a", "prompt": talk}], "prompts", templates=["osaka"]))[0]
    assert [role for role, _ in found] == ["system", "user", "assistant", "user"]
    assert found[0][1].startswith("短く。\n\nあなたは大阪生まれ")
    assert [text for _, text in found[1:]] == ["送料は?", "無料です。", "離島も?"]


def test_the_answer_of_a_chat_stays_where_the_prompt_does(tmp_path):
    chat = {"id": "a", "messages": [*user("送料は?"), {"role": "assistant", "content": "無料です。"}]}
    same = prompts(tmp_path / "same", [chat], "chat")
    assert said(same) == [[("user", "送料は?")]]
    written = same["responses"].to_list()[0]
    assert [(r["text"], r["engine"]) for r in written] == [("無料です。", "written")]
    other = prompts(tmp_path / "other", [chat], "chat", templates=["osaka"])
    assert other["responses"].to_list() == [[]]


def test_meta_columns_and_personas_can_be_named(tmp_path):
    own = tmp_path / "own.jinja"
    own.write_text("---\nversion: 3\n---\n{{ persona }}:{{ meta.n }}:{{ row.url }}:{{ text }}", "utf-8")
    people = tmp_path / "people.jsonl"
    people.write_text('{"persona": "米農家"}\n"店主"\n', "utf-8")
    row = MAIL | {"url": "http://a.jp"}
    got = prompts(tmp_path, [row], templates=[str(own)], personas=str(people), each=2)
    texts = sorted(p[0][1] for p in said(got))
    assert texts == ["店主:1:http://a.jp:納期はいつですか。", "米農家:1:http://a.jp:納期はいつですか。"]
    assert sorted(json.loads(m)["persona"] for m in got["meta"]) == ["店主", "米農家"]


def test_a_value_that_the_row_has_not_is_a_reason(tmp_path):
    other = {"id": "b", "text": "返品したい。", "meta": '{"labels": ["苦情"]}'}
    got = prompts(tmp_path, [MAIL, other, {"id": "c", "text": " "}], templates=["classify"])
    assert got["id"].to_list() == ["a", "b", "c"]
    assert got["reason"].to_list() == ["not_filled", "not_filled", "no_text"]
    assert got["detail"][0] == "the template classify cannot be filled in: 'labels' is undefined"
    labels = {"labels": ["問い合わせ", "苦情"]}
    filled = prompts(tmp_path / "b", [MAIL], templates=["classify"], values=labels)
    assert "「問い合わせ」「苦情」のどれか一つ" in said(filled)[0][0][1]


@pytest.mark.parametrize(
    "prompt", [None, [], [{"role": "assistant", "content": "はい。"}], [{"role": "user", "content": None}]]
)
def test_a_conversation_without_a_users_turn_is_given_back(tmp_path, prompt):
    got = prompts(tmp_path, [{"id": "a", "prompt": prompt}], "prompts")
    assert got["reason"].to_list() == ["no_text"]


def test_draws_depend_on_the_seed_and_the_row_alone(tmp_path):
    rows = [{"id": f"r{i}", "text": f"{i}月の予定です。"} for i in range(40)]
    names = ["osaka", "translate", "summarize", "proofread", "from_persona"]
    settings = {"templates": names, "personas": "everyday", "each": 2}
    one = prompts(tmp_path / "a", rows, **settings)
    turned = prompts(tmp_path / "b", rows[::-1], shards=3, **settings)
    order = pl.col("id")
    assert_frame_equal(one.sort(order), turned.sort(order))
    drawn = [json.loads(m)["template"] for m in one["meta"]]
    assert one.height == 80
    assert all(a != b for a, b in zip(drawn[::2], drawn[1::2], strict=True))
    assert min(drawn.count(f"{n}-1") for n in names) >= 8  # of 80, 16 expected
    other = prompts(tmp_path / "c", rows, seed=18, **settings)
    assert [json.loads(m)["template"] for m in other["meta"]] != drawn
    fewer = prompts(tmp_path / "d", rows, templates=names[:4], personas="everyday")
    first = {
        m: json.loads(t)["template"]
        for m, t in zip(fewer["origin"].struct.field("parents").list[0], fewer["meta"], strict=True)
    }
    both = dict(zip(one["origin"].struct.field("parents").list[0].to_list()[::2], drawn[::2], strict=True))
    assert all(first[i] == both[i] for i in both if both[i] != "from_persona-1")


def test_a_document_is_cut_into_passages(tmp_path):
    text = "".join(f"{i}番目の工程では玄米を磨いてぬかを除きます。" for i in range(60))
    got = prompts(
        tmp_path, [{"id": "a", "text": text}, {"id": "b", "text": "短い。"}], passage_chars=200, passages=3
    )
    good = got.filter(pl.col("reason").is_null())
    starts = [json.loads(m)["start"] for m in good["meta"]]
    assert starts == sorted(set(starts))
    for (turn,), start in zip(said(good), starts, strict=True):
        assert text[start:].startswith(turn[1])
        assert turn[1].endswith("。")
        assert 50 <= len(turn[1]) <= 200
    assert got.filter(pl.col("id") == "b")["reason"].to_list() == ["no_passage"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"templates": ["osaka"], "each": 2}, "each: 2 different prompts need as many templates"),
        ({"values": {"text": "x"}}, "values cannot have text"),
        ({"passages": 2}, "passages goes with passage_chars"),
    ],
)
def test_settings_that_cannot_be_met_are_refused(parameters, message):
    with pytest.raises(ValidationError, match=message):
        Prompts(**parameters)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.jsonl", "{", "p.jsonl, line 1 is no JSON"),
        ("p.jsonl", '\n{"name": "x"}', "p.jsonl, line 2 has no persona"),
        ("p.txt", "# nobody\n\n", "has no personas"),
    ],
)
def test_personas_that_are_none_are_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(SeimaiError, match=message):
        load_personas(tmp_path / name)


def test_a_passage_ends_with_its_sentence():
    text = "彼は「はい。」と言った。次の文。\n\n" + "表\n" * 30 + "長" * 90 + "。後の文です。終わりの文です。"
    assert [p.text for p in passages(text, 8, 60)] == [
        "彼は「はい。」と言った。次の文。",
        "後の文です。終わりの文です。",
    ]
    for found in passages(text, 8, 60):
        assert text[found.start : found.end] == found.text


TEXTS = st.lists(
    st.sampled_from(["精米とは", "。", "\n", "\n\n", "「", "」", "（", "）", "！", "と", " ", "磨く"])
).map("".join)


@settings(max_examples=200)
@given(TEXTS, st.integers(1, 10), st.integers(10, 40))
def test_passages_are_parts_of_the_text_in_order(text, least, most):
    end = 0
    for found in passages(text, least, most):
        assert found.text == text[found.start : found.end] == found.text.strip()
        assert least <= len(found.text) <= most
        assert found.start >= end
        end = found.end


def test_a_line_that_breaks_a_sentence_and_a_bracket_end_no_passage():
    text = "第二条\nに規定する者（甲をいう。以下同じ。）は、\n届け出る。\n\n次の条である。終わりの文。"
    assert [p.text for p in passages(text, 5, 34)] == [
        text[: text.index("\n\n")],
        "次の条である。終わりの文。",
    ]
