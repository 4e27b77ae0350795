"""Runs made short, and what is no run."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.runs import Runs


def normalized(text: str, step: Runs | None = None) -> str:
    return (step or Runs()).apply(pl.DataFrame({"text": [text]}))["text"].item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("😂" * 9 + "。", "😂😂😂。"),
        ("👩\u200d👧" * 5, "👩\u200d👧" * 3),
        ("👍🏽" * 5, "👍🏽" * 3),
        ("❤\ufe0f" * 5 + "🇯🇵" * 4, "❤\ufe0f" * 3 + "🇯🇵" * 3),
        ("(´・ω・｀)" * 6, "(´・ω・｀)" * 3),
        ("ヽ(´ー｀)ノ" * 4 + "（笑）" * 4, "ヽ(´ー｀)ノ" * 3 + "（笑）" * 3),
        ("すご" + "ー" * 20 + "い" + "！" * 8, "すごーーーい！！！"),
        ("本当" + "。" * 30 + "・" * 9, "本当。。。・・・"),
        ("wwwwww ｗｗｗｗ笑笑笑笑草草草草草", "www ｗｗｗ笑笑笑草草草"),
    ],
)
def test_runs_are_shortened(text: str, expected: str) -> None:
    assert normalized(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "笑",
        "👍👍👍 （笑）（笑）（笑） ！！！ ーーー www",
        "https://wwww.example.jp/wwwwww awwwwww wwww_",
        "★★★★★ ★★★★☆ ---- ==== .... ****",
        "(一)(二)(三)(四)",
        "𠮷𠮷𠮷𠮷𠮷",
    ],
)
def test_what_is_no_run_stays(text: str) -> None:
    assert normalized(text) == text


@pytest.mark.parametrize(
    ("name", "run"),
    [("emoji", "😂"), ("emoticons", "(笑)"), ("marks", "！"), ("long_vowels", "ー"), ("laughs", "草")],
)
def test_each_rule_has_its_number_and_can_be_turned_off(name: str, run: str) -> None:
    assert normalized(run * 9, Runs.model_validate({name: 2})) == run * 2
    assert normalized(run * 9, Runs.model_validate({name: None})) == run * 9


def test_rows_and_nulls_stay() -> None:
    nothing = Runs(emoji=None, emoticons=None, marks=None, long_vowels=None, laughs=None)
    rows = pl.DataFrame({"text": ["！" * 9, None, "米"], "id": [1, 2, 3]})
    assert Runs().apply(rows).rows() == [("！！！", 1), (None, 2), ("米", 3)]
    assert nothing.apply(rows).rows() == rows.rows()


@given(st.text("！!？。…ーw ｗ笑草()（）ノヽo👩\u200d\ufe0f🏽🇯🇵❤a𠮷\n", max_size=40), st.integers(1, 3))
def test_twice_is_once(text: str, most: int) -> None:
    step = Runs(emoji=most, emoticons=most, marks=most, long_vowels=most, laughs=most)
    once = normalized(text, step)
    assert normalized(once, step) == once


def test_long_runs_take_no_long_time() -> None:
    for unit in ("👩\u200d", "(", "(a", "ー", "w", "🇯", "❤\ufe0f\u200d"):
        text = unit * 20_000
        assert len(normalized(text)) <= len(text)
