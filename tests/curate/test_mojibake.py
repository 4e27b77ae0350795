import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.mojibake import Mojibake
from curate.reading.mojibake import mended

SHARED = Path(__file__).parents[3] / "shared"
PROSE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。"


def c1(data: bytes) -> str:
    return "".join(bytes((b,)).decode("cp1252") if b not in b"\x81\x8d\x8f\x90\x9d" else chr(b) for b in data)


@pytest.mark.parametrize(
    "garbled",
    [
        PROSE.encode().decode("latin-1"),
        c1(PROSE.encode()),
        PROSE.encode("cp932").decode("latin-1"),
        c1(PROSE.encode("cp932")),
        PROSE.encode("euc_jp").decode("latin-1"),
        PROSE.encode("cp932").decode("gb18030"),
        PROSE.encode().decode("latin-1").encode().decode("latin-1"),
        c1(c1(PROSE.encode()).encode()),
        c1(c1(c1(PROSE.encode()).encode()).encode()),
        PROSE.encode("cp932").decode("latin-1").encode().decode("latin-1"),
        PROSE.encode("iso2022_jp").decode("ascii"),
    ],
)
def test_what_lost_nothing_is_repaired(garbled: str):
    rows = pl.DataFrame({"id": ["a", "b", "c"], "text": [garbled, PROSE, None]})
    expected = rows.with_columns(
        text=pl.Series([PROSE, PROSE, None]), failed=pl.Series([None] * 3, dtype=pl.String)
    )
    assert_frame_equal(Mojibake().apply(rows), expected)


@pytest.mark.parametrize(
    ("garbled", "why"),
    [
        (PROSE.encode().decode("cp932", "replace"), "UTF-8 read as Shift_JIS, with characters lost"),
        (PROSE.encode().decode("cp932", "ignore"), "UTF-8 read as Shift_JIS, with characters lost"),
        (PROSE.encode().decode("cp1252", "replace"), "characters lost"),
        (PROSE.encode().decode("euc_jp", "replace"), "characters lost"),
        (PROSE.encode("euc_jp").decode("utf-8", "replace"), "characters lost"),
        (PROSE.encode("cp932").decode("utf-8", "replace"), "characters lost"),
        (PROSE.encode("euc_jp").decode("cp932", "replace"), "EUC-JP read as Shift_JIS, with characters lost"),
    ],
)
def test_what_lost_characters_is_refused(garbled: str, why: str):
    rows = pl.DataFrame({"text": [garbled]})
    assert Mojibake().apply(rows).row(0) == (garbled, f"mojibake: {why}")


@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        "",
        "\ufffd",
        "ｺﾚﾊ ﾊﾝｶｸ ｶﾀｶﾅ ﾃﾞ ｶｶﾚﾀ ﾌﾞﾝｼｮｳ ﾃﾞｽ｡",
        "Il a affirmé que quelque temps après la mort de Charles, « été » fut créé.",
        "une équipe de qualité\xa0», a commenté l’attaquant de 31\xa0ans.",
        "“Mi esposa le había enviado algo que no había quedado atrapado”",
        "文字化けでは「Ã©」や「縺」のような字が現れる。",
        "你好，世界。这是一个中文的页面，没有假名。",
        "安녕하세요 세계 여러분, 반갑습니다.",
        "Mối quan tâm vẫn còn rất lớn sau buổi điều trần.",
        "1½ カップ、20 ℃、±5 ％、© 2026、Ångström、×÷",
        "𠮷野家の髙橋さんは①㈱で働く。😀👨\u200d👩\u200d👧 ご\ufe00",
        "壊れた一文字\ufffdがある長い文章はそのまま残す。" * 3,
    ],
)
def test_sound_text_stays(text: str):
    assert mended(text) == (text, None)


def test_garbled_words_and_lines_in_sound_text():
    text = f"{PROSE}\ncafÃ© {c1('で会う。'.encode())}\n{c1(PROSE.encode())}\n{PROSE}"
    assert mended(text) == (f"{PROSE}\ncafé で会う。\n{PROSE}\n{PROSE}", None)


def test_a_small_part_beyond_repair_is_no_reason_to_refuse():
    garbled = PROSE.encode().decode("cp932", "replace")
    assert mended("\n".join([PROSE] * 20 + [garbled])).failed is None
    assert mended("\n".join([PROSE] * 3 + [garbled])).failed is not None


@given(st.text(max_size=60), st.sampled_from(["latin-1", "cp932", "gb18030", "euc_jp", "cp1252", "utf-8"]))
def test_nothing_stops_it(text: str, codec: str):
    mended(text)
    assert mended(mended(text.encode("utf-8", "replace").decode(codec, "replace")).text)


@pytest.mark.timeout(120)  # quadratic time would take hours
@pytest.mark.parametrize("unit", ["Ã", "縺", "\x1b$B", "ﾃ\ufffd", "ã\x81\x82", "\x80\n", "ÃƒÂ£"])
def test_hostile_text_takes_linear_time(unit: str):
    mended(unit * (500_000 // len(unit)))


def test_the_quality_set(evaluation):
    """Garbled documents are repaired or refused, every one; no other document is touched."""
    rows = evaluation("quality_synth")
    after = Mojibake().apply(rows)
    changed = after["failed"].is_not_null() | (after["text"] != rows["text"])
    garbled = rows["kind"].str.starts_with("mojibake")
    assert changed.equals(garbled)
    refused = after.filter(pl.col("failed").is_not_null())["kind"].unique().to_list()
    assert refused == ["mojibake utf8->cp932"]


@pytest.mark.parametrize("sound", [True, False])
def test_the_golden_documents(sound: bool):  # noqa: FBT001
    if not (SHARED / "golden").is_dir():
        pytest.skip("needs ../shared/golden")
    garbled = pl.col("variant").str.starts_with("q:mojibake")
    rows = pl.read_parquet(SHARED / "golden/docs.parquet").filter(~garbled if sound else garbled)
    after = Mojibake().apply(rows)
    changed = after["failed"].is_not_null() | (after["text"] != rows["text"])
    assert changed.any() != sound
    assert changed.all() != sound


@pytest.mark.parametrize("name", ["jawiki_jaquad", "techdocs", "debian_docs_ja", "egov_law"])
def test_sound_corpora_stay(name: str):
    path = SHARED / "data" / "corpora" / f"{name}.jsonl.zst"
    if not path.exists():
        pytest.skip(f"no {path}: the corpora are not beside the repository")
    import zstandard

    with path.open("rb") as f:
        lines = zstandard.ZstdDecompressor().stream_reader(f).read().splitlines()
    rows = pl.DataFrame({"text": [json.loads(line)["text"] for line in lines[:800]]})
    after = Mojibake().apply(rows)
    assert after["failed"].null_count() == rows.height
    assert after["text"].equals(rows["text"])
