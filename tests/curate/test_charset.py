import json
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.reading.charset import codec_of, declared_in, decode
from curate.reading.japanese import decode_iso_2022_jp

HTML = Path(__file__).parents[3] / "shared" / "data" / "html"
PROSE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。"
ENCODINGS = ["utf-8", "utf-8-sig", "cp932", "euc_jp", "iso2022_jp", "utf-16", "utf-16-le", "utf-16-be"]

kana = st.sampled_from([chr(c) for c in range(0x3041, 0x3094)])
kanji = st.sampled_from(
    "日本語文章漢字東京大学研究開発情報処理技術社会生活時間人間世界国家経済政治法律歴史科学"
)
others = st.sampled_from("、。「」アイウエオカキクケコラリルレロンー　１２３abc \n")
japanese = st.lists(st.one_of(kana, kanji, others), min_size=10, max_size=80).map("".join)
with_kana = st.tuples(kana, kana, kana, japanese, kana, kana).map("".join)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=with_kana)
def test_japanese_survives_every_encoding(encoding: str, text: str):
    text = "<p>" + text + "</p>\n"  # small kana alone are pure ASCII in UTF-16 without a mark
    assert decode(text.encode(encoding)).text == text


@given(data=st.binary(max_size=2000), declared=st.lists(st.text(max_size=12), max_size=2))
def test_no_bytes_and_no_label_raise(data: bytes, declared: list[str]):
    found = decode(data, [*declared, "shift_jis", "gbk", "euc-kr", "utf-7", "iso-2022-kr", "big5"])
    assert (found.failed is None) or found.text == ""
    found.text.encode("utf-8")


@given(data=st.binary(max_size=200))
def test_no_escape_sequence_raises(data: bytes):
    decode_iso_2022_jp(b"\x1b$B" + data + b"\x1b$(Q" + data + b"\x1b$(P" + data + b"\x1b(I" + data)


@pytest.mark.parametrize(
    "declared", [[], ["utf-8"], ["shift_jis"], ["euc-jp"], ["iso-8859-1"], ["gb2312"], ["euc-kr"]]
)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_wrong_declarations_do_not_mislead(encoding: str, declared: list[str]):
    assert decode(PROSE.encode(encoding), declared).text == PROSE


def test_says_how_the_encoding_was_found():
    assert decode(PROSE.encode("utf-8-sig")).how == "bom"
    assert decode(PROSE.encode("iso2022_jp")).how == "escapes"
    assert decode(PROSE.encode()).how == "valid"
    assert decode(PROSE.encode("cp932"), ["x-sjis"]).how == "declared"
    assert decode(PROSE.encode("cp932"), ["utf-8"]).how == "guessed"


@pytest.mark.parametrize(
    ("text", "encoding", "label"),
    [
        ("Привет, мир! Это русский текст.", "cp1251", "windows-1251"),
        ("你好，世界。这是一个中文的页面，没有假名。", "gbk", "gb2312"),
        ("안녕하세요 세계 여러분", "euc_kr", "euc-kr"),
        ("le café à Besançon, déjà vu", "latin-1", "iso-8859-1"),
    ],
)
def test_other_scripts_are_honoured_when_declared(text: str, encoding: str, label: str):
    assert decode(text.encode(encoding), [label]).text == text


@pytest.mark.parametrize("extension", ["①", "㈱", "髙", "﨑", "Ⅳ"])
def test_windows_extensions_are_read_in_all_three_encodings(extension: str):
    text = f"{PROSE}{extension}さん"
    shift_jis = text.encode("cp932")
    lead, trail = extension.encode("cp932")
    if lead < 0xF0:  # IBM's own rows have no place in EUC; NEC's copies of them have
        row = (lead - (0x81 if lead < 0xA0 else 0xC1)) * 2 + (trail >= 0x9F)
        cell = trail - (0x9F if trail >= 0x9F else 0x40 if trail < 0x7F else 0x41)
        pair = bytes((row + 0xA1, cell + 0xA1))
        head, tail = PROSE.encode("euc_jp"), "さん".encode("euc_jp")
        assert decode(head + pair + tail).text == text
        seven = bytes(b & 0x7F for b in pair)
        assert decode_iso_2022_jp(b"\x1b$B" + seven + b"\x1b(B") == extension
    assert decode(shift_jis).text == text


def test_jis_x_0213_is_read():
    text = "𠮟るのは良くない、彼の倶楽部の俱は別の字だ。"
    assert decode(text.encode("shift_jis_2004")).text == text
    assert decode(text.encode("euc_jis_2004")).text == text
    assert decode_iso_2022_jp(text.encode("iso2022_jp_2004")) == text


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "euc_jp"])
def test_a_cut_last_character_costs_only_itself(encoding: str):
    text = PROSE * 5
    found = decode(text.encode(encoding)[:-1])
    assert found.text[:-3] == text[: len(found.text) - 3]
    assert found.failed is None


def test_stray_bytes_are_replaced_and_not_refused():
    data = PROSE.encode() * 20
    found = decode(data[:300] + b"\xff\xfe" + data[300:])
    assert found.encoding == "utf-8"
    assert found.text.count("\ufffd") == 2
    assert found.failed is None


def test_half_width_katakana_is_not_taken_for_euc():
    text = "ﾊﾝｶｸｶﾀｶﾅの文章です。ﾌｧｲﾙを開く。"
    assert decode(text.encode("cp932")).text == text


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
        bytes(range(256)) * 40,
        b"\x00" * 1000,
        bytes((i * 197 + i * i * 31) % 256 for i in range(5000)),
    ],
)
def test_binary_data_is_refused(data: bytes):
    assert decode(data).failed == "binary data, not text"


def test_labels_are_those_of_the_web():
    labels = ["Shift_JIS", "x-sjis", "MS_Kanji", "windows-31j", "x-euc-jp", "csISO2022JP", "gb2312", "latin1"]
    assert [codec_of(x) for x in labels] == [
        "cp932",
        "cp932",
        "cp932",
        "cp932",
        "euc_jp",
        "iso2022_jp",
        "gb18030",
        "cp1252",
    ]
    assert [codec_of(x) for x in ["none", "", "base64", "zip", "\0", "x" * 99]] == [None] * 6


def test_declarations_are_found_in_a_page():
    page = b'<?xml version="1.0" encoding="EUC-JP"?><html><meta content="text/html; charset=x-sjis">'
    assert declared_in(page) == ["EUC-JP", "x-sjis"]
    assert declared_in(b"<META CHARSET='utf-8'>") == ["utf-8"]


def test_the_pages_of_the_development_set(tmp_path: Path):
    if not HTML.is_dir():
        pytest.skip("needs ../shared/data/html")
    import pyarrow as pa

    def stream(name: str):
        return pa.CompressedInputStream(str(HTML / name), "zstd")

    labels = [json.loads(line) for line in stream("html_dev_labels.jsonl.zst").read().splitlines()]
    with tarfile.open(fileobj=stream("html_dev.tar.zst"), mode="r|") as tar:
        pages = {m.name: f.read() for m in tar if (f := tar.extractfile(m))}
    wrong = []
    for label in labels:
        data = pages[label["file"]]
        folded = str.maketrans("〜‖−¢£¬—", "～∥－￠￡￢―")
        true = data.decode(label["encoding"], "replace").lstrip("\ufeff").translate(folded)
        if decode(data, declared_in(data)).text.translate(folded) != true:
            wrong.append(label["file"])
    assert wrong == []
