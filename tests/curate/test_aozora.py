import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.aozora import Aozora
from curate.reading.aozora import plain, work
from curate.reading.gaiji import character, with_accents

CORPORA = Path(__file__).parents[3] / "shared" / "data" / "corpora"
RULE = "-" * 55
LEGEND = f"{RULE}\n【テキスト中に現れる記号について】\n\n《》：ルビ\n（例）米《こめ》\n{RULE}\n"
COLOPHON = "底本：「米」青空書房\n　　　1950（昭和25）年\n入力：甲\n青空文庫作成ファイル：\n"


def test_a_work():
    text = f"米の話\n――序――\n精米太郎\n磨田花子訳\n\n{LEGEND}\n　米《こめ》を磨く。\n\n\n\n{COLOPHON}"
    rows = pl.DataFrame({"text": [text, "《米》｜の話"], "title": [None, "題"], "meta": ['{"n": 1}', None]})
    expected = pl.DataFrame(
        {
            "text": ["　米を磨く。", "《米》｜の話"],
            "title": ["米の話　――序――", "題"],
            "meta": [
                json.dumps(
                    {
                        "author": "精米太郎",
                        "translator": "磨田花子訳",
                        "colophon": COLOPHON.strip(),
                        "n": 1,
                    },
                    ensure_ascii=False,
                ),
                None,
            ],
            "failed": [None, None],
        },
        schema_overrides={"failed": pl.String},
    )
    assert_frame_equal(Aozora().apply(rows), expected)


def test_a_record_s_own_title_and_author_stand():
    rows = pl.DataFrame(
        {"text": [f"題\n作者\n\n{LEGEND}\n本文"], "title": ["記録の題"], "meta": ['{"author": "記録の人"}']}
    )
    assert Aozora().apply(rows).row(0) == ("本文", "記録の題", '{"author": "記録の人"}', None)


def test_a_work_without_text_fails():
    rows = pl.DataFrame({"text": [f"題\n作者\n\n{LEGEND}\n\n\n\n{COLOPHON}"]})
    assert Aozora().apply(rows)["failed"].to_list() == ["no text"]


def test_every_document_on_request():
    rows = pl.DataFrame({"text": ["第一章の｜勇者《ゆうしゃ》", None]})
    assert Aozora().apply(rows)["text"].to_list() == ["第一章の｜勇者《ゆうしゃ》", None]
    assert Aozora(every=True).apply(rows)["text"].to_list() == ["第一章の勇者", None]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("勿論｜誰《たれ》に聞かしても可《い》い", "勿論誰に聞かしても可い"),
        ("表の｜線は残る", "表の｜線は残る"),
        ("［＃７字下げ］一［＃「一」は中見出し］\n本文", "一\n本文"),
        ("甲［＃改ページ］\n　［＃ここから２字下げ］\n乙", "甲\n乙"),
        ("※［＃「足へん」、第3水準1-92-52］る［＃「※［＃「足へん」、第3水準1-92-52］る」に傍点］", "迤る"),
        ("※［＃始め二重山括弧、1-1-52］銀河《ぎんが》※［＃終わり二重山括弧、1-1-53］", "《銀河》"),
        ("眼※［＃「目＋匡」、第3水準1-88-81］《まぶち》を", "眼眶を"),
        ("しば／＼、しみ／″＼", "しば〱、しみ〲"),
        ("［＃「［甲］」はママ］乙", "乙"),
        ("閉じない［＃注と《ルビ\n次の行", "閉じない［＃注と《ルビ\n次の行"),
        ("（※附記参照）", "（※附記参照）"),
    ],
)  # fmt: skip
def test_notation(raw: str, text: str):
    assert plain(raw) == text


@pytest.mark.parametrize(
    ("note", "found"),
    [
        ("「口＋世」、U+546D、12-3", "呭"),
        ("「土へん＋竒」、第4水準2-4-93", "\ufa0f"),
        ("二の字点、1-2-22", "〻"),
        ("ローマ数字1、1-13-21", "Ⅰ"),
        ("濁点付き片仮名ヱ、1-7-84", "ヹ"),
        ("濁点付き平仮名あ、12-3", "あ\u3099"),
        ("小書き平仮名た、12-3", "た"),
        ("「敝／犬」、12-3", "〓"),
        ("「米」、300-上-12", "〓"),
        ("「米」、2001-12-10", "〓"),
        ("「米」、U+D800、1-95-1", "〓"),
        ("「米」、U+FFFFFF", "〓"),
    ],
)
def test_gaiji(note: str, found: str):
    if note.startswith("「土"):
        assert len(character(note)) == 1
        assert character(note) != "〓"
    else:
        assert character(note) == found


def test_accents():
    assert with_accents("〔A'me〕〔c,a` la Crou^te〕〔UN COUP D'OE&IL〕〔ae&on stra&&e〕") == (
        "Ámeçà la CroûteUN COUP D'ŒILæon strå&e"
    )
    assert with_accents("〔全2冊〕〔Kant〕") == "〔全2冊〕〔Kant〕"


def test_a_head_without_legend_and_a_text_without_head():
    assert work(f"題\n作者\n\n　本文。\n\n\n\n{COLOPHON}").title == "題"
    long = "\n".join(f"{i}行" for i in range(30))
    assert work(f"{long}\n\n\n\n{COLOPHON}").text == long


@given(st.text(alphabet="米こ《》｜［］＃※〔〕a:／＼″\n-底本：1-9", max_size=80))
def test_nothing_stops_it(text: str):
    assert isinstance(work(text).text, str)
    assert plain("磨く" + text).startswith("磨く"[: 2 if not text.startswith("《") else 0])


@pytest.mark.timeout(120)  # quadratic time would take hours
@pytest.mark.parametrize(
    "unit", ["［＃", "※［＃「", "《", "｜", "〔a:", "底本：\n", "［＃［", "［＃「［", "／″", "-" * 30 + "\n"]
)
def test_hostile_notation_takes_linear_time(unit: str):
    text = unit * (1_000_000 // len(unit))
    work(LEGEND + text)


def corpus(name: str) -> dict[str, dict[str, Any]]:
    path = CORPORA / f"{name}.jsonl.zst"
    if not path.exists():
        pytest.skip(f"no {path}: the corpora are not beside the repository")
    import zstandard

    with path.open("rb") as f:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(f), "utf-8")
        records = [json.loads(line) for line in lines]
    return {r["id"].removesuffix("#raw"): r for r in records}


BLANK = re.compile(r"\s*\n\s*")
KUNOJI = {"／＼": "〱", "／″＼": "〲"}


def difference(ours: str, raw: dict[str, Any], theirs: str) -> str:
    """The ways in which the two texts differ, or `other`; every way is one of the classes named here."""
    kinds: list[str] = []
    if ours == theirs:
        return "equal"
    if "【テキスト中に" not in raw["text"] and theirs.startswith(raw["text"].split("\n")[0]):
        theirs = theirs.split("\n\n", 1)[1]
        kinds.append("they keep the head of files without legend")
    for kind, change in {
        "they keep the brackets and marks of accents": with_accents,
        "they keep ／＼": lambda t: re.sub("／″?＼", lambda m: KUNOJI[m[0]], t),
        "they strip the first indentation or leave blank lines where notes stood": lambda t: BLANK.sub(
            "\n", t
        ).strip(),
    }.items():
        if ours != theirs and change(theirs) != theirs:
            kinds.append(kind)
            theirs = change(theirs)
    ours, theirs = (BLANK.sub("\n", t).strip() for t in (ours, theirs))
    if ours != theirs and re.fullmatch(".{1,2}?".join(map(re.escape, theirs.split("〓"))), ours, re.S):
        kinds.append("they write 〓 for every gaiji")
    elif ours != theirs:
        return "other"
    return "; ".join(kinds)


def test_the_corpus_beside_its_raw_form():
    """Of 150 works all but one differ from a plain stripping only in what is listed above."""
    expected = corpus("aozora")
    found: dict[str, str] = {}
    for name, raw in corpus("aozora_raw").items():
        found[name] = difference(work(raw["text"]).text, raw, expected[name]["text"])
    print(*Counter(found.values()).most_common(), sep="\n")
    # 59202: a formula's note that holds a note; they stop at the inner one's end
    assert [name for name, kind in found.items() if kind == "other"] == ["aozora/59202_ruby_68420"]
