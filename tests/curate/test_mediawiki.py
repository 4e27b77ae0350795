import bz2
import json
import lzma
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.read import Files, read, tasks
from curate.reading.wikitext import plain_text

HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="ja">
  <siteinfo>
    <sitename>Wikipedia</sitename>
    <base>https://ja.wikipedia.org/wiki/%E3%83%A1%E3%82%A4%E3%83%B3</base>
    <namespaces><namespace key="0" case="first-letter" /></namespaces>
  </siteinfo>
"""


def page(number: int, title: str, text: str, *, ns: int = 0, extra: str = "", model: str = "wikitext") -> str:
    return f"""  <page>
    <title>{escape(title)}</title>
    <ns>{ns}</ns>
    <id>{number}</id>{extra}
    <revision>
      <id>{number * 10}</id>
      <timestamp>2026-01-02T03:04:05Z</timestamp>
      <model>{model}</model>
      <text bytes="1" xml:space="preserve">{escape(text)}</text>
    </revision>
  </page>
"""


def dump(*pages: str) -> bytes:
    return (HEAD + "".join(pages) + "</mediawiki>\n").encode()


DUMP = dump(
    page(5, "アンパサンド", "'''アンパサンド'''（&、{{lang|en|ampersand}}）は記号。<ref>出典</ref>"),
    page(6, "Wikipedia:方針", "方針。", ns=4),
    page(7, "&", "#転送 [[アンパサンド]]", extra='\n    <redirect title="アンパサンド" />'),
    page(8, "表 だけ", "{| class=x\n| 甲\n|}"),
    page(9, "様式", "a {}", model="css"),
    page(10, "精米", "米を磨く。\n\n== 脚注 ==\n{{reflist}}"),
)


def rows(base: Path, files: str = "*", **spec: Any) -> pl.DataFrame:
    entry = Files(files=files, **spec)
    return pl.concat([f for task in tasks(entry, base) for f in read(task, entry)])


PACKED = {"": bytes, ".bz2": bz2.compress, ".xz": lzma.compress}


@pytest.mark.parametrize("codec", PACKED)
def test_a_dump(tmp_path: Path, codec: str):
    (tmp_path / f"jawiki-pages-articles.xml{codec}").write_bytes(PACKED[codec](DUMP))
    got = rows(tmp_path, license="CC-BY-SA-4.0")
    name = f"jawiki-pages-articles.xml{codec}, member "
    assert got.select("text", "title", "url", "meta", "media", "license", "failed").rows() == [
        (
            "アンパサンド（&、ampersand）は記号。",
            "アンパサンド",
            "https://ja.wikipedia.org/wiki/アンパサンド",
            '{"page": "5", "revision": "50", "time": "2026-01-02T03:04:05Z"}',
            "plain",
            "CC-BY-SA-4.0",
            None,
        ),
        *(
            (None, None, None, None, None, "CC-BY-SA-4.0", f"{name}{why}")
            for why in (
                "7:&: redirect to アンパサンド",
                "8:表 だけ: no text",
                "9:様式: content model css, not wikitext",
            )
        ),
        (
            "米を磨く。",
            "精米",
            "https://ja.wikipedia.org/wiki/精米",
            '{"page": "10", "revision": "100", "time": "2026-01-02T03:04:05Z"}',
            "plain",
            "CC-BY-SA-4.0",
            None,
        ),
    ]
    origins = got["origin"].to_list()
    assert [o["member"] for o in origins] == ["5:アンパサンド", "7:&", "8:表 だけ", "9:様式", "10:精米"]
    assert [o["record"] for o in origins] == [0, 2, 3, 4, 5]
    spans = [DUMP[o["start"] : o["end"]].decode() for o in origins]
    assert all(s.startswith("<page>") and s.endswith("</page>") and s.count("<page>") == 1 for s in spans)
    assert [f"<id>{i}</id>" in s for i, s in zip((5, 7, 8, 9, 10), spans, strict=True)] == [True] * 5


def test_a_large_dump_is_cut_at_its_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pages = [page(i, f"項目{i}", f"{i}番目の項目。" * (i % 50 + 1), ns=i % 3 and 0) for i in range(300)]
    (tmp_path / "a.xml").write_bytes(dump(*pages))
    whole = rows(tmp_path)
    assert whole.height == 300
    monkeypatch.setattr("curate.read.TASK_BYTES", 5000)
    for chunk in (7, 1000):
        monkeypatch.setattr("curate.reading.mediawiki._CHUNK", chunk)
        assert len(tasks(Files(files="*"), tmp_path)) > 20
        assert_frame_equal(rows(tmp_path), whole)


@pytest.mark.parametrize(
    ("data", "whys"),
    [
        (b"", ["empty file"]),
        (b"<?xml version='1.0'?><feed></feed>", ["no MediaWiki dump"]),
        (DUMP[: DUMP.index("様式".encode())], [None, "redirect", "no text", "page 4 breaks off"]),
        (
            DUMP.replace("表 だけ".encode(), b"\xff\xff").replace(b"<id>100</id>", b"<id>100<id>"),
            [None, "redirect", "not UTF-8 at byte 18", "content model", "not XML"],
        ),
        (dump("<page><title>x</title></page>"), ["a page without a revision"]),
        (dump("<page>" + "<a>" * 200_000 + "</a>" * 200_000 + "</page>"), ["a page without a revision"]),
        (dump("<page>&lol;<revision/></page>"), ["not XML: undefined entity"]),
        (dump(page(1, "x", "#REDIRECT [[精米]]")), ["redirect to 精米"]),
    ],
)
def test_what_is_no_article_says_so(tmp_path: Path, data: bytes, whys: list[str | None]):
    (tmp_path / "a.xml").write_bytes(data)
    got = rows(tmp_path)["failed"].to_list()
    assert len(got) >= len(whys)
    for failed, why in zip(got, whys, strict=False):
        assert (failed is None) if why is None else (failed is not None and why in failed)


def test_a_page_beyond_the_cap_costs_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("curate.reading.mediawiki.LARGEST", 1 << 20)
    monkeypatch.setattr("curate.reading.mediawiki._CHUNK", 1 << 16)
    data = dump(page(1, "甲", "一。"), page(2, "乙", "二" * (1 << 20)), page(3, "丙", "三。"))
    (tmp_path / "a.xml.bz2").write_bytes(bz2.compress(data))
    got = rows(tmp_path)
    assert got["text"].to_list() == ["一。", None, "三。"]
    assert got["failed"][1] == "a.xml.bz2: larger than 1 MiB"
    last = got["origin"][2]
    assert data[last["start"] : last["end"]].startswith(b"<page>")


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("'''太字'''と''斜体''と'''''両方'''''。", "太字と斜体と両方。"),
        (
            "[[精米]]、[[精米|白米]]、[[精米 (工程)|]]、[[:Category:米]]、[[米#品種|品種]]",
            "精米、白米、精米、Category:米、品種",
        ),
        (
            "[[ファイル:a.jpg|thumb|[[米]]の図。{{lang|en|x}}]]本文[[File:b.png]][[Category:米|こめ]][[en:Rice]]",
            "本文",
        ),
        ("[https://例.jp/ 公式]と[http://x.jp]、https://y.jp は残る", "公式と、https://y.jp は残る"),
        ('甲<ref name=a>出典[[米]]</ref>乙<ref name="a" />丙<REF>x</REF>', "甲乙丙"),
        ("{{基礎情報\n|名 = {{lang|en|x}}\n|図 = [[ファイル:a.jpg]]\n}}\n本文", "本文"),
        (
            "{{読み仮名|精米|せいまい}}（{{仮リンク|白米|en|White rice|label=白い米}}）",
            "精米（せいまい）（白い米）",
        ),
        ("{{lang-en|rice}}、{{JIS2004|1=𠮟}}る、{{仮リンク|玄米|en|Brown rice}}", "rice、𠮟る、玄米"),
        (
            '前\n{| class="wikitable"\n! 見出し\n|-\n| 甲 || {{lang|en|乙}}\n{|\n| 入れ子\n|}\n|}\n後',
            "前\n\n後",
        ),
        ("一（{{IPA|}}、）二（）三（甲）", "一二三（甲）"),
        ("* 甲\n** 乙\n# 丙\n: 丁\n; 戊\n----\n己", "甲\n乙\n丙\n丁\n戊\n\n己"),
        (
            "== 残る ==\n文。\n=== 空 ===\n{{節スタブ}}\n"
            "== 親 ==\n=== 子 ===\n子の文。\n== 脚注 ==\n<references />",
            "残る\n文。\n親\n子\n子の文。",
        ),
        (
            "<nowiki>[[米]]と{{x}}</nowiki>、<math>x^{2}</math>、<code>a[[0]]</code>",
            "[[米]]と{{x}}、$x^{2}$、a0",
        ),
        ('<syntaxhighlight lang="py">\nx = [[1]]\n</syntaxhighlight>', "x = [[1]]"),
        ("甲<br />乙<br>丙<!-- 隠\nれ -->丁&nbsp;&amp;&lt;戊", "甲\n乙\n丙丁 &<戊"),
        ("__NOTOC__本文__目次強制__", "本文"),
        ("閉じない[[米と\n\n次の{{段落", "閉じない米と\n\n次の段落"),
        ("{{cite [[米}}本文", "本文"),
        ("余る]]と}}と|}と|と", "余るとと|}と|と"),
        ("[[米|]]", "米"),
        ("", ""),
    ],
)
def test_wikitext(wikitext: str, text: str):
    assert plain_text(wikitext) == text


@given(st.text(alphabet="米[]{}|='<>/!-*#:;&()（）\nrefnowikimath", max_size=120))
def test_no_wikitext_stops_it(wikitext: str):
    plain_text(wikitext)
    assert plain_text(f"前文。\n\n{wikitext}").startswith("前文。") or "{{" in wikitext or "<" in wikitext


@pytest.mark.timeout(120)  # quadratic time would take hours
@pytest.mark.parametrize(
    "unit",
    [
        "{{",
        "[[",
        "{{a|",
        "[[a|",
        "\n{|",
        "<ref>",
        "<nowiki>",
        "<math>",
        "<!--",
        "[http://",
        "''",
        "\n=",
        "（（",
        "}}",
        "]]",
        "\n|}",
        "<",
        "&",
        "{{lang|en|",
        "==a==\n",
        "[[a]]",
        "{{!}}",
        "（ ",
        "<a ",
    ],
)
def test_hostile_wikitext_takes_linear_time(unit: str):
    plain_text(unit * (500_000 // len(unit)) + "}}]]" * 1000)


def test_meta_is_json(tmp_path: Path):
    (tmp_path / "a.xml").write_bytes(DUMP)
    assert [json.loads(m)["page"] for m in rows(tmp_path)["meta"].drop_nulls()] == ["5", "10"]
