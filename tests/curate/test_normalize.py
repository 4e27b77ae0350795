"""Normalisation: each class of characters, what must survive, and idempotence."""

import sys
import unicodedata

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.normalize import Normalize
from curate.normalizing import classes
from curate.normalizing.column import utf8
from curate.normalizing.table import table

SWITCHES = [name for name, field in Normalize.model_fields.items() if field.annotation is bool]


def normalized(text: str, step: Normalize | None = None) -> str:
    return (step or Normalize()).apply(pl.DataFrame({"text": [text]}))["text"].item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ｶﾞｯｺｳ｡｢ﾊﾟﾝ｣､ｳﾞｧ･ｰ", "ガッコウ。「パン」、ヴァ・ー"),
        ("ｱﾞ", "ア\u309b"),
        ("ｶ\u200bﾞ", "ガ"),
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
        ("か\u3099\u200d \nＡ", "が\nA"),
        ("\u200d", ""),
    ],
)
def test_what_is_the_same_is_spelt_the_same(text: str, expected: str) -> None:
    assert normalized(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "米",
        "「はい」、と言った。（笑）！？：；～〜・…‥―－＋％＆",
        "　字下げの段落。\n　次の段落。",
        "㈱㎏㍻℃Ⅳ①②½10²",
        "\ufa19社\u4fae\ufa30",
        "𠮷野家 葛\U000e0100城 邉\ufe00",
        "👨\u200d👩\u200d👧 🏳\ufe0f\u200d🌈 👩🏽\u200d🚀 1\ufe0f\u20e3",
        "\ue000\ufffd\U0010fffd",
        "一\n\n二\n三\tx",
        "山田 太郎",
    ],
)
def test_what_means_something_survives(text: str) -> None:
    assert normalized(text) == text


@pytest.mark.parametrize(
    ("name", "value", "text", "expected"),
    [
        ("halfwidth_kana", False, "ｶﾞＡ", "ｶﾞA"),
        ("fullwidth_letters", False, "ｶﾞＡ", "ガＡ"),
        ("fullwidth_marks", True, "（！）￥，", "(!)¥,"),
        ("ideographic_space", True, "　字 \n", " 字"),
        ("typographic_spaces", False, "a\u00a0b", "a\u00a0b"),
        ("radicals", False, "\u2f47", "\u2f47"),
        ("ligatures", False, "\ufb01", "\ufb01"),
        ("letter_signs", False, "\u212b", "\u212b"),
        ("combining", False, "か\u3099", "か\u3099"),
        ("ideographs", True, "\ufa19", "\u795e"),
        ("squared", True, "㈱㎏㍻℃№㌔", "(株)kg平成°CNoキロ"),
        ("circled", True, "①㊤⑴Ⓐ", "1上(1)A"),
        ("superscripts", True, "10²H₂O™", "102H2OTM"),
        ("fractions", True, "½", "1\u20442"),
        ("roman", True, "Ⅳⅻ", "IVxii"),
        ("other_compatibility", True, "…﹁𝐀", "...「A"),
        ("invisible", False, "a\u200bb\u200d\x00", "a\u200bb\u200d\x00"),
        ("newlines", False, "a\r\nb", "a\r\nb"),
        ("trailing_spaces", False, "a \n\n\nb　", "a \n\nb　"),
        ("blank_lines", 0, "\na\n\n\nb\n", "a\nb"),
        ("blank_lines", 2, "a\n\n\n\n\nb", "a\n\n\nb"),
        ("blank_lines", None, "\na \n\n\nb\n", "\na\n\n\nb\n"),
        ("join_spaced", True, "日 本 語 の PDF を 読む", "日本語の PDF を読む"),
    ],
)
def test_each_class_is_a_switch(name: str, value: object, text: str, expected: str) -> None:
    assert normalized(text, Normalize.model_validate({name: value})) == expected


def test_together_the_classes_are_nfkc() -> None:
    found = {c: new for name in classes.CLASSES for c, new in classes.folds(name).items() if len(c) == 1}
    every = (chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000)
    nfkc = {c: new for c in every if (new := unicodedata.normalize("NFKC", c)) != c}
    assert {c for c in nfkc.keys() | found.keys() if nfkc.get(c) != found.get(c)} == {"\u1680", "ﾞ", "ﾟ"}
    assert sum(len([c for c in classes.folds(n) if len(c) == 1]) for n in classes.CLASSES) == len(found)


def test_all_classes_on_a_text_are_nfkc() -> None:
    everything = Normalize.model_validate(dict.fromkeys(classes.CLASSES, True))
    text = "ﾊﾟｿｺﾝ（㈱）①②　10²…Ⅳ ½ ﷺ ㌔か\u3099 \ufa19 ﬁ 𝐀"
    assert normalized(text, everything) == unicodedata.normalize("NFKC", text)


def test_rows_and_other_columns_stay() -> None:
    rows = pl.DataFrame({"id": ["a", "b", "c"], "text": ["Ａ", None, "か\u3099"]})
    assert_frame_equal(
        Normalize().apply(rows), pl.DataFrame({"id": ["a", "b", "c"], "text": ["A", None, "が"]})
    )


def test_a_slice_of_a_column_is_that_slice() -> None:
    rows = pl.DataFrame({"text": ["長い" * 9, "Ａ", None, "か\u3099", "ｶﾞ"]})
    expected = Normalize().apply(rows)[1:4]
    assert_frame_equal(Normalize().apply(rows[1:4]), expected)


def test_no_rows() -> None:
    rows = pl.DataFrame({"text": []}, schema={"text": pl.String})
    assert Normalize().apply(rows).schema == rows.schema


def test_bytes_that_are_no_utf_8_become_replacement_characters() -> None:
    parts = [b"ok \xe7\xb1", b"\xff\xb3\xe3", "米Ａ".encode(), b"\xed\xa0\x80", b"\xf0"]
    ends = np.cumsum([0, *map(len, parts)])
    made = pa.LargeStringArray.from_buffers(len(parts), pa.py_buffer(ends), pa.py_buffer(b"".join(parts)))
    text = Normalize().apply(pl.DataFrame({"text": pl.Series("text", made, dtype=pl.String)}))["text"]
    assert text.to_list() == [p.decode(errors="replace").replace("Ａ", "A") for p in parts]


def test_a_table_reads_no_further_than_the_column() -> None:
    data, offsets = utf8(pl.Series(["米", "", "ａ"]))
    assert bytes(data[offsets[0] : offsets[-1]]) == "米ａ".encode()
    assert table({}).actions.any() == np.False_


@pytest.mark.slow
def test_a_hundred_megabytes_in_one_document() -> None:
    text = "　精米は、ｶﾞｯｺｳの\u200bＡ。 \r\n\r\n\r\n" * 2_300_000
    expected = ("　精米は、ガッコウのA。\n\n" * 2_300_000).rstrip()
    assert len(text.encode()) > 100_000_000
    assert normalized(text) == expected
    assert normalized("\u0301" * 100_000 + "か\u3099" * 100_000).endswith("がが")


NASTY = (
    "ｶｱﾊﾞﾟ゛゜かは\u3099\u309aＡ１e\u0301\u0323\u200d\u200b\ufe0f👩🚀🏽\r\n\u2028\u0085 　\t\u00a0𠮷\U000e0100"
    "\u2f47\u1100\u1161\u11a8\ufa19（，．ﾡￌ￣´¨㈱①²½Ⅳ…\u0344\ufdfa\ufeff\x00。日"
)


@given(
    st.one_of(st.text(NASTY), st.text()), st.sets(st.sampled_from(SWITCHES)), st.sampled_from([None, 0, 1])
)
def test_twice_is_once(text: str, flipped: set[str], blank_lines: int | None) -> None:
    default = Normalize()
    step = Normalize.model_validate(
        {"blank_lines": blank_lines, **{name: not getattr(default, name) for name in flipped}}
    )
    once = normalized(text, step)
    assert normalized(once, step) == once


@given(st.lists(st.text(NASTY)))
def test_rows_do_not_touch_each_other(texts: list[str]) -> None:
    rows = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    assert Normalize().apply(rows)["text"].to_list() == [normalized(t) for t in texts]


@given(st.text("かきは\u3099\u309aeaｶ\u0301\u0323\u1100\u1161\u11a8米"))
def test_letters_are_composed_as_nfc_has_it(text: str) -> None:
    assert unicodedata.is_normalized("NFC", normalized(text))
