"""Unicode's forms by table, against Python's own."""

import unicodedata
from typing import Literal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.unicode_form import UnicodeForm

Form = Literal["NFC", "NFKC"]
FORMS: tuple[Form, ...] = ("NFC", "NFKC")
NASTY = (
    "ｶﾊﾞﾟ゛か\u3099\u309ae\u0301\u0323\u1100\u1161\u11a8가Å\u0f71\u0f72\u0344\u00b4"
    "ￌﾡ\u09c7\u09be\u0340㈱\ufa19𠮷"
)


@pytest.mark.parametrize("form", FORMS)
def test_every_character_by_itself_and_after_a_letter(form: Form) -> None:
    every = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    texts = [*every, *("か" + c for c in every[:0x20000])]
    got = UnicodeForm(form=form).apply(pl.DataFrame({"text": texts}))["text"]
    wrong = [t for t, new in zip(texts, got, strict=True) if unicodedata.normalize(form, t) != new]
    assert wrong == []


@given(st.lists(st.one_of(st.text(NASTY), st.text())), st.sampled_from(FORMS))
def test_texts_are_as_python_has_them(texts: list[str], form: Form) -> None:
    rows = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    got = UnicodeForm(form=form).apply(rows)["text"].to_list()
    assert got == [unicodedata.normalize(form, t) for t in texts]


def test_one_character_may_become_eighteen() -> None:
    text = "\ufdfa" * 10_000
    rows = pl.DataFrame({"text": [text, "米", text]})
    assert UnicodeForm().apply(rows)["text"].to_list() == [
        unicodedata.normalize("NFKC", t) for t in rows["text"]
    ]


def test_rows_and_nulls_stay() -> None:
    rows = pl.DataFrame({"text": ["Ａ", None, "か\u3099"], "id": [1, 2, 3]})
    assert UnicodeForm().apply(rows).rows() == [("A", 1), (None, 2), ("が", 3)]
