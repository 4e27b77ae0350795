import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.extract import Extract


def extract(text: str | None, media: str | None = "html") -> dict[str, str | None]:
    rows = pl.DataFrame(
        {"text": [text], "title": [None], "media": [media]},
        schema=dict.fromkeys(["text", "title", "media"], pl.String),
    )
    return Extract().apply(rows).row(0, named=True)


def body(inner: str) -> str | None:
    lead = "米を磨いて造る酒の話をする。"
    text = extract(f"<html><body><div><div><div><p>{lead}</p>{inner}</div></div></div></body></html>")["text"]
    assert text is not None
    assert text.startswith(lead)
    return text.removeprefix(lead).strip("\n")


def test_rows_keep_their_order_and_other_columns():
    rows = pl.DataFrame(
        {
            "id": ["a", "b", "c", "d"],
            "text": ["<p>米を磨き、酒を造る。</p>", "---\ntitle: 題\n---\n本文", " 本文\n", ""],
            "title": [None, None, "別の題", None],
            "media": ["html", "markdown", "plain", "html"],
        }
    )
    expected = pl.DataFrame(
        {
            "id": ["a", "b", "c", "d"],
            "text": ["米を磨き、酒を造る。", "本文", " 本文\n", ""],
            "title": [None, "題", "別の題", None],
            "failed": [None, None, None, "no text"],
        }
    )
    assert_frame_equal(Extract().apply(rows), expected)


def test_menus_and_footers_go_and_the_title_stays():
    page = (
        "<html><head><title> 精米\n歩合 </title><style>p{}</style></head><body>"
        "<header><a href=/>入口</a></header><nav><ul><li><a href=/a>目次</a></li></ul></nav>"
        "<div id=content><h1>精米歩合とは</h1><p>玄米に対する白米の割合をいう。</p></div>"
        "<footer>著作権は当社にあります</footer><script>alert('警告')</script></body></html>"
    )
    result = extract(page)
    assert result == {
        "text": "精米歩合とは\n\n玄米に対する白米の割合をいう。",
        "title": "精米歩合",
        "failed": None,
    }


def test_a_page_s_own_main_part_wins():
    page = (
        "<body><h1>サイトの名前と説明の文</h1><main><h2>題</h2><ul><li>一つ目の項目</li></ul></main></body>"
    )
    assert extract(page)["text"] == "題\n\n一つ目の項目"


def test_line_breaks_of_the_source_do_not_split_japanese():
    assert body("<p>名前は\n   まだ無い。\nRust\nとC</p>") == "名前はまだ無い。 Rust とC"
    assert body("<pre>一行目\n二行目</pre>") == "一行目\n二行目"
    assert body("<p>一行目<br>二行目</p>") == "一行目\n二行目"


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("<p><b>一</b>　次の事項</p>", "一　次の事項"),
        ("<p>「<a href=x>法</a>」という。</p>", "「法」という。"),
        ("<p><b>２</b> 前項の規定</p>", "２ 前項の規定"),
        ("<p>あ<i>い</i>う</p>", "あいう"),
        (
            "<p><ruby>漢<rp>（</rp><rt>かん</rt><rp>）</rp></ruby><ruby>字<rt>じ</rt></ruby>を書く</p>",
            "漢字を書く",
        ),
    ],
)
def test_single_characters_and_ruby_survive(inner: str, text: str):
    assert body(inner) == text


def test_lists_right_in_the_body_are_content_unless_they_are_links():
    page = "<body><p>酒造りの道具を説明する。</p><ul><li>麹室は麹を作る部屋である</li></ul>{}</body>"
    menu = "<ul><li><a href=a>前の章へ</a></li><li><a href=b>次の章へ</a></li></ul>"
    assert extract(page.format(menu))["text"] == "酒造りの道具を説明する。\n\n麹室は麹を作る部屋である"


def test_deep_nesting_fails_and_does_not_crash():
    for opened in ("<div>", "<div></b>", "<blockquote>"):
        result = extract(opened * 100_000 + "本文")
        assert result["failed"] == "nested deeper than 512 elements"


@pytest.mark.parametrize("page", ["<html></html>", "<nav>目次</nav>", "\n \n", None])
def test_a_page_without_text_fails(page: str | None):
    assert extract(page)["failed"] == "no text"


def test_a_rule_is_not_front_matter():
    text = "---\n本文の前に線がある。\n---\n続き"
    assert extract(text, "markdown") == {"text": text, "title": None, "failed": None}


def test_records_are_left_alone():
    assert extract("<b>そのまま</b>", None) == {"text": "<b>そのまま</b>", "title": None, "failed": None}


PIECES = [
    "<p>",
    "</p>",
    "<div",
    "<pre>",
    "</pre>",
    "<main>",
    "<ul><li>",
    "<table><td>",
    "&#xfdd0;",
    *"<>/\"'= \nabp1あい漢。「",
]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_no_markup_raises(page: str):
    for media in ("html", "markdown"):
        extract(page, media)


def test_long_runs_of_spaces_are_no_trap():
    spaces = " " * 200_000
    assert body(f"<pre>a{spaces}b</pre>") == f"a{spaces}b"
    assert extract(f"# 題{spaces}b\n", "markdown")["title"] == f"題{spaces}b"
