import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.cleaning.menus import links_in
from curate.navigation import Navigation


def without(text: str) -> str:
    return Navigation().apply(pl.DataFrame({"text": [text]}))["text"].item()


def test_menus_go_and_are_counted():
    menu, foot = "Debian »\nja »\n索引\n次へ |\n\n", "\n\nホーム\nサイトマップ\nCopyright © 2023 糠屋"
    text = f"{menu}1. 範囲\n\n本文である。{foot}"
    rows = pl.DataFrame({"text": [text, "本文である。", "", None]})
    expected = pl.DataFrame(
        {
            "text": ["1. 範囲\n\n本文である。", "本文である。", "", None],
            "navigation_removed": [len(menu + foot), 0, 0, None],
        }
    )
    assert_frame_equal(Navigation().apply(rows), expected)


@pytest.mark.parametrize(
    "text",
    [
        "目次\n\n第一章 玄米\n第二章 白米\n第三章 糠",
        "次へ進むには、検索の結果を見る。\n前へ戻るには、目次を見る。\nホームへ戻る。",
        "ホーム\n会社概要",  # two words are too few
        "春は曙\n次へ次へと\n咲く花の",
        "| ホーム | 勝 | 敗 |\n| --- | --- | --- |\n| 甲 | 3 | 4 |",
        "index = cluster[index]\nnext\nreturn index",
        '[ "a", "b" ].concat( ["c"] )\n[ "a" ].concat( ["b"] )\n[ "a" ].concat',
    ],
)
def test_what_is_no_menu_stays(text: str):
    assert without(text) == text


def test_titles_between_links_go_with_them_and_blank_lines_close():
    assert (
        without("本文。\n\n前のトピックへ\n範囲について\n次のトピックへ\n申請\n検索\n\n終わり。")
        == "本文。\n\n終わり。"
    )


@pytest.mark.parametrize(
    ("line", "links"),
    [
        ("プライバシーポリシー | サイトマップ | お問い合わせ", 3),
        ("[ << 調整 ][トップ][目次][インデックス][ 雛形 >> ]", 3),
        ("[ < 衝突 ][ 上へ : 調整 ][ 移動 > ]", 1),
        ("Copyright (C) 2024 糠屋", 1),
        ("ランキング(12)", 1),
        ("白米 | 玄米 | 糠", 0),
    ],
)
def test_link_words_of_a_line(line: str, links: int):
    assert links_in(line) == links


def test_a_second_step_adds_to_the_count():
    rows = pl.DataFrame({"text": ["ホーム\n検索\n目次\n本文。"]})
    once = Navigation().apply(rows)
    more = once.with_columns(text=pl.lit("索引\n次へ\n前へ\n") + pl.col("text"))
    assert Navigation().apply(more)["navigation_removed"].item() == 2 * 10 - 1


LINES = ["ホーム", "| 次へ | 前へ |", "検索", "精米の話", "玄米を磨く。", "", " ", "1. 範囲"]


@given(st.lists(st.sampled_from(LINES), max_size=25).map("\n".join))
def test_twice_is_once(text: str):
    once = without(text)
    assert without(once) == once
    assert set(once.split("\n")) <= {*text.split("\n"), ""}
