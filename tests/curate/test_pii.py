"""Masking: every kind in its many spellings, what must be left alone, and the labelled set."""

import io
import json
from pathlib import Path

import polars as pl
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from curate.pii import Kind, Pii

LABELLED = Path(__file__).parents[2] / "../shared/data/eval/pii_synth.jsonl.zst"
TOKENS = {
    "email": "〈メール〉",
    "phone": "〈電話番号〉",
    "my_number": "〈マイナンバー〉",
    "card": "〈カード番号〉",
}


def masked(text: str, *kinds: Kind) -> str:
    step = Pii(mask=list(kinds)) if kinds else Pii()
    return step.apply(pl.DataFrame({"text": [text]}))["text"].item()


@pytest.mark.parametrize(
    "number",
    [
        "03-1234-5678",
        "０３ー１２３４ー５６７８",
        "03\u20101234\u20125678",
        "(03)1234-5678",
        "０３（１２３４）５６７８",
        "090 1234 5678",
        "09012345678",
        "0120-123-456",
        "0800-123-4567",
        "+81-90-1234-5678",
        "+81 (0)3 1234 5678",
    ],
)
def test_phone_numbers(number: str) -> None:
    assert masked(f"電話は{number}まで。") == "電話は〈電話番号〉まで。"


def test_two_numbers_beside_each_other() -> None:
    assert masked("03-1234-5678 090-1234-5678") == "〈電話番号〉 〈電話番号〉"


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-05から2024-02-10まで",
        "ISBN 0131103628",
        "ISBN978-4-23-842950-8",
        "番号 123-0312345678-9",
        "0x0312345678",
        "3.0312345678",
        "1,234,567,890円",
        "0000000000",
        "01 00000000",
        "法人番号 1218096792908",
        "logo@2x.png、@user、a@b",
        "バージョン 10.0.12",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize("number", ["123456789018", "1234-5678-9018", "１２３４ ５６７８ ９０１８"])
def test_my_number_needs_its_check_digit(number: str) -> None:
    assert masked(f"番号は{number}です") == "番号は〈マイナンバー〉です"
    wrong = number[:-1] + ("9" if number[-1] == "8" else "９")
    assert masked(f"番号は{wrong}です") == f"番号は{wrong}です"


@pytest.mark.parametrize(
    "number", ["4111111111111111", "4111-1111-1111-1111", "3782 822463 10005", "30569309025904"]
)
def test_cards_need_the_luhn_check(number: str) -> None:
    assert masked(number) == "〈カード番号〉"
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert masked(wrong) == wrong


def test_addresses_in_half_and_full_width() -> None:
    text = "taro.yamada+x@mail.example.co.jp、ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐへ。"
    assert masked(text) == "〈メール〉、〈メール〉へ。"


def test_only_the_named_kinds_are_masked() -> None:
    assert masked("a@example.jp 03-1234-5678", "phone") == "a@example.jp 〈電話番号〉"


def test_null_stays_null_and_columns_stay() -> None:
    rows = pl.DataFrame({"id": ["a", "b"], "text": [None, "a@example.jp"]})
    assert Pii().apply(rows).rows() == [("a", None), ("b", "〈メール〉")]


def test_a_long_run_of_name_characters_is_no_trap() -> None:
    text = "A" * 300_000 + " a@example.jp"
    assert masked(text) == "A" * 300_000 + " 〈メール〉"


@given(st.text("0123-(） +@ab.米０１－", max_size=40))
def test_twice_is_once(text: str) -> None:
    once = masked(text)
    assert masked(once) == once


@pytest.mark.skipif(not LABELLED.exists(), reason="the labelled set is not beside the repository")
@pytest.mark.parametrize(
    ("kind", "label", "least_precision"),
    # 12-digit order and licence numbers have a right check digit by chance in one case of ten.
    [("email", "EMAIL", 1), ("phone", "PHONE", 1), ("card", "CREDITCARD", 1), ("my_number", "MYNUMBER", 0.9)],
)
def test_labelled_set(kind: Kind, label: str, least_precision: float) -> None:
    with LABELLED.open("rb") as file:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8")
        records = [json.loads(line) for line in lines]
    rows = pl.DataFrame({"text": [r["text"] for r in records]})
    kinds: list[Kind] = ["card", "my_number"] if kind == "my_number" else [kind]
    found = Pii(mask=kinds).apply(rows)["text"].str.count_matches(TOKENS[kind], literal=True)
    wanted = [[e["text"] for e in r["entities"] if e["type"] == label] for r in records]
    counts = pl.Series([len(w) for w in wanted])
    assert (found >= counts).all()
    assert counts.sum() / found.sum() >= least_precision
