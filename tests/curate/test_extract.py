import io
import json
import random
import tarfile
from pathlib import Path
from typing import Literal

import polars as pl
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.extract import Extract


def extract(
    text: str | None, media: str | None = "html", method: Literal["careful", "fast"] = "careful"
) -> dict[str, str | None]:
    rows = pl.DataFrame(
        {"text": [text], "title": [None], "media": [media]},
        schema=dict.fromkeys(["text", "title", "media"], pl.String),
    )
    return Extract(method=method).apply(rows).row(0, named=True)


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


PROSE = "<p>玄米の糠を、少しずつ削る。削りすぎると、粒が割れる。だから、途中で二度、色を見る。</p>"
MENU = "".join(
    f"<td><a href=/{n}>{name}</a></td>" for n, name in enumerate(["会社案内", "製品", "窓口", "地図"])
)
OLD_PAGE = (
    f"<body><table><tr>{MENU}</tr></table>"
    '<font size=2><a href="/">トップ</a> &gt; <a href="/docs/">資料</a> &gt; 精米の手順</font>'
    f"<table><tr><td width=75%><h1>精米の手順</h1>{PROSE * 3}{{}}</td>"
    "<td><b>関連ページ</b><ul>"
    "<li><a href=a>石抜き</a><li><a href=b>籾すり</a><li><a href=c>計量</a></ul></td></tr></table>"
    "<hr><center>株式会社稲穂野 〒000-0000 みのり県稲穂野市 電話 000-000-4560<br>"
    "Copyright &copy; 1998-2025 Inahono</center></body>"
)


def test_menus_of_pages_laid_out_in_tables_go():
    text = "\n\n".join(["精米の手順", *[PROSE[3:-4]] * 3])
    assert extract(OLD_PAGE.format(""))["text"] == text
    assert "関連ページ" in (extract(OLD_PAGE.format(""), method="fast")["text"] or "")


def test_links_and_tables_among_the_text_stay():
    table = "<table><tr><td>白米</td><td>十キロ</td></tr></table>"
    links = "<p><a href=x>表一</a>・<a href=y>表二</a>・<a href=z>表三</a></p>"
    text = extract(OLD_PAGE.format(table + links + PROSE))["text"] or ""
    assert "白米\t\t十キロ" in text
    assert "表一・表二・表三" in text


def test_a_table_of_contents_is_text():
    chapters = "".join(f"<li><a href='#{n}'>第{n}章</a>" for n in "一二三四")
    page = f"<body><div><ol>{chapters}</ol></div><div>{PROSE * 4}</div></body>"
    assert (extract(page)["text"] or "").split()[:2] == ["第一章", "第二章"]


def test_pages_without_prose_are_left_alone():
    links = "".join(f"<tr><td><a href={n}>第{n}回議事録</a></td></tr>" for n in range(20))
    assert extract(f"<body><table>{links}</table></body>")["text"]


def test_deep_nesting_fails_and_does_not_crash():
    for opened in ("<div>", "<div></b>", "<blockquote>"):
        result = extract(opened * 100_000 + "本文")
        assert result["failed"] == "nested deeper than 512 elements"


def test_what_the_parser_cannot_bear_costs_one_page():
    # 500 font elements are opened again in each of 100,000 paragraphs.
    reopened = "<p>" + "".join(f"<font a{n}>" for n in range(500)) + "<p>x" * 100_000
    rows = pl.DataFrame({"text": [reopened, "<p>米を磨く。</p>"], "title": None, "media": "html"})
    failed = Extract().apply(rows)["failed"].to_list()
    assert failed[0]
    assert failed[1] is None


@pytest.mark.parametrize("page", ["米" * 2_000_000, "<p>\0米\0</p><\0b>" * 20_000, "<p>米<!--" * 20_000])
def test_huge_lines_nul_bytes_and_what_is_never_closed(page: str):
    assert extract(page)["failed"] is None


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


def unpacked(path: Path) -> bytes:
    return zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()


def mutated(page: str, chance: random.Random) -> str:
    """A page with pieces cut, doubled, moved, and markup strewn in."""
    for _ in range(chance.randint(1, 12)):
        a, b = sorted(chance.randrange(len(page) + 1) for _ in range(2))
        piece = page[a : min(b, a + 2000)]
        match chance.randrange(4):
            case 0:
                page = page[:a] + page[a + len(piece) :]
            case 1:
                page = page[:b] + piece * chance.randint(1, 5) + page[b:]
            case 2:
                page = page[:a] + "".join(chance.choices(STREWN, k=chance.randint(1, 40))) + page[a:]
            case _:
                page = page[:a] if chance.random() < 0.2 else page[:a] + piece[::-1] + page[a:]
        page = page[:200_000]
    return page


TAGS = (
    "table tr td /table form select option template svg math a b font /b body html head frameset "
    "plaintext title textarea script button iframe main article nav center hr dl dt dd ruby rt !-- ![CDATA["
)
STREWN = [*PIECES, *(f"<{tag}>" for tag in TAGS.split()), "-->", "]]>", "\0", "&#0;"]


def test_the_parser_survives_mutated_pages(shared: Path):
    folder = shared / "data/html"
    labels = map(json.loads, unpacked(folder / "html_dev_labels.jsonl.zst").splitlines())
    encoding = {label["file"]: label["encoding"] for label in labels}
    chance = random.Random(17)
    pages: list[str] = []
    with tarfile.open(fileobj=io.BytesIO(unpacked(folder / "html_dev.tar.zst"))) as tar:
        for member in tar:
            if file := tar.extractfile(member):
                pages.append(file.read().decode(encoding[member.name], "replace")[:60_000])
    for _ in range(1000):
        failed = extract(mutated(chance.choice(pages), chance))["failed"]
        assert failed in (None, "no text", "nested deeper than 512 elements")
