from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tiny_model import make_job, make_rows, user

from generate.spread import Spread
from generate.spreading.listing import escaped, page
from generate.spreading.topics import Topic, effective_topics, topics
from generate.spreading.vectors import effective_number, plain
from generate.spreading.wording import distinct, ending, most_common, opening
from seimai.rows import schema

RICE = [
    f"お米の{x}を教えてください。"
    for x in ("研ぎ方", "炊き方", "選び方", "保存法", "歴史", "種類", "値段", "産地")
]
MIXED = [
    "自転車のパンクの直し方を教えてください。",
    "江戸時代の参勤交代について三つの観点で説明して。",
    "次の英文を和訳してください。",
    "Pythonで素数を列挙する関数を書いて。",
    "会議の欠席を伝えるメールの文面を考えてください。",
    "俳句の季語にはどんなものがありますか?",
    "確定申告の期限はいつですか?",
    "犬が夜に吠える理由は何でしょうか。",
]


def measured(folder: Path, texts, shards=1, **parameters) -> tuple[pl.DataFrame, dict, str]:
    rows = [{"id": f"p{n:03}", "prompt": user(text)} for n, text in enumerate(texts)]
    job, _ = make_job(folder)
    frames = list(Spread(**parameters).rewrite(make_rows(folder / "rows", "prompts", rows, shards), job))
    return pl.concat(frames), job.metrics, (job.out / "topics.md").read_text("utf-8")


def test_rows_go_through_as_they_are(tmp_path):
    frame, metrics, _ = measured(tmp_path, MIXED)
    assert frame["id"].to_list() == [f"p{n:03}" for n in range(8)]
    assert frame.schema == schema("prompts")
    assert {m["measure"]: (m["value"], m["unit"]) for m in metrics["measures"]} == {
        "effective number of prompts": (metrics["spread"]["effective_prompts"], "of 8"),
        "effective number of topics": (
            metrics["spread"]["effective_topics"],
            f"of {metrics['spread']['topics']}",
        ),
        "prompts with one that is alike": (0.0, "share"),
        "different character trigrams": (metrics["spread"]["distinct_3"], "share"),
    }


def test_a_narrow_set_comes_to_fewer_prompts_than_a_wide_one(tmp_path):
    narrow = measured(tmp_path / "narrow", RICE)[1]["spread"]
    wide = measured(tmp_path / "wide", MIXED)[1]["spread"]
    assert wide["effective_prompts"] > 6
    assert narrow["effective_prompts"] < 0.7 * wide["effective_prompts"]
    assert narrow["alike"] > 0.9
    assert wide["alike"] == 0
    assert narrow["distinct_3"] < wide["distinct_3"]


def test_copies_count_for_nothing_more(tmp_path):
    one = measured(tmp_path / "one", MIXED)[1]["spread"]
    ten = measured(tmp_path / "ten", MIXED * 10)[1]["spread"]
    assert ten["effective_prompts"] == one["effective_prompts"]
    assert (ten["prompts"], ten["different"], ten["alike"]) == (80, 0.1, 1.0)


def test_order_and_shards_change_nothing(tmp_path):
    one = measured(tmp_path / "a", MIXED + RICE)
    other = measured(tmp_path / "b", (MIXED + RICE)[::-1], shards=3)
    assert one[1:] == other[1:]


def test_a_sample_is_drawn_by_seed(tmp_path):
    figures = measured(tmp_path, MIXED + RICE, sample=5)[1]["spread"]
    assert (figures["prompts"], figures["measured"]) == (16, 5)


def test_the_page_lists_openings_ends_and_topics(tmp_path):
    _, metrics, shown = measured(tmp_path, MIXED + RICE)
    assert metrics["spread"]["ends"][0] == ("教えてください", 9)
    assert "| 教えてください | 9 | 56.2 % |" in shown
    assert f"## {metrics['spread']['topics']} topics" in shown
    assert "Pythonで素数を列挙する関数を書いて。" in shown


def test_prompts_are_data_on_the_page():
    shown = page(
        {
            "measured": 1,
            "prompts": 1,
            "effective_prompts": 1.0,
            "alike": 0.0,
            "openings": [("<b>|", 2)],
            "ends": [],
        },
        [Topic(1, ("<script>alert(1)</script>\n# 見出し | [x](javascript:y)",))],
    )
    assert "<script" not in shown.replace("\\<", "")
    assert "\\<b\\>\\|" in shown
    assert escaped("a\n# b") == "a \\# b"


@pytest.mark.parametrize("kind", ["candidates", "pairs", "chat"])
def test_other_rows_with_a_users_turn(tmp_path, kind):
    column = "messages" if kind == "chat" else "prompt"
    turns = [*user("はい?"), {"role": "assistant", "content": "何でしょう。"}, *user("犬の吠える理由は?")]
    rows = [{"id": "a", column: turns}, {"id": "b", column: None}]
    job, _ = make_job(tmp_path)
    step = Spread()
    frame = pl.concat(step.rewrite(make_rows(tmp_path / "rows", kind, rows), job))
    assert step.accepts(kind)
    assert_frame_equal(frame, make_rows(tmp_path / "again", kind, rows).read())
    assert job.metrics["spread"]["openings"] == [("犬の吠える", 1)]


def test_nothing_to_measure_is_no_error(tmp_path):
    job, _ = make_job(tmp_path)
    rows = make_rows(tmp_path / "rows", "prompts", [{"id": "a", "prompt": None}])
    assert pl.concat(Spread().rewrite(rows, job)).height == 1
    assert job.metrics["spread"]["effective_prompts"] == 0


def test_topics_bring_together_what_shares_rare_words():
    found = topics(
        RICE
        + [
            f"自転車の{x}の手順は?"
            for x in ("修理", "掃除", "購入", "登録", "処分", "施錠", "空気入れ", "塗装")
        ],
        3,
    )
    assert sum(t.size for t in found) == 16
    for topic in found:
        assert len({"自転車" in e for e in topic.examples}) == 1


def test_hiragana_alone_is_a_topic_of_its_own():
    found = topics([*RICE, "なにをしているの?"], 0)
    assert found[-1] == Topic(1, ("なにをしているの?",))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(alphabet="米茶水火土木金", min_size=2, max_size=6), min_size=1, max_size=8))
def test_the_effective_number_is_between_one_and_the_number_of_prompts(texts):
    vectors = plain(texts)
    found = effective_number(vectors)
    assert 0.999 <= found <= len(texts) + 1e-6
    cosines = vectors @ vectors.T
    assert found == pytest.approx(1 / np.mean(cosines**2))


def test_effective_topics_of_none():
    assert effective_topics([]) == 0


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("次の文章を百字以内で要約してください。", "要約してください"),
        ("俳句の季語にはどんなものがありますか?", "ありますか"),
        ("会議の議題を考えて\n\n", "考えて"),
        ("犬が吠えるのはなぜ", "なぜ"),
        ("???", ""),
    ],
)
def test_ends(text, end):
    assert ending(text) == end


def test_openings_and_counts():
    assert opening("  お米の 研ぎ方") == "お米の研ぎ"
    assert most_common(["b", "a", "b", "", "a", "c"], 2) == [("a", 2), ("b", 2)]
    assert distinct([], 2) == 0
