"""Lines of symbols: datatrove's bytes, and the idempotent version."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.symbol_lines import SymbolLines


def normalized(text: str, step: SymbolLines | None = None) -> str:
    return (step or SymbolLines()).apply(pl.DataFrame({"text": [text]}))["text"].item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("米", "米"),
        ("題\n| |\n|\n本文", "題\n\n\n本文"),
        ("| 米 |\n \n本文", "| 米 |\n \n本文"),
        ("一\u2028二\f三\n", "一\n二\n三"),
        ("|", "\n"),
    ],
)
def test_as_datatrove_has_it(text: str, expected: str) -> None:
    assert normalized(text) == expected


def test_all_punctuation() -> None:
    step = SymbolLines(symbols=None, paragraph=False)
    assert (
        normalized("題\n＝－－＝\n----\n１\n「……」\n★★\n2\n\x1f\n本文", step)
        == "題\n＝－－＝\n★★\n2\n\x1f\n本文"
    )
    mended = SymbolLines(symbols=None, paragraph=False, exact=False)
    assert normalized("題\n----\n１\n本文\n", mended) == "題\n１\n本文\n"


def test_other_symbols_and_paragraphs() -> None:
    assert normalized("題\n★☆ ★\n本文", SymbolLines(symbols="★☆")) == "題\n\n\n本文"
    assert normalized("題\n]^-\n本文", SymbolLines(symbols="-]^", exact=False)) == "題\n\n本文"
    assert normalized("題\n|\n本文", SymbolLines(paragraph=False)) == "題\n本文"


def test_rows_and_nulls_stay() -> None:
    rows = pl.DataFrame({"text": ["|\n米", None], "id": [1, 2]})
    assert SymbolLines(exact=False).apply(rows).rows() == [("\n米", 1), (None, 2)]


@given(st.text("|- \nか１\u2028\f\x1f\r𠮷"), st.sampled_from(["|", None]), st.booleans())
def test_the_mended_version_is_idempotent(text: str, symbols: str | None, paragraph: bool) -> None:  # noqa: FBT001
    step = SymbolLines(symbols=symbols, paragraph=paragraph, exact=False)
    once = normalized(text, step)
    assert normalized(once, step) == once
