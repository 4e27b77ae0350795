"""Entries made from rows that another entry dropped."""

import pytest

from seimai.dataset import open_dataset
from seimai.errors import SeimaiError
from seimai.plan import Planner
from seimai.recipe import load_recipe

TEXTS = ["米を炊く", "爆発", "うるさい!!", "ひらがなだけ", "米を炊く"]
RECIPE = """\
corpus:
  from: {{files: "texts/*.jsonl"}}
  steps: [mycompany.steps.shout, mycompany.steps.loud, mycompany.steps.twins, mycompany.steps.kanji]
again:
  from: {source}
  steps: [{steps}]
"""


def again(write_texts, write_recipe, make, source: str, steps: str = "", texts=TEXTS) -> list[str]:
    write_texts("texts/a.jsonl", texts[::2])
    write_texts("texts/b.jsonl", texts[1::2])
    passes, _ = make(write_recipe(RECIPE.format(source=source, steps=steps)))
    dataset = open_dataset(passes[-1].directory)
    assert dataset.manifest["rows"]["in"] == dataset.kept.read().height + dataset.dropped.read().height
    rows = dataset.kept.read()
    return rows["text"].to_list() if rows.width else []


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("{dropped: corpus, reasons: [failed]}", ["爆発"]),
        ("{dropped: corpus, reasons: [mycompany.steps.shout.failed]}", ["爆発"]),
        ("{dropped: corpus, reasons: [mycompany.steps.loud]}", ["うるさい!!!"]),
    ],
)
def test_rows_come_back_as_the_step_got_them(write_texts, write_recipe, make, source, texts):
    assert again(write_texts, write_recipe, make, source) == texts


def test_all_rows_come_back_when_no_reason_is_named(write_texts, write_recipe, make):
    found = again(write_texts, write_recipe, make, "{dropped: corpus}")
    assert {"爆発", "うるさい!!!", "ひらがなだけ!"} <= set(found)


def test_rows_are_worked_on_again(write_texts, write_recipe, make):
    found = again(
        write_texts, write_recipe, make, "{dropped: corpus, reasons: [too_loud]}", "mycompany.steps.shout"
    )
    assert found == ["うるさい!!!!"]


def test_nothing_dropped_is_an_empty_dataset(write_texts, write_recipe, make):
    source = "{dropped: corpus, reasons: [failed]}"
    steps = "mycompany.steps.shout, mycompany.steps.twins, curate.near_dedup"
    assert again(write_texts, write_recipe, make, source, steps, texts=["米を炊く", "玄米と白米"]) == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{dropped: corpse}", r"recipe.yaml:5: again.from: no entry 'corpse'; did you mean 'corpus'\?"),
        ("{dropped: corpus, reason: failed}", "unknown parameter; did you mean 'reasons'"),
        (
            "{dropped: corpus, reasons: [curate.length.short]}",
            "again.from.reasons: corpus has no step that drops",
        ),
        ("{dropped: again}", "is made from itself: again -> again"),
    ],
)
def test_what_cannot_be_is_said(write_texts, write_recipe, make, source, said):
    with pytest.raises(SeimaiError, match=said):
        again(write_texts, write_recipe, make, source)


def test_a_dataset_without_rows_says_so(write_texts, write_recipe, make, capsys):
    write_texts("texts/a.jsonl", ["爆発", "爆発音"])
    make(write_recipe('corpus: {from: {files: "texts/*"}, steps: [mycompany.steps.shout]}'))
    assert "no row is left; most went as mycompany.steps.shout.failed" in capsys.readouterr().err


def test_rows_have_the_kind_that_the_step_before_made_of_them(tmp_path, write_recipe):
    (tmp_path / "prompts.jsonl").write_text('{"prompt": "米は？"}\n', "utf-8")
    recipe = """\
chats:
  from: {files: prompts.jsonl}
  steps: [generate.turns: {model: our/model, end: assistant}, curate.exact_dedup]
again:
  from: {dropped: chats, reasons: [curate.exact_dedup]}
"""
    planned = Planner(load_recipe(write_recipe(recipe)), tmp_path / "out").plan(["again"])
    assert planned[-1].kind == "chat"
