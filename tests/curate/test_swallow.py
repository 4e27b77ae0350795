"""Swallow v1: every value and every verdict of its own code, and what `-fixed` decides otherwise."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curate.rules import Rules
from curate.signals import measure
from seimai.chain import compile_chain, run_chain
from seimai.signal import named

# A value of Swallow's quality.py, and ours.
VALUES = {
    "num_letters": "chars",
    **{
        f"num_{kind}_letters": f"swallow_{kind}_chars"
        for kind in ("hiragana", "katakana", "kanji", "japanese")
    },
    **{f"num_{mark}": f"swallow_{mark}_chars" for mark in ("kuten", "toten")},
    **{
        f"{kind}_fraction": f"swallow_{kind}_ratio"
        for kind in ("hiragana", "katakana", "kanji", "kuten", "toten", "japanese")
    },
    "avg_sentence_length": "mean_sentence_chars",
    "max_sentence_length": "max_sentence_chars",
    "num_sentences_ending_with_ellipsis": "ellipsis_sentences",
    "ellipsis_fraction": "ellipsis_ending_ratio",
    "duplicate_paragraph_fraction": "swallow_duplicate_paragraph_ratio",
    "duplicate_paragraph_fraction_in_character": "swallow_duplicate_paragraph_char_ratio",
    "duplicate_sentence_fraction": "duplicate_sentence_ratio",
    "duplicate_sentence_fraction_in_character": "duplicate_sentence_char_ratio",
    **{f"top_{n}gram_character_fraction": f"top_{n}gram_ratio" for n in (2, 3, 4)},
    **{f"duplicate_{n}gram_character_fraction": f"duplicate_{n}gram_ratio" for n in range(5, 11)},
}
# What `v1_all_failed` calls a rule of ours. Both bounds of the mean sentence are one `if` there.
RULES = {
    "num_letters": ("chars",),
    "duplicate_paragraph_fraction": ("duplicate_paragraph_ratio",),
    "duplicate_paragraph_fraction_in_character": ("duplicate_paragraph_char_ratio",),
    "duplicate_sentence_fraction": ("duplicate_sentence_ratio",),
    "duplicate_sentence_fraction_in_character": ("duplicate_sentence_char_ratio",),
    **{f"top_{n}gram_character_fraction": (f"top_{n}gram_ratio",) for n in (2, 3, 4)},
    **{f"duplicate_{n}gram_character_fraction": (f"duplicate_{n}gram_ratio",) for n in range(5, 11)},
    "hiragana_fraction": ("hiragana_ratio",),
    "katakana_fraction": ("katakana_ratio",),
    "japanese_fraction": ("japanese_ratio",),
    "num_japanese_letters": ("japanese_chars",),
    "avg_sentence_length": ("least_mean_sentence_chars", "most_mean_sentence_chars"),
    "max_sentence_length": ("max_sentence_chars",),
    "ellipsis_fraction": ("ellipsis_ending_ratio",),
}


@pytest.fixture(scope="module")
def documents(shared: Path) -> pl.DataFrame:
    texts = pl.read_parquet(shared / "golden/docs.parquet", columns=["id", "text"])
    swallow = pl.read_parquet(shared / "golden/swallow_v1.parquet")
    return texts.join(swallow, on="id", maintain_order="left", validate="1:1")


def broken(rows: pl.DataFrame, preset: str) -> pl.DataFrame:
    """A column a rule: true for the rows that break it."""
    rules = Rules.model_validate({"preset": preset}).reasons()
    return measure(rows, named(rules.values())).select(**rules)


def test_every_value_is_that_of_swallows_code(
    documents: pl.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = documents.filter(pl.col("quality_error").is_null())
    assert (documents.height, rows.height) == (1859, 1818)
    found = measure(rows, VALUES.values())
    equal = {
        theirs: np.isclose(found[ours].to_numpy(), rows[theirs].to_numpy(), rtol=0, atol=1e-9).sum()
        for theirs, ours in VALUES.items()
    }
    with capsys.disabled():
        print("\n\nSwallow's quality.py, value by value: equal of", rows.height)
        for theirs, number in equal.items():
            print(f"  {theirs:45} {VALUES[theirs]:40} {number:5}")
    assert set(equal.values()) == {rows.height}


def test_every_verdict_is_that_of_apply_v1(
    documents: pl.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = documents.filter(pl.col("quality_error").is_null())
    verdicts = broken(rows, "swallow-v1")
    theirs = {name: rows["v1_all_failed"].list.contains(name) for name in RULES}
    ours = {name: verdicts.select(pl.any_horizontal(rules)).to_series() for name, rules in RULES.items()}
    with capsys.disabled():
        print("\n\nswallow-v1, rule by rule: dropped, equal of", rows.height)
        for name, rules in RULES.items():
            print(f"  {' '.join(rules):55} {ours[name].sum():5} {(ours[name] == theirs[name]).sum():5}")
    assert sum(len(rules) for rules in RULES.values()) == verdicts.width
    assert all((ours[name] == theirs[name]).all() for name in RULES)
    assert (~verdicts.select(pl.any_horizontal(pl.all())).to_series()).equals(rows["v1_keep"])


def test_the_first_broken_rule_is_the_first_that_apply_v1_names(documents: pl.DataFrame) -> None:
    rows = documents.filter(pl.col("quality_error").is_null()).select("id", "text", "v1_first_failed")
    outcome = run_chain(
        rows, compile_chain([Rules.model_validate({"preset": "swallow-v1"})], "documents", {})
    )
    first = {rule: name for name, rules in RULES.items() for rule in rules}
    found = outcome.dropped["dropped_by"].str.strip_prefix("curate.rules.").replace_strict(first)
    assert found.to_list() == outcome.dropped["v1_first_failed"].to_list()
    assert outcome.kept["v1_first_failed"].is_null().all()


def test_what_the_original_crashes_on_is_dropped_as_too_short(documents: pl.DataFrame) -> None:
    crashed = documents.filter(pl.col("quality_error").is_not_null())
    assert dict(crashed["quality_error"].value_counts().iter_rows()) == {"IndexError": 39, "ValueError": 2}
    assert broken(crashed, "swallow-v1")["chars"].all()


def test_blank_lines_are_duplicates_for_swallow_alone() -> None:
    text = "精米は玄米を磨く。\n\n糠を除く。\n\n酒を造る。\n\n"
    signals = [
        "swallow_duplicate_paragraph_ratio",
        "swallow_duplicate_paragraph_char_ratio",
        "duplicate_line_ratio",
    ]
    assert measure(pl.DataFrame({"text": [text]}), signals).row(0) == (3 / 7, 0.0, 0.0)


def test_swallows_lines_are_compared_without_terminators_that_no_sentence_has() -> None:
    rows = pl.DataFrame({"text": ["磨く。。米\n磨く。米。\n磨く。米", "磨く\n磨く！\n！磨く"]})
    assert measure(rows, ["swallow_duplicate_paragraph_ratio"]).to_series().to_list() == [1 / 3, 1 / 3]


def test_swallow_counts_neither_long_marks_nor_half_width_kana_nor_kanji_beyond_the_bmp() -> None:
    rows = pl.DataFrame({"text": ["コンピューター", "ﾃｽﾄ", "𠮷野", "こゝろ"]})
    names = ["swallow_japanese_chars", "japanese_chars"]
    assert measure(rows, names).rows() == [(5, 7), (0, 3), (1, 2), (2, 3)]


PROSE = "\n\n".join(
    f"{a}米を{b}で磨き、糠を除いてから水に浸して蒸し上げる。"
    for a, b in zip("玄白赤黒青", "石臼機杵砂", strict=True)
)


def verdict(text: str, preset: str) -> list[str]:
    rows = pl.DataFrame({"text": [text]})
    row = broken(rows, preset).row(0, named=True)
    return [rule for rule, bad in row.items() if bad]


def test_fixed_keeps_short_paragraphs_set_apart_by_blank_lines() -> None:
    assert "duplicate_paragraph_ratio" in verdict(PROSE, "swallow-v1")
    assert "duplicate_paragraph_ratio" not in verdict(PROSE, "swallow-v1-fixed")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("ﾃｽﾄ" * 200, "japanese_chars"),
        ("𠮷" * 500, "japanese_ratio"),
        ("　　　　　　　　　　　米\n" * 100, "japanese_ratio"),
    ],
)
def test_fixed_counts_all_letters_and_no_white_space(text: str, rule: str) -> None:
    assert rule in verdict(text, "swallow-v1")
    assert rule not in verdict(text, "swallow-v1-fixed")


def test_fixed_weighs_a_phrase_by_how_often_it_is_said() -> None:
    kinds = "".join(chr(0x4E00 + n) for n in range(900))
    text = kinds + "玄米を磨いて糠を除く" * 60
    assert "duplicate_5gram_ratio" not in verdict(text, "swallow-v1")
    assert "duplicate_5gram_ratio" in verdict(text, "swallow-v1-fixed")


def test_fixed_rejects_fewer_for_blank_lines_on_real_documents(documents: pl.DataFrame) -> None:
    plain, fixed = broken(documents, "swallow-v1"), broken(documents, "swallow-v1-fixed")
    assert plain["duplicate_paragraph_ratio"].sum() == 625
    assert fixed["duplicate_paragraph_ratio"].sum() == 79
