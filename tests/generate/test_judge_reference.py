import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge_server import row, scores
from polars.testing import assert_frame_equal

from generate.judge_reference import JudgeReference
from generate.judging.chrf import chrf
from generate.judging.facts import names, numbers, unsupported
from seimai.rows import schema


def judged(by, *texts, **meta):
    frame = pl.DataFrame(
        [
            {c: r.get(c) for c in schema("candidates")}
            for r in [row(*texts, meta=json.dumps(meta) if meta else None)]
        ],
        schema=schema("candidates"),
    )
    once = JudgeReference(by=by).apply(frame)
    assert_frame_equal(JudgeReference(by=by).apply(once), once)
    return [s[0][1:] for s in scores(once)["p"]]


def test_the_same_but_for_width_case_space_and_punctuation():
    texts = ("ＳＱＬ 「精米」です。", "答えはsql精米です", "精米")
    assert judged("match", *texts, reference="SQL精米です") == [
        (1.0, ""),
        (0.0, "not the reference"),
        (0.0, "not the reference"),
    ]
    assert [s for s, _ in judged("contains", *texts, reference="SQL精米です")] == [1.0, 1.0, 0.0]


def test_chrf_is_what_sacrebleu_says():
    # sacrebleu 2.6.0: CHRF().sentence_score(text, [reference]).score / 100
    for text, reference, expected in [
        ("玄米からぬかを取り除くこと", "玄米からぬかを除くこと", 0.648171272760201),
        ("はい", "いいえ、違います。", 0.06578947368421052),
        ("The cat sat", "the cat  sat on the mat", 0.4168213544547346),
        (
            "精米とは 玄米からぬかを取る ことです。",
            "精米は、玄米の表面のぬか層と胚芽を取り除き、白米にする作業です。",
            0.12150010923352776,
        ),
    ]:
        assert chrf(text, reference) == pytest.approx(expected, abs=1e-12)
    assert judged("chrf", "東京", "ああ", reference="東京") == [(1.0, ""), (0.0, "")]


def test_rows_without_what_is_needed():
    assert judged("chrf", "東京") == [(None, "no verdict: meta has no reference")]
    assert judged("support", "東京", reference="東京") == [(None, "no verdict: meta has no evidence")]
    assert judged("match", None, reference="東京") == [(None, "no verdict: the response has no text")]


@pytest.mark.parametrize(
    ("text", "evidence", "missing"),
    [
        ("送料は800円です。", "送料は八百円。", []),
        ("売上は1億2,000万円でした。", "売上は120,000,000円", []),
        ("二〇二四年三月に開業しました。", "2024年3月開業", []),
        ("3.5倍になりました。", "2.5倍になった。", ["3.5"]),
        ("1. 研ぐ\n2. 浸す\n③ 炊く", "研いで浸して炊く。", []),
        ("一つで十分です。千葉の三重の塔。", "資料", []),
        ("『銀河鉄道の夜』は宮沢さんの作。", "宮沢賢治の銀河鉄道の夜", []),
        ("大阪市のABC銀行です。", "京都市の銀行", ["ABC", "大阪市"]),
        ("都市の皆さん", "資料", []),
    ],
)
def test_numbers_and_names_that_evidence_does_not_have(text, evidence, missing):
    found, _ = unsupported(text, evidence)
    assert sorted(found) == sorted(missing)


def test_what_the_prompt_says_counts_as_known():
    assert judged("support", "お米の保存方法は2つあります。", evidence="甲") == [
        (0.0, "not in the evidence: 2")
    ]
    known = {"prompt": [{"role": "user", "content": "2つ教えて"}]}
    frame = pl.DataFrame(
        [row("2つあります。", meta='{"evidence": "甲"}') | known], schema=schema("candidates")
    )
    assert scores(JudgeReference(by="support").apply(frame))["p"] == [[("reference:support", 1.0, "")]]


@given(st.text(alphabet="〇一二三四五六七八九十百千万億兆0123456789,.年円「」ABアイ・さん市 \n", max_size=40))
def test_any_text_supports_itself(text):
    assert unsupported(text, text)[0] == []
    assert all(worth >= 0 for worth in numbers(text).values())
    assert len(names(text)) == len(set(names(text)))


@given(st.text(max_size=30), st.text(max_size=30))
def test_chrf_is_a_share(text, reference):
    assert 0 <= chrf(text, reference) <= 1 + 1e-12
    assert chrf(text, text) == pytest.approx(1.0 if text.split() else 0.0)
