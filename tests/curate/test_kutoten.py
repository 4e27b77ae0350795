"""Swallow's majority rule for ，．, its slips, and the slips mended."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.kutoten import Kutoten


def normalized(text: str, step: Kutoten | None = None) -> str:
    return (step or Kutoten()).apply(pl.DataFrame({"text": [text]}))["text"].item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("文の句点，読点を直す．", "文の句点、読点を直す。"),
        ("文の句点、読点を直す．", "文の句点、読点を直す。"),
        ("これは、それは、あれ，", "これは、それは、あれ，"),
        ("Ｈｉ，のように，３．１４も直す．", "Ｈｉ，のように、３．１４も直す。"),
        ("お待ちください．．．", "お待ちください。。。"),
        ("Web，Java，C++，これは", "Web，Java，C++，これは"),
        ("２^，これは，それは，あれ", "２^，これは、それは、あれ"),
        ("，これは，それは", "，これは、それは"),
        ("２，，これは，それは", "２，、これは、それは"),
        ("𠮷，𠮷，", "𠮷，𠮷，"),
        ("円周率は3．14だ．", "円周率は3。14だ。"),
    ],
)
def test_as_swallow_has_it(text: str, expected: str) -> None:
    assert normalized(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("２^，これは，それは，あれ", "２^、これは、それは、あれ"),
        ("，これは，それは", "、これは、それは"),
        ("２，，これは，それは", "２，，これは、それは"),
        ("𠮷，𠮷，", "𠮷、𠮷、"),
        ("円周率は3．14だ．", "円周率は3．14だ。"),
    ],
)
def test_slips_are_mended(text: str, expected: str) -> None:
    assert normalized(text, Kutoten(exact=False)) == expected


def test_each_mark_can_be_left() -> None:
    assert normalized("句点，読点．", Kutoten(toten=False)) == "句点，読点。"
    assert normalized("句点，読点．", Kutoten(kuten=False)) == "句点、読点．"


def test_rows_and_nulls_stay() -> None:
    rows = pl.DataFrame({"text": ["米，", None, "酒、"], "id": [1, 2, 3]})
    assert Kutoten().apply(rows).rows() == [("米、", 1), (None, 2), ("酒、", 3)]


@given(st.text("，．、。か２3a^A\n𠮷「」"), st.booleans())
def test_twice_is_once(text: str, exact: bool) -> None:  # noqa: FBT001
    step = Kutoten(exact=exact)
    once = normalized(text, step)
    assert normalized(once, step) == once
