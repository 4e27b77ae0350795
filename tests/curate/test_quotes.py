import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.quotes import Quotes


def without(text: str, **settings: bool) -> str:
    return Quotes(**settings).apply(pl.DataFrame({"text": [text]}))["text"].item()


@pytest.mark.parametrize(
    "says",
    [
        "糠沢さんは書きました:",
        "2024年2月5日(月) 10:12 糠沢 <nuka@example.jp>:",
        "On Mon, 5 Feb 2024 at 10:12, Nuka <nuka@example.jp> wrote:",
        "On Mon, 5 Feb 2024 at 10:12,\nNuka <nuka@example.jp> wrote:",
    ],
)
def test_quoted_lines_go_with_the_line_that_says_whose_they_are(says: str):
    mail = f"承知しました。\n\n{says}\n> 明日伺います。\n>\n>> 何時ですか。\n\n二時にお待ちします。"
    assert without(mail) == "承知しました。\n\n二時にお待ちします。"
    assert without(mail, quoted=False) == mail


@pytest.mark.parametrize(
    "marker",
    [
        "-----Original Message-----\nFrom: 糠沢",
        "----- 元のメッセージ -----",
        "________________________________\n差出人: 糠沢\n送信日時: 2024年2月5日\n宛先: 早苗田\n件名: 精米",
    ],
)
def test_the_message_below_goes(marker: str):
    mail = f"承知しました。\n\n{marker}\n\n明日伺います。"
    assert without(mail) == "承知しました。"
    assert without(mail, original=False) == mail


def test_a_mail_s_own_headers_stay():
    mail = "From: 糠沢\nTo: 早苗田\nSubject: 精米\n\n明日伺います。"
    assert without(mail) == mail


@pytest.mark.parametrize(
    "signature",
    [
        "-- \n糠沢",
        "*********\n株式会社稲穂野製作所 サービス課\n糠沢\nTEL 000-000-0000\nnuka@example.jp",
        "_/_/_/_/_/_/_/\n糠沢 〒000-0000 稲穂野市\n電話：000-000-0000",
    ],
)
def test_signatures_go(signature: str):
    mail = f"明日伺います。\n\n{signature}"
    assert without(mail) == "明日伺います。"
    assert without(mail, signature=False) == mail


@pytest.mark.parametrize(
    "text",
    [
        "手順は次のとおり。\n----------\n米を磨く。電話 000-000-0000 へ知らせる。nuka@example.jp も可。",
        "5 > 3 である。\n糠沢さんは書きました:\n明日伺います。",
        "-- \n",
        "> すべてが引用なら、引用のほかに何もない。"[2:],
    ],
)
def test_what_is_no_quotation_stays(text: str):
    assert without(text) == text


def test_characters_are_counted():
    rows = pl.DataFrame({"text": ["> 引用\n返事", "本文", "", None]})
    expected = pl.DataFrame({"text": ["返事", "本文", "", None], "quotes_removed": [5, 0, 0, None]})
    assert_frame_equal(Quotes().apply(rows), expected)


LINES = [
    "> 引用",
    "返事をする。",
    "糠沢さんは書きました:",
    "-- ",
    "-----",
    "電話 000",
    "a@b.jp",
    "差出人: 糠",
    "件名: 糠",
    "",
]


@given(st.lists(st.sampled_from(LINES), max_size=20).map("\n".join))
def test_twice_is_once(text: str):
    once = without(text)
    assert without(once) == once
    assert set(once.split("\n")) <= {*text.split("\n"), ""}


def test_long_lines_are_no_trap():
    spaces = " " * 200_000
    text = f"糠沢さんは書きました{spaces}x\n> 引用"
    assert without(text) == text.removesuffix("\n> 引用")
