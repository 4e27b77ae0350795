from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from curate.empty_brackets import EmptyBrackets
from curate.japanese_lines import JapaneseLines
from curate.ng_words import NgWords
from curate.presets.preset import preset
from curate.rules import Rules
from curate.signals import measure
from curate.wiki_footnotes import WikiFootnotes
from curate.wordlists.matching import matcher
from curate.wordlists.reading import Word
from seimai.chain import compile_chain, run_chain
from seimai.signal import named

FILTERS = {  # our rules: LLM-jp's filter
    ("empty",): "not_empty",
    ("not_japanese",): "japanese",
    ("ads",): "ads",
    ("adult",): "adult_{0}",
    ("discrimination",): "discrimination_{0}",
    ("violence",): "violence_{0}",
    ("rare_kuten",): "sentlen_{0}",
    ("too_repetitive", "too_random"): "compression_{0}",
}
VALUES = {  # our column: the recorded one
    "ng_adult": "n_adult",
    "ng_discrimination": "n_discrimination",
    "ng_violence": "n_violence",
    "ng_ads_anywhere": "n_ads",
    "llmjp_zlib_bytes": "zlib9_bytes",
    "bytes": "raw_bytes",
}


@pytest.fixture
def measured(shared: Path, published) -> pl.DataFrame:
    """All that the presets' rules name, on the recorded documents, which have no URL."""
    documents = pl.read_parquet(shared / "golden/docs.parquet").select(
        "id", "text", url=pl.lit(None, pl.String)
    )
    own = NgWords(words=published("llm-jp")).apply(documents)
    ads = NgWords(words=published("HojiChar")).apply(documents)  # LLM-jp takes HojiChar's own list
    counted = own.with_columns(ads.select(pl.col("^ng_ads.*$")).get_columns())
    names = named(Rules(preset="llm-jp-v1").reasons().values()) - set(counted.columns)
    return counted.hstack(measure(documents, sorted({*names, "bytes", "llmjp_zlib_bytes"})))


def test_values_and_verdicts_are_those_of_the_original(measured: pl.DataFrame, shared: Path, capsys):
    golden = pl.read_parquet(shared / "golden/llmjp_v1.parquet")
    table = {("llm-jp-v1", n): int((measured[n] == golden[theirs]).sum()) for n, theirs in VALUES.items()}
    for name, kind in (("llm-jp-v1", "normal"), ("llm-jp-v1-strict", "strict")):
        bad = measured.select(**Rules(preset=name).reasons())
        theirs = {rule: n.format(kind) for rules, n in FILTERS.items() for rule in rules}
        for rules, filter_name in FILTERS.items():
            column = filter_name.format(kind)
            asked = golden[f"{column}_error"].is_null()  # an empty text cannot be divided by
            keep = ~bad.select(pl.any_horizontal(rules)).to_series()
            table[name, " or ".join(rules)] = int(
                (keep == golden[f"{column}_keep"]).filter(asked).sum()
            ) + int((~asked).sum())
        first = bad.select(
            pl.coalesce(pl.when(r).then(pl.lit(theirs.get(r))) for r in bad.columns)
        ).to_series()
        table[name, "first reason"] = int(first.eq_missing(golden[f"{kind}_first_failed"]).sum())
        assert not bad["foreign_host"].any()
    with capsys.disabled():
        print()
        for (name, rule), equal in table.items():
            print(f"{name} | {rule} | {equal} of {golden.height} equal")
    assert set(table.values()) == {golden.height}


def test_only_empty_texts_gave_an_error_in_the_original(shared: Path):
    golden = pl.read_parquet(shared / "golden/llmjp_v1.parquet")
    wrong = golden.filter(pl.col("compression_normal_error").is_not_null())
    assert wrong["raw_bytes"].unique().to_list() in ([0], [])


@pytest.mark.parametrize(
    ("step", "transform"),
    [
        (JapaneseLines(exact=True), "llmjp_extract_japanese"),
        (EmptyBrackets(), "llmjp_empty_paren"),
        (WikiFootnotes(), "llmjp_wiki_footnote"),
    ],
)
def test_transforms_are_those_of_the_original_byte_for_byte(step, transform: str, shared: Path):
    documents = pl.read_parquet(shared / "golden/docs.parquet").select("id", "text")
    golden = pl.read_parquet(shared / "golden/transforms.parquet").filter(pl.col("transform") == transform)
    expected = documents.join(golden, "id", maintain_order="left").select(
        "id", text=pl.col("out").fill_null(pl.col("text"))
    )
    assert_frame_equal(step.apply(documents), expected)


def texts(step, *given: str | None) -> list[str | None]:
    return step.apply(pl.DataFrame({"text": given}, schema={"text": pl.String}))["text"].to_list()


def test_lines_without_kana_go():
    given = ("Home\n米の話。\n\n東京都\nカナ\nend", "Home", "", None)
    assert texts(JapaneseLines(), *given) == ["米の話。\nカナ", "", "", None]
    assert texts(JapaneseLines(exact=True), *given) == ["米の話。カナ", "", "", None]


def test_an_address_ends_where_japanese_begins():
    given = "https://example.jp/a?b=1を見よ。と" + "x" * 100 + "で。"
    assert texts(JapaneseLines(), given) == ["を見よ。とで。"]
    assert texts(JapaneseLines(exact=True), given) == ["。とで。"]


def test_brackets_lose_what_is_not_theirs():
    given = ("米（ 、こめ , ）と（\n）麦( ; barley, ) と ( ) 粟f()", None)
    assert texts(EmptyBrackets(), *given) == ["米（こめ）と麦(barley) と 粟f", None]


def test_an_article_ends_before_its_apparatus():
    assert texts(WikiFootnotes(), "米。\n外部リンク \n\nx", "脚注\n米", "米\n脚注", None) == [
        "米。",
        "脚注\n米",
        "米\n脚注",
        None,
    ]


def verdicts(name: str, text: str, url: str | None = None) -> set[str]:
    """The rules that a text breaks, with アス as a word of advertising."""
    rows = pl.DataFrame({"id": ["a"], "text": [text], "url": [url]}, schema_overrides={"url": pl.String})
    rules = Rules(preset=name)
    counted = rows.hstack(matcher([Word("アス", "ads")]).count(rows["text"]))
    names = named(rules.reasons().values()) - set(counted.columns)
    bad = counted.hstack(measure(rows, sorted(names))).select(**rules.reasons())
    return {rule for rule in bad.columns if bad[rule].item()}


PROSE = "米を研いで水に浸し、ゆっくりと火にかけ、蒸らしてから飯櫃に移す。"


@pytest.mark.parametrize("strict", ["", "-strict"])
@pytest.mark.parametrize(
    ("text", "rule", "stays"),
    [
        ("ヴー", "not_japanese", False),
        (f"{'東京都' * 17}{PROSE}", "not_japanese", False),
        ("All rights reserved, " * 3 + PROSE, "not_japanese", True),
        (f"アスパラガス{PROSE}" * 11, "ads", False),
        (f"アスと{PROSE}" * 11, "ads", True),
        ("米を研ぎ，水に浸し．" * 30, "rare_kuten", False),
        ("米を研ぎ、水に浸し、" * 30, "rare_kuten", True),
        (PROSE, "too_random", False),
        ("".join(chr(0x4E00 + i * 7919 % 20000) for i in range(400)), "too_random", True),
    ],
)
def test_what_the_mended_preset_does_otherwise(text: str, rule: str, stays: bool, strict: str):  # noqa: FBT001
    assert rule in verdicts(f"llm-jp-v1{strict}", text)
    assert (rule in verdicts(f"llm-jp-v1{strict}-fixed", text)) == stays


@pytest.mark.parametrize("text", ["", " \u3000\n\x1c\x85"])
def test_a_blank_text_is_empty(text: str):
    assert "empty" in verdicts("llm-jp-v1", text)


@pytest.mark.parametrize(
    ("url", "foreign"),
    [
        (None, False),
        ("https://www.Example.JP:8080/a", False),
        ("http://user@example.co.jp?x=.de", False),
        ("https://example.de/米.jp", True),
        ("https://ja.wikipedia.org/wiki/米", True),
        ("https://en.wikipedia.org/wiki/Rice", False),
    ],
)
def test_a_host_beyond_the_usual_domains_is_foreign(url: str | None, foreign: bool):  # noqa: FBT001
    assert ("foreign_host" in verdicts("llm-jp-v1", PROSE, url)) == foreign


def test_strict_and_normal_differ_in_five_numbers():
    normal, strict = preset("llm-jp-v1"), preset("llm-jp-v1-strict")
    changed = {a.name: (a.threshold, b.threshold) for a, b in zip(normal.rules, strict.rules, strict=True)}
    assert {n: v for n, v in changed.items() if v[0] != v[1]} == {
        "adult": (3, 2),
        "discrimination": (3, 2),
        "violence": (3, 2),
        "rare_kuten": (250, 80),
        "too_repetitive": (0.3, 0.375),
    }


def test_compression_is_measured_last_and_only_where_it_decides(tmp_path: Path):
    (tmp_path / "ads.txt").write_text("糠", "utf-8")
    rows = pl.DataFrame(
        {"id": ["a", "b", "c"], "text": [PROSE, "no kana", PROSE * 50], "url": [None] * 3},
        schema_overrides={"url": pl.String},
    )
    steps = [NgWords(words=str(tmp_path)), Rules(preset="llm-jp-v1-fixed")]
    outcome = run_chain(rows, compile_chain(steps, "documents", {}))
    assert outcome.kept["id"].to_list() == ["a"]
    assert outcome.dropped["dropped_by"].to_list() == [
        "curate.rules.not_japanese",
        "curate.rules.too_repetitive",
    ]
    assert outcome.dropped["llmjp_compression_ratio"].is_null().to_list() == [True, False]
