import math
import sys
from itertools import groupby
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.edge_sentences import EdgeSentences
from curate.ng_words import NgWords
from curate.rules import Rules
from curate.signals import SIGNALS, hojichar_morphemes, measure
from curate.wordlists.matching import matcher
from curate.wordlists.reading import Word
from seimai.chain import compile_chain, run_chain
from seimai.errors import SeimaiError

MORPHEMES = hojichar_morphemes.SIGNALS
FILTERS = {  # our rule: HojiChar's filter
    "adult": "DiscardAdultContentJa",
    "adult_en": "DiscardAdultContentEn",
    "discrimination": "DiscardDiscriminationContentJa",
    "violence": "DiscardViolenceContentJa",
    "bbs": "DiscardBBSComments",
    "ads": "DiscardAds",
    "not_japanese": "AcceptJapanese",
    "rare_kuten": "DiscardRareKuten",
    "too_many_nouns": "DiscardTooManyNouns",
    "repeated_characters": "CharRepetitionRatioFilter",
    "repeated_words": "WordRepetitionRatioFilter",
    "too_special": "DiscardTooManySpecialToken",
    "long_run": "SingleCharacterRepetitionFilter",
    "cut_off_lines": "DiscardTooManyEndingEllipsis",
    "short_lines": "DiscardTooShortLines",
}
VALUES = {  # our column: the recorded one
    "hojichar_bbs": "n_bbs",
    "hojichar_kuten": "n_kuten",
    "hojichar_repeated_5gram_ratio": "char_rep_ratio",
    "hojichar_special_ratio": "special_ratio",
    "hojichar_repeated_word_7gram_ratio": "word_rep_ratio",
    "hojichar_nouns": "n_nouns",
    "hojichar_words": "n_morphemes_not_symbol",
    "hojichar_morphemes": "n_morphemes",
    "ng_ads_anywhere": "n_ads",
    "ng_adult_anywhere": "n_DiscardAdultContentJa",
    "ng_adult": "n_DiscardAdultContentJa_ignore_confused",
    "ng_discrimination_anywhere": "n_DiscardDiscriminationContentJa",
    "ng_discrimination": "n_DiscardDiscriminationContentJa_ignore_confused",
    "ng_violence_anywhere": "n_DiscardViolenceContentJa",
    "ng_violence": "n_DiscardViolenceContentJa_ignore_confused",
}


@pytest.fixture
def measured(shared: Path, published) -> pl.DataFrame:
    """All that the preset's rules name, on the recorded documents."""
    documents = pl.read_parquet(shared / "golden/docs.parquet").select("id", "text")
    counted = NgWords(words=published("HojiChar")).apply(documents)
    names = [n for n in SIGNALS if n.startswith("hojichar_")] + ["chars"]
    return counted.hstack(measure(documents, names))


def test_values_and_verdicts_are_those_of_the_original(measured: pl.DataFrame, shared: Path, capsys):
    golden = pl.read_parquet(shared / "golden/hojichar.parquet")
    assert measured["id"].equals(golden["id"])
    bad = measured.select(**Rules(preset="hojichar").reasons())
    table: dict[str, int] = {}
    for ours, theirs in VALUES.items():
        close = (measured[ours].cast(pl.Float64) - golden[theirs].cast(pl.Float64)).abs() <= 1e-9
        table[ours] = int(close.sum())
    for rule, name in FILTERS.items():
        table[rule] = int((bad[rule] == golden[f"rej_{name}"]).sum())
    first = bad.select(pl.coalesce(pl.when(r).then(pl.lit(FILTERS.get(r))) for r in bad.columns)).to_series()
    table["first reason"] = int(first.eq_missing(golden["first_rejected"]).sum())
    with capsys.disabled():
        print()
        for rule, equal in table.items():
            print(f"hojichar | {rule} | {equal} of {golden.height} equal")
    assert set(table.values()) == {golden.height}
    assert not bad["too_short"].any()
    assert not bad["too_long"].any()


def test_a_costly_value_is_measured_only_where_it_decides(shared: Path, published):
    """The verdict is that of all rules; of the morphemes only what the others leave open is asked."""
    documents = pl.read_parquet(shared / "golden/docs.parquet").select("id", "text")[:300]
    steps = [NgWords(words=published("HojiChar")), Rules(preset="hojichar")]
    outcome = run_chain(documents, compile_chain(steps, "documents", {}))
    golden = pl.read_parquet(shared / "golden/hojichar.parquet")[:300]
    assert outcome.kept["id"].to_list() == golden.filter(pl.col("first_rejected").is_null())["id"].to_list()
    assert outcome.dropped["hojichar_noun_ratio"].null_count() > 0


def test_header_and_footer_sentences_go_as_in_the_original(shared: Path, tmp_path: Path):
    words = pl.read_ndjson(shared / "data/eval/ng_words_ja.jsonl")
    listed = words.filter(pl.col("category") == "header_footer_keywords_ja")["word"]
    path = tmp_path / "furniture.txt"
    path.write_text("\n".join(listed), "utf-8")
    documents = pl.read_parquet(shared / "golden/docs.parquet").select("id", "text")
    golden = pl.read_parquet(shared / "golden/transforms.parquet")
    golden = golden.filter(pl.col("transform") == "hojichar_headerfooter").select("id", "out")
    found = EdgeSentences(words=str(path), exact=True).apply(documents)
    expected = documents.join(golden, "id", maintain_order="left").select(
        "id", text=pl.col("out").fill_null(pl.col("text"))
    )
    assert_frame_equal(found, expected)


@pytest.mark.parametrize(
    ("text", "exact", "mended"),
    [
        ("米。関連記事へ。", "関連記事へ。", "米。"),
        ("関連記事へ。", "", ""),
        ("一。二。三。四。関連記事へ。五。", "一。三。四。関連記事へ。五。", "一。二。三。四。五。"),
        ("一。二。三。四。五。関連記事へ", "二。三。四。五。関連記事へ", "一。二。三。四。五。"),
        ("", "", ""),
    ],
)
def test_at_the_end_the_original_removes_the_wrong_side(tmp_path: Path, text, exact, mended):
    (tmp_path / "furniture.txt").write_text("関連記事\n", "utf-8")
    rows = pl.DataFrame({"text": [text, None]}, schema={"text": pl.String})
    for flag, expected in ((True, exact), (False, mended)):
        step = EdgeSentences(words=str(tmp_path / "furniture.txt"), exact=flag)
        assert step.apply(rows)["text"].to_list() == [expected, None]


def verdicts(preset: str, text: str, words: tuple[Word, ...] = ()) -> set[str]:
    """The rules that a text breaks."""
    rows = pl.DataFrame({"id": ["a"], "text": [text]})
    rules = Rules.model_validate({"preset": preset, "too_short": None})
    counted = rows.hstack(matcher([*words, Word("ん" * 9, "adult")]).count(rows["text"]))
    names = {n for e in rules.reasons().values() for n in e.meta.root_names()} - set(counted.columns)
    bad = counted.hstack(measure(rows, sorted(names))).select(**rules.reasons())
    return {name for name in bad.columns if bad[name].item()}


PROSE = "米を研いで水に浸し、ゆっくりと火にかける。"
MENDS = [  # what HojiChar rejects, the rule, and whether the mended one still does
    ("アスパラガスを茹でる。", "adult", False),
    ("アスを茹でる。", "adult", True),
    (f"{'A-B ' * 15}{PROSE}", "bbs", False),
    (f"{'第3話 ' * 15}{PROSE}", "bbs", True),
    ("ﾃｽﾄ", "not_japanese", False),
    ("ヴー", "not_japanese", False),
    (f"{'東京都千代田区' * 8}\n{PROSE}", "not_japanese", False),
    (f"{'All rights reserved. ' * 3}{PROSE}", "not_japanese", True),
    ("東京都千代田区", "not_japanese", True),
    ("米を研ぎ，水に浸し，火にかける．" * 8, "rare_kuten", False),
    ("米" * 101, "rare_kuten", True),
    ("武士と力士と騎士の士士士士士士士士士士", "too_special", False),
    ("★★★米★★★", "too_special", True),
    ("続く…\n続く…\n続く…", "cut_off_lines", True),
    (f"{PROSE}\n\n{PROSE}\n\n", "short_lines", False),
    ("米\n麦\n粟\n稗", "short_lines", True),
]


@pytest.mark.parametrize(("text", "rule", "stays"), MENDS)
def test_what_the_mended_preset_does_otherwise(text: str, rule: str, stays: bool):  # noqa: FBT001
    words = (Word("アス", "adult"),)
    assert rule in verdicts("hojichar", text, words)
    assert (rule in verdicts("hojichar-fixed", text, words)) == stays


def test_the_last_line_counts_too():
    assert "cut_off_lines" not in verdicts("hojichar", "続く…")
    assert "cut_off_lines" in verdicts("hojichar-fixed", "続く…")


def test_the_mended_length_is_that_of_the_docstring():
    rules = Rules(preset="hojichar-fixed").thresholds
    assert (rules["too_short"], rules["too_long"]) == (200, 50_000)
    assert Rules(preset="hojichar").reasons()["too_long"].meta.root_names() == ["chars"]


def test_nul_ends_what_mecab_reads():
    found = measure(pl.DataFrame({"text": ["米と麦", "米\0と麦", "", "。。"]}), list(MORPHEMES))
    assert found.select("hojichar_morphemes", "hojichar_words", "hojichar_nouns").rows() == [
        (3, 3, 2),
        (1, 1, 1),
        (0, 0, 0),
        (2, 0, 0),
    ]


def test_a_missing_dictionary_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "unidic_lite", None)
    hojichar_morphemes._tagger.cache_clear()
    with pytest.raises(SeimaiError, match=r"pip install 'seimai\[morphemes\]'"):
        measure(pl.DataFrame({"text": ["米"]}), ["hojichar_nouns"])
    monkeypatch.undo()
    hojichar_morphemes._tagger.cache_clear()


def share_by_definition(text: str, n: int = 5) -> float:
    """BigScience's share of repeated n-grams, as their documentation has it."""
    grams = [text[i : i + n] for i in range(len(text) - n + 1)]
    often = sorted((grams.count(g) for g in set(grams)), reverse=True)
    taken = min(math.isqrt(len(often)), sum(t > 1 for t in often))
    return sum(often[:taken]) / len(grams) if grams else 0.0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("米麦…。\n .-1話ｱア𠮷\0", max_size=60), min_size=1, max_size=4))
def test_values_are_those_of_their_definitions(texts: list[str]):
    names = [n for n in SIGNALS if n.startswith("hojichar_") and n not in MORPHEMES]
    found = measure(pl.DataFrame({"text": texts}), names)
    for text, row in zip(texts, found.iter_rows(named=True), strict=True):
        lines = text.split("\n")
        full = [line.strip() for line in lines if line.strip()]
        assert row["hojichar_repeated_5gram_ratio"] == pytest.approx(share_by_definition(text), abs=1e-12)
        assert row["hojichar_short_line_ratio"] == sum(len(x) <= 10 for x in lines) / len(lines)
        short = sum(len(x) <= 10 for x in full) / len(full) if full else 0
        assert row["hojichar_short_line_ratio_mended"] == short
        ends = [x.endswith(("...", "…")) for x in lines[:-1]]
        assert row["hojichar_ellipsis_ratio"] == sum(ends) / max(len(ends), 1)
        last = [x.endswith(("...", "…")) for x in full]
        assert row["hojichar_ellipsis_ratio_mended"] == (sum(last) / len(last) if last else 0)
        runs = [len(list(g)) for _, g in groupby(text)]
        assert row["hojichar_longest_run"] == max(runs, default=0)
        assert row["hojichar_opening_kana"] == sum(c in "ア" for c in text[:50])
        assert row["hojichar_kuten"] == text.count("。")
        assert row["hojichar_bbs"] - row["hojichar_bbs_mended"] == text.count("-")
