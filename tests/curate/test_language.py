"""Language identification: sampling must not change fastText's verdict."""

from pathlib import Path

import polars as pl
import pytest

from curate.language import Language
from curate.signals import measure

GOLDEN = Path(__file__).parents[2] / "../shared/golden"


def reasons_of(step: Language, *texts: str) -> dict[str, list[bool]]:
    signals = measure(pl.DataFrame({"text": texts}), ["language", "language_probability"])
    return {reason: signals.select(bad).to_series().to_list() for reason, bad in step.reasons().items()}


def test_other_languages_go_and_say_so() -> None:
    found = reasons_of(Language(), "玄米を磨くことを精米という。", "Rice is polished before it is brewed.")
    assert found == {"other_language": [False, True], "uncertain": [False, False]}


def test_a_wanted_language_may_be_uncertain_and_the_bound_moves() -> None:
    text = "int main() を呼ぶ"
    assert reasons_of(Language(), text) == {"other_language": [False], "uncertain": [True]}
    assert reasons_of(Language(at_least=0.4), text)["uncertain"] == [False]


def test_more_than_one_language_can_be_kept() -> None:
    step = Language(keep=["ja", "en"])
    assert not any(reasons_of(step, "Rice is polished before it is brewed.", "米を磨く。")["other_language"])


def test_blank_text_is_in_no_language() -> None:
    signals = measure(pl.DataFrame({"text": ["", " \n　", None]}), ["language_probability", "language"])
    assert signals.rows() == [(0.0, "und"), (0.0, "und"), (None, None)]
    assert reasons_of(Language(), "")["other_language"] == [True]


def test_a_long_document_with_a_foreign_opening_is_read_throughout() -> None:
    text = "All rights reserved. " * 60 + "玄米を磨いて白くすることを精米という。\n" * 400
    assert reasons_of(Language(), text) == {"other_language": [False], "uncertain": [False]}


def test_probability_is_at_most_one() -> None:
    signals = measure(pl.DataFrame({"text": ["これは日本語の文章です。" * 200]}), ["language_probability"])
    assert signals.item() == 1.0


@pytest.mark.skipif(not GOLDEN.exists(), reason="the golden files are not beside the repository")
def test_the_verdict_is_that_of_the_whole_text() -> None:
    documents = pl.read_parquet(GOLDEN / "docs.parquet", columns=["text"])
    whole = pl.read_parquet(GOLDEN / "fasttext_lid176ftz.parquet")
    sampled = measure(documents, ["language", "language_probability"])
    blank = documents["text"].str.strip_chars() == ""  # fastText says en or zh of nothing
    step = Language()
    kept = ~sampled.select(pl.any_horizontal(step.reasons().values())).to_series()
    whole_kept = (whole["label"] == "ja") & (whole["prob"] >= step.at_least)
    assert sampled["language"].filter(~blank).to_list() == whole["label"].filter(~blank).to_list()
    assert kept.to_list() == whole_kept.to_list()
