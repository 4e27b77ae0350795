from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.footer import Footer
from seimai.errors import SeimaiError


def test_the_first_footer_line_and_all_after_it_go():
    rows = pl.DataFrame({"text": ["本文である。\n会社概要\n住所", "本文である。\n住所", "リンク", "", None]})
    expected = pl.DataFrame(
        {
            "text": ["本文である。", "本文である。\n住所", "", "", None],
            "footer_removed": [8, 0, 3, 0, None],
        }
    )
    assert_frame_equal(Footer().apply(rows), expected)


def test_only_the_last_lines_are_looked_at():
    text = "会社概要\n" + "\n".join(["本文である。"] * 10)
    assert Footer().apply(pl.DataFrame({"text": [text]}))["text"].item() == text
    assert Footer(lines=11).apply(pl.DataFrame({"text": [text]}))["text"].item() == ""


def test_exactly_the_share_is_no_footer():
    rows = pl.DataFrame({"text": ["本文\n検索の手順とその結果"]})  # two of ten: 0.2
    assert Footer(share=0.2).apply(rows)["footer_removed"].item() == 0
    assert Footer(share=0.19).apply(rows)["footer_removed"].item() == 11


def test_words_come_from_a_file(tmp_path: Path):
    words = tmp_path / "words.txt"
    words.write_text("糠\n米糠\n", "utf-8")
    rows = pl.DataFrame({"text": ["本文\n米糠と糠", "本文\n会社概要"]})
    result = Footer(words=str(words)).apply(rows)
    assert result["text"].to_list() == ["本文", "本文\n会社概要"]


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"\x82\xa0\xff"])
def test_words_that_cannot_be_used_stop_the_run(tmp_path: Path, content: bytes | None):
    words = tmp_path / "words.txt"
    if content is not None:
        words.write_bytes(content)
    with pytest.raises(SeimaiError, match=r"curate\.footer: words: "):
        Footer(words=str(words)).check()


@given(st.lists(st.text("米糠。\n会社概要検索|", max_size=60), max_size=4))
def test_what_stays_is_the_beginning_of_the_text(texts: list[str]):
    result = Footer().apply(pl.DataFrame({"text": texts}, schema={"text": pl.String}))
    for text, kept, removed in zip(texts, *result.get_columns(), strict=True):
        assert text.startswith(kept)
        assert removed == len(text) - len(kept)


def test_swallow_cuts_the_same_on_every_golden_document(shared: Path):
    documents = pl.read_parquet(shared / "golden/docs.parquet", columns=["id", "text"])
    golden = pl.read_parquet(shared / "golden/transforms.parquet").filter(transform="swallow_footer")
    both = documents.join(golden, on="id", validate="1:1")
    assert both.height == 1859
    result = Footer().apply(both.select("text"))["text"]
    expected = both.select(pl.coalesce("out", "text"))["out"]
    assert (result == expected).all()


def test_swallow_s_modify_is_kutoten_and_footer(shared: Path):
    from curate.kutoten import Kutoten

    documents = pl.read_parquet(shared / "golden/docs.parquet", columns=["id", "text"])
    golden = pl.read_parquet(shared / "golden/transforms.parquet").filter(transform="swallow_modify")
    both = documents.join(golden, on="id", validate="1:1")
    result = Footer().apply(Kutoten().apply(both.select("text")))["text"]
    assert (result == both.select(pl.coalesce("out", "text"))["out"]).all()
