from typing import Literal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.code_blocks import CodeBlocks


def treated(text: str, code: Literal["keep", "drop", "mark"] = "drop", **settings: bool) -> str:
    return CodeBlocks(code=code, **settings).apply(pl.DataFrame({"text": [text]}))["text"].item()


def test_kept_dropped_and_marked():
    text = "例を見る。\n\n```c\nint a;\n\n```\n\n終わり。"
    rows = pl.DataFrame({"text": [text, "地の文。", "", None]})
    for code, left in (
        ("keep", text),
        ("drop", "例を見る。\n\n終わり。"),
        ("mark", "例を見る。\n\n［コード］\n\n終わり。"),
    ):
        expected = pl.DataFrame({"text": [left, "地の文。", "", None], "code_chars": [16, 0, 0, None]})
        assert_frame_equal(CodeBlocks(code=code).apply(rows), expected)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("前。\n~~~\na\n```\nb\n~~~\n後。", "前。\n後。"),  # a fence closes only its own kind
        ("前。\n````\n```\n````\n後。", "前。\n後。"),  # and length
        ("1. 項目\n\n   ```\n   code\n   ```\n\n後。", "1. 項目\n\n後。"),
        ("前。\n\n    int a = 1;\n\n    return a;\n\n後。", "前。\n\n後。"),
        ("前。\n\n\tmake install\n\n後。", "前。\n\n後。"),
    ],
)
def test_blocks_are_found(text: str, left: str):
    assert treated(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "前。\n```\n閉じない囲みは囲みでない。",
        "文中の ```code``` は残る。",
        "- 項目\n\n    項目の続き = 段落\n",
        "前。\n\n    字下げした段落は、コードではない。\n    詩も引用もそうである。",
        "　全角の字下げ = 段落",
        "前の行に続く\n    int a = 1;",
    ],
)
def test_what_is_no_code_stays(text: str):
    assert treated(text) == text


def test_indented_blocks_can_be_left_alone():
    text = "前。\n\n    int a = 1;\n\n```\nb\n```"
    assert treated(text, indented=False) == "前。\n\n    int a = 1;"


LINES = ["```", "~~~", "````js", "    int a = 1;", "    字下げ。", "\tb();", "本文。", "- 項目", "", " "]


@given(st.lists(st.sampled_from(LINES), max_size=20).map("\n".join))
def test_twice_is_once(text: str):
    for code in ("drop", "mark", "keep"):
        once = treated(text, code)
        assert treated(once, code) == once


def test_fences_that_never_close_are_no_trap():
    text = "\n".join(["```a"] * 100_000)
    assert treated(text) == text
