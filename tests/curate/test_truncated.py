import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.truncated import Truncated


def cut(text: str) -> str:
    return Truncated().apply(pl.DataFrame({"text": [text]}))["text"].item()


def test_what_breaks_off_goes_and_is_counted():
    rows = pl.DataFrame(
        {"text": ["米を磨く。糠は飼料になり、油を搾ったあとの粕は畑に", "米を磨く。", "", None]}
    )
    expected = pl.DataFrame(
        {"text": ["米を磨く。", "米を磨く。", "", None], "truncated_removed": [20, 0, 0, None]}
    )
    assert_frame_equal(Truncated().apply(rows), expected)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("「磨くか。」と聞いた。\n\n翌朝、杜氏は蔵の戸を開けて、冷えきった麹室の", "「磨くか。」と聞いた。"),
        ("彼は「米を磨け。」と命じ、蔵人はみな桶を担いで井戸の", "彼は「米を磨け。」"),
        (
            "一行目で文が終わる。二行目へ\n続く文は、折り返された行の途中で切れて、読む人が",
            "一行目で文が終わる。",
        ),
        ("米の話をした。明日は酒の話を…続きを読む", "米の話をした。"),
        ("米の話をした。明日は酒の話を...[続きを読む]", "米の話をした。"),
    ],
)
def test_the_text_goes_back_to_its_last_sentence(text: str, kept: str):
    assert cut(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "米を磨いた。\n今日は寒かったので、早く帰って寝ようと思います",  # a blog's sentence without a mark
        "米を磨いた。\n・玄米を磨くための道具一式と、消耗品の交換部品の数々",
        "米を磨いた。\n問い合わせは　糠沢へ　電話は平日の昼の間に願いたく",
        "米を磨いた。\n杜氏、糠沢の覚え書き",
        "米を磨いた。彼は黙って、桶の水を見ていた……",
        "句点のない詩は何行でも続くのであって\nどこで終わっても終わりでなく\n切れたとも",
        "この省令は、公布の日から施行する。\n別表第一（第三条関係）の表の上欄に掲げるものの",
    ],
)
def test_what_may_be_whole_stays(text: str):
    assert cut(text) == text


@given(st.text("米を磨き。！？」\n 　・aだ", max_size=120))
def test_twice_is_once(text: str):
    once = cut(text)
    assert cut(once) == once
    assert text.startswith(once)
