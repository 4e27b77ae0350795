"""C4's and mC4's rules as datatrove has them: verdicts of the golden files, lines by hand."""

import polars as pl
import pytest

pytest.importorskip("sudachipy", reason="words need SudachiPy")
pytest.importorskip("sudachidict_core", reason="words need SudachiPy's dictionary")

from curate.c4_lines import C4Lines
from curate.rules import Rules
from curate.signals import measure
from seimai.chain import compile_chain, run_chain
from seimai.signal import named


@pytest.fixture(scope="module")
def golden(shared):
    folder = shared / "golden"
    docs = pl.read_parquet(folder / "docs.parquet", columns=["id", "text"])
    return docs.join(pl.read_parquet(folder / "fineweb2_ja.parquet"), on="id")


def first_reasons(rows: pl.DataFrame, name: str) -> pl.Series:
    reasons = Rules(preset=name).reasons()
    found = rows.select("id").hstack(measure(rows, sorted(named(reasons.values()))))
    return found.select(
        pl.coalesce([pl.when(bad).then(pl.lit(rule)) for rule, bad in reasons.items()])
    ).to_series()


def test_every_reason_is_datatroves(golden):
    quality, paragraphs = first_reasons(golden, "c4"), first_reasons(golden, "mc4")
    assert quality.equals(golden["c4_qual_reason"], null_equal=True)
    assert (paragraphs == "too_few_paragraphs").fill_null(value=False).equals(~golden["c4_para_keep"])


def test_lazy_verdicts_are_those_with_everything_measured(golden):
    outcome = run_chain(golden.select("id", "text"), compile_chain([Rules(preset="c4")], "documents", {}))
    assert outcome.kept["id"].to_list() == golden.filter("c4_qual_keep")["id"].to_list()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('He said "no".\n  She came, too!  \nWho is it?', 'He said "no".\nShe came, too!\nWho is it?'),
        ("米を磨く。\nWait a moment...\nToo short.", ""),
        ("It is so.[12] Or is it?[edit] It is.", "It is so. Or is it? It is."),
        ("Turn Javascript on.\nSee our Privacy Policy.\nThis one stays.", "This one stays."),
        ("x" * 1001 + " is a word.\nAnd this is one.", "And this is one."),
        (None, None),
    ],
)  # fmt: skip
def test_lines_that_stay(text, kept):
    rows = pl.DataFrame({"id": ["a"], "text": [text]}, schema={"id": pl.String, "text": pl.String})
    assert C4Lines().apply(rows)["text"].to_list() == [kept]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("This is lorem ipsum text.", "lorem_ipsum"),
        ("It is written { so }.", "curly_bracket"),
        ("One of it. Two of it. Three of it! Four of it?", "too_few_sentences"),
        ("One of it. Two of it. Three of it! Four of it? Five of it.", None),
    ],
)
def test_the_reason_for_which_a_page_goes(text, reason):
    assert first_reasons(pl.DataFrame({"id": ["a"], "text": [text]}), "c4").to_list() == [reason]


def test_three_long_lines_are_enough_for_mc4():
    line = "米" * 200
    rows = pl.DataFrame({"id": ["a", "b", "c"], "text": [f"{line}\n{line}\n{line}", f"{line}\n{line}", None]})
    assert first_reasons(rows, "mc4").to_list() == [None, "too_few_paragraphs", None]
