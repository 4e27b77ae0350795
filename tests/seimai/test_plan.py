"""What is known to be wrong before any row is read, and what enters a dataset's hash."""

from pathlib import Path

import pytest
from mycompany import signals
from mycompany.steps.loud import Loud
from mycompany.steps.shout import Shout

from seimai.errors import SeimaiError
from seimai.plan import Pass, Planner
from seimai.recipe import load_recipe
from seimai.signal import Signal

RECIPE = """\
seed: 1
corpus:
  from: {files: "texts/*.jsonl"}
  steps:
    - mycompany.steps.shout
    - mycompany.steps.twins
    - mycompany.steps.loud
short:
  from: corpus
  steps: [mycompany.steps.kanji]
"""


@pytest.fixture
def plan(write_recipe, write_texts, tmp_path: Path):
    write_texts("texts/a.jsonl", ["米を炊く", "麦"])
    write_texts("texts/b.jsonl", ["玄米"])

    def make(text: str = RECIPE, *names: str, settings: list[str] | None = None) -> list[Pass]:
        recipe = load_recipe(write_recipe(text), settings)
        return Planner(recipe, tmp_path / "out").plan(names or recipe.entries)

    return make


def wrong(plan, text: str) -> str:
    with pytest.raises(SeimaiError) as raised:
        plan(text)
    return str(raised.value).rpartition("/recipe.yaml")[2]


def hashes(passes: list[Pass]) -> dict[str, str]:
    return {p.name: p.hash for p in passes}


def test_row_wise_steps_are_fused_and_whole_dataset_steps_stand_alone(plan, tmp_path: Path):
    passes = plan()
    assert [(p.name, [s.path().rpartition(".")[2] for s in p.steps]) for p in passes] == [
        ("corpus.mycompany.steps.shout", ["shout"]),
        ("corpus.mycompany.steps.twins", ["twins"]),
        ("corpus", ["loud"]),
        ("short", ["kanji"]),
    ]
    assert passes[0].source.files == 2
    assert [p.directory.parent for p in passes] == [tmp_path / "out" / "passes"] * 2 + [tmp_path / "out"] * 2
    assert all(p.directory.name == f"{p.name}-{p.hash[:8]}" for p in passes)
    assert passes[3].signals == {"bangs": 1, "letters": 1, "kanji_share": 1}


def test_only_what_the_named_entry_needs_is_planned(plan):
    assert {p.entry for p in plan(RECIPE, "corpus")} == {"corpus"}


def test_reading_is_a_pass_of_its_own_before_a_whole_dataset_step(plan):
    passes = plan('a: {from: {files: "texts/*"}, steps: [mycompany.steps.twins]}')
    assert [(p.number, len(p.steps), p.source is None) for p in passes] == [(0, 0, False), (1, 1, True)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: {from: b}\nb: {from: c}\nc: {from: a}\n",
            ":1: a: is made from itself: a -> b -> c -> a",
        ),
        (
            'a:\n  from: {files: "texts/*"}\n  steps:\n    - mycompany.steps.counter: {base: a}\n',
            ":1: a: is made from itself: a -> a",
        ),
        (
            'a: {from: {files: "texts/*"}}\nb:\n  from: a\n  steps:\n    - mycompany.steps.mistaken\n',
            ":4: b.steps: mycompany.steps.mistaken names 'bang', neither a column nor a signal; "
            "did you mean 'bangs'?",
        ),
        (
            'm: {from: {files: "texts/*"}, steps: [mycompany.steps.counter]}\n'
            "b:\n  from: m\n  steps:\n    - mycompany.steps.loud\n",
            ":5: b.steps[0]: mycompany.steps.loud takes documents, and here come model",
        ),
        (
            'm: {from: {files: "texts/*"}, steps: [mycompany.steps.counter]}\nb: {from: m}\n',
            ":2: b.from: a model has no rows; steps take it as a parameter, such as model: m",
        ),
        (
            'a: {from: {files: "texts/*"}}\nm: {from: a, steps: [mycompany.steps.counter]}\n'
            "b:\n  from: [a, m]\n",
            ":4: b.from: mixes kinds of rows: documents, model",
        ),
        (
            'corpus: {from: {files: "texts/*"}}\n'
            "m:\n  from: corpus\n  steps:\n    - mycompany.steps.counter: {base: korpus}\n",
            ":5: m.steps[0].mycompany.steps.counter.base: "
            "no entry of the recipe and no file is named 'korpus'; did you mean 'corpus'?",
        ),
        (
            'a: {from: {files: "texts/*"}}\n'
            'm:\n  from: a\n  steps:\n    - mycompany.steps.counter: {base: "models/*"}\n',
            ":5: m.steps[0].mycompany.steps.counter.base: no file matches 'models/*'",
        ),
    ],
)
def test_errors_name_line_and_key(plan, text, message):
    assert wrong(plan, text) == message


def test_an_unknown_key_of_files_is_named(plan):
    message = wrong(plan, 'a:\n  from: {files: "texts/*", licence: MIT}\n')
    assert message == ":2: a.from.licence: unknown parameter; did you mean 'license'?"


def test_no_file_matches(plan):
    message = wrong(plan, 'a:\n  from: {files: "text/*"}\n')
    assert message.startswith(":2: a.from.files: ")
    assert "text/*" in message


def test_a_reference_is_an_entry_a_path_or_a_hub_id(plan, tmp_path: Path):
    (tmp_path / "models").mkdir()
    text = 'a: {from: {files: "texts/*"}}\nm: {from: a, steps: [mycompany.steps.counter: {base: BASE}]}\n'
    by_path = plan(text.replace("BASE", "models"))[-1]
    assert by_path.references == {"models": tmp_path / "models"}
    assert plan(text.replace("BASE", "llm-jp/llm-jp-3-150m"))[-1].references == {}
    other = text + "n: {from: a, steps: [mycompany.steps.counter]}\n"
    by_entry = next(p for p in plan(other.replace("BASE", "n")) if p.entry == "m")
    assert by_entry.references["n"].entry == "n"
    (tmp_path / "models" / "weights").write_text("1")
    assert plan(text.replace("BASE", "models"))[-1].hash != by_path.hash


def test_a_later_pass_of_the_entry_knows_columns_that_an_earlier_one_added(plan):
    base = 'a: {from: {files: "texts/*"}, steps: [mycompany.steps.tag, mycompany.steps.twins, STEP]}\n'
    passes = plan(base.replace("STEP", "mycompany.steps.unmatched"))
    assert passes[-1].chain.measured == {}


def test_parents_that_differ_in_columns_share_what_both_have(plan):
    text = (
        'a: {from: {files: "texts/a*"}, steps: [mycompany.steps.shout, mycompany.steps.tag]}\n'
        'b: {from: {files: "texts/b*"}, steps: [mycompany.steps.kanji, mycompany.steps.tag]}\n'
        "both: {from: [a, b]}\n"
    )
    both = plan(text)[-1]
    assert (both.forget, both.columns, both.signals) == (("kanji_share",), {"tag"}, {})


# -- hashes


def test_the_same_recipe_has_the_same_hashes(plan):
    assert hashes(plan()) == hashes(plan())


def test_a_changed_parameter_changes_what_follows_it(plan):
    before, after = hashes(plan()), hashes(plan(RECIPE.replace("steps.loud", "steps.loud: {at_most: 5}")))
    changed = {n for n in before if before[n] != after[n]}
    assert changed == {"corpus", "short"}


def test_a_default_that_is_written_out_changes_nothing(plan):
    assert hashes(plan()) == hashes(plan(RECIPE.replace("steps.loud", "steps.loud: {at_most: 1}")))


def test_a_changed_version_changes_what_follows_it(plan, monkeypatch):
    before = hashes(plan())
    monkeypatch.setattr(Loud, "version", 2)
    after = hashes(plan())
    assert {n for n in before if before[n] != after[n]} == {"corpus", "short"}
    monkeypatch.setattr(Shout, "version", 2)
    assert all(h != before[n] for n, h in hashes(plan()).items())


def test_a_changed_signal_changes_what_follows_it(plan, monkeypatch):
    before = hashes(plan())
    changed = Signal("share of kanji", "0 to 1", version=2)
    monkeypatch.setitem(signals.SIGNALS, "kanji_share", changed)
    after = hashes(plan())
    assert {n for n in before if before[n] != after[n]} == {"short"}


def test_the_seed_changes_only_whole_dataset_steps_and_what_follows(plan):
    before, after = hashes(plan()), hashes(plan(RECIPE.replace("seed: 1", "seed: 2")))
    assert {n for n in before if before[n] == after[n]} == {"corpus.mycompany.steps.shout"}


def test_content_counts_and_time_does_not(plan, tmp_path: Path, write_texts):
    before = hashes(plan())
    (tmp_path / "texts" / "a.jsonl").touch()
    assert hashes(plan()) == before
    write_texts("texts/a.jsonl", ["米を炊く", "麦飯"])
    after = hashes(plan())
    assert all(after[n] != before[n] for n in before)


def test_a_new_file_counts(plan, write_texts):
    before = hashes(plan())
    write_texts("texts/c.jsonl", ["粟"])
    assert all(h != before[n] for n, h in hashes(plan()).items())


def test_the_folder_may_move(plan, tmp_path: Path):
    before = hashes(plan())
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("texts", "recipe.yaml"):
        (tmp_path / name).rename(moved / name)
    recipe = load_recipe(moved / "recipe.yaml")
    assert hashes(Planner(recipe, moved / "out").plan(recipe.entries)) == before


def test_labels_change_only_what_asks_people(plan, tmp_path: Path, write_recipe, write_texts):
    path = write_recipe(
        'a: {from: {files: "texts/*"}}\nb: {from: a, steps: [mycompany.steps.asks: {folder: texts}]}\n'
    )
    recipe = load_recipe(path)
    people, judge = (hashes(Planner(recipe, tmp_path, labels).plan("ab")) for labels in (None, "judge"))
    assert people["a"] == judge["a"]
    assert people["b"] != judge["b"]


def test_a_parameter_that_says_how_and_not_what_makes_no_other_dataset(plan):
    recipe = "corpus: {from: {files: 'texts/*.jsonl'}, steps: [mycompany.steps.slow: {seconds: %s}]}"
    assert hashes(plan(recipe % 0)) == hashes(plan(recipe % 1))
    (slow,) = plan(recipe % 1)[0].steps
    assert slow.shape() == {}


LOOKUP = "corpus: {from: {files: 'texts/*.jsonl'}, steps: [mycompany.steps.lookup: {file: words/a.txt}]}"


def test_a_row_wise_step_gets_the_place_of_a_file_and_its_content_counts(plan, tmp_path: Path):
    words = tmp_path / "words" / "a.txt"
    words.parent.mkdir()
    words.write_text("糠", "utf-8")
    (made,) = plan(LOOKUP)
    assert made.chain.links[0].step.file == str(words)
    assert made.steps[0].file == "words/a.txt"  # so that a folder which moves is the same dataset
    words.write_text("藁", "utf-8")
    assert plan(LOOKUP)[0].hash != made.hash


def test_a_row_wise_step_gets_the_folder_of_an_entry(plan):
    recipe = "other: {from: {files: 'texts/a.jsonl'}}\n" + LOOKUP.replace("words/a.txt", "other")
    other, made = plan(recipe)
    assert made.chain.links[0].step.file == str(other.directory)


def test_a_file_that_a_row_wise_step_cannot_use_is_named_before_any_work(plan, tmp_path: Path):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "a.txt").touch()
    message = wrong(plan, LOOKUP)
    assert message.startswith(":1: corpus.steps[0].mycompany.steps.lookup: ")
    assert message.endswith("a.txt:1: empty")
