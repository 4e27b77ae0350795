"""Normalisation: each class of characters, what must survive, and idempotence."""

import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.normalize import Normalize


def normalized(text: str, step: Normalize | None = None) -> str:
    return (step or Normalize()).apply(pl.DataFrame({"text": [text]}))["text"].item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ｶﾞｯｺｳ｡｢ﾊﾟﾝ｣､ｳﾞｧ･ｰ", "ガッコウ。「パン」、ヴァ・ー"),
        ("ｱﾞ", "ア\u309b"),
        ("Ａｚ０９", "Az09"),
        ("\u2f47\u672c\ufb01", "\u65e5本fi"),
        ("\u212b\u2126\u212a", "\u00c5\u03a9K"),
        ("か\u3099 は\u309a e\u0301", "が ぱ é"),
        ("ｶ\u3099", "ガ"),
        ("\u1112\u1161\u11ab", "한"),
        ("一\r\n二\r三\u2028四\u0085五", "一\n二\n三\n四\n五"),
        ("一 \t　\n二　", "一\n二"),
        ("\n \n一\n\n 　\n\n二\n\n", "一\n\n二"),
        ("a\u00a0b\u2009c", "a b c"),
        ("\ufeff一\u200b二\u00ad三\x00四\u202e五\x1b", "一二三四五"),
        ("a\u200db", "ab"),
    ],
)
def test_what_is_the_same_is_spelt_the_same(text: str, expected: str) -> None:
    assert normalized(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "「はい」、と言った。（笑）！？：；～〜・…‥―－＋％＆",
        "　字下げの段落。\n　次の段落。",
        "㈱㎏㍻℃Ⅳ①②½10²",
        "\ufa19社\u4fae\ufa30",
        "𠮷野家 葛\U000e0100城 邉\ufe00",
        "👨\u200d👩\u200d👧 🏳\ufe0f\u200d🌈 👩🏽\u200d🚀",
        "\ue000\ufffd",
        "一\n\n二\n三\tx",
        "山田 太郎",
    ],
)
def test_what_means_something_survives(text: str) -> None:
    assert normalized(text) == text


def test_width_can_be_left_alone() -> None:
    assert normalized("ｶﾞＡ\r\n\u2f47", Normalize(width=False)) == "ｶﾞＡ\n\u65e5"


def test_spaced_japanese_is_joined_on_demand() -> None:
    assert normalized("日 本 語 の PDF を 読む", Normalize(join_spaced=True)) == "日本語の PDF を読む"


def test_rows_and_other_columns_stay() -> None:
    rows = pl.DataFrame({"id": ["a", "b", "c"], "text": ["Ａ", None, "か\u3099"]})
    assert Normalize().apply(rows).rows() == [("a", "A"), ("b", None), ("c", "が")]


def test_no_rows() -> None:
    rows = pl.DataFrame({"text": []}, schema={"text": pl.String})
    assert Normalize().apply(rows).schema == rows.schema


AWKWARD = st.text(
    "ｶｱﾊﾞﾟ゛かは\u3099\u309aＡ１e\u0301\u0323\u200d\u200b\ufe0f👩🚀\r\n\u2028 　\t\u00a0𠮷\U000e0100"
    "\u2f47\u1100\u1161\u11a8\ufa19"
)


@given(st.one_of(AWKWARD, st.text()), st.booleans(), st.booleans())
def test_twice_is_once(text: str, width: bool, join_spaced: bool) -> None:  # noqa: FBT001
    step = Normalize(width=width, join_spaced=join_spaced)
    once = normalized(text, step)
    assert normalized(once, step) == once


@given(st.text("かきは\u3099\u309aeaｶ\u0301\u0323\u1100\u1161\u11a8米"))
def test_letters_are_composed_as_nfc_has_it(text: str) -> None:
    assert unicodedata.is_normalized("NFC", normalized(text))
