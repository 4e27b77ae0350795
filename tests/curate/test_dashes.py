"""Which dashes are wave dashes, long vowels, or a pair."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.dashes import Dashes


def normalized(text: str, step: Dashes | None = None) -> str:
    return (step or Dashes()).apply(pl.DataFrame({"text": [text]}))["text"].item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10～20", "10〜20"),
        ("コンピュ―タ", "コンピュータ"),
        ("サ−バ－。", "サーバー。"),
        ("サｰバｰ", "サーバー"),
        ("だが──と—―", "だが――と――"),
    ],
)
def test_one_character_for_each(text: str, expected: str) -> None:
    assert normalized(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ー",
        "スペイン‐ポルトガル ホテル-レストラン サンフランシスコ–ロサンゼルス",
        "ホテル―東京",
        "コンピュ――タ",
        "データ−5 マイナス－Ａ グラフ−図",
        "──────",
        "ページ — 次",
        "a−b 〜 ~",
    ],
)
def test_other_dashes_stay(text: str) -> None:
    assert normalized(text) == text


def test_each_rule_can_be_turned_off() -> None:
    text = "10～20──サ−バ"
    assert normalized(text, Dashes(wave_dash=False)) == "10～20――サーバ"
    assert normalized(text, Dashes(long_vowels=False)) == "10〜20――サ−バ"
    assert normalized(text, Dashes(pairs=False)) == "10〜20──サーバ"
    assert normalized(text, Dashes(wave_dash=False, long_vowels=False, pairs=False)) == text


def test_rows_and_nulls_stay() -> None:
    rows = pl.DataFrame({"text": ["～", None, "サ−バ"], "id": [1, 2, 3]})
    assert Dashes().apply(rows).rows() == [("〜", 1), (None, 2), ("サーバ", 3)]


@given(st.text("アイー―—─━－−ｰ‐-あ漢1a～〜 。\n𠮷"), st.booleans(), st.booleans())
def test_twice_is_once(text: str, long_vowels: bool, pairs: bool) -> None:  # noqa: FBT001
    step = Dashes(long_vowels=long_vowels, pairs=pairs)
    once = normalized(text, step)
    assert normalized(once, step) == once
