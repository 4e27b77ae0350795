from pathlib import Path

import pytest
from mycompany.steps.loud import Loud
from mycompany.steps.shout import Shout

from seimai.errors import SeimaiError
from seimai.recipe import load_recipe

RECIPE = """\
name: rice
seed: 7
corpus:
  from: {files: "texts/*.jsonl"}
  steps:
    - mycompany.steps.shout
    - mycompany.steps.loud: {at_most: 2}
short:
  from: corpus
  steps:
    - mycompany.steps.loud:
        at_least: 9
"""


def wrong(write_recipe, text: str, settings: list[str] | None = None) -> str:
    """The message without the folder."""
    path = write_recipe(text)
    with pytest.raises(SeimaiError) as raised:
        load_recipe(path, settings)
    return str(raised.value).replace(f"{path.parent}/", "")


def test_a_recipe_is_read_whole(write_recipe):
    recipe = load_recipe(write_recipe(RECIPE))
    assert (recipe.name, recipe.seed, list(recipe.entries)) == ("rice", 7, ["corpus", "short"])
    corpus, short = recipe.entries.values()
    assert (corpus.files, corpus.parents) == ({"files": "texts/*.jsonl"}, ())
    assert corpus.steps == (Shout(), Loud(at_most=2))
    assert (short.files, short.parents, short.steps) == (None, ("corpus",), (Loud(at_least=9),))


def test_name_and_seed_have_defaults(write_recipe):
    recipe = load_recipe(write_recipe("a: {from: {files: x}}\n", "my-rice.yaml"))
    assert (recipe.name, recipe.seed) == ("my-rice", 0)
    assert recipe.entries["a"].steps == ()


def test_paths_are_relative_to_the_recipe(write_recipe, tmp_path: Path, monkeypatch):
    path = write_recipe(RECIPE)
    monkeypatch.chdir("/")
    assert load_recipe(path).folder == tmp_path


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  from: corpus", "  form: corpus", "recipe.yaml:9: short.form: unknown key; did you mean 'from'?"),
        (
            "  from: corpus",
            "  from: corpse",
            "recipe.yaml:9: short.from: no entry 'corpse'; did you mean 'corpus'?",
        ),
        (
            "  from: corpus",
            "  from: 3",
            "recipe.yaml:9: short.from: must be an entry, a list of entries, {files: ...} or {dropped: ...}",
        ),
        (
            "  from: corpus",
            "  from: []",
            "recipe.yaml:9: short.from: must be an entry, a list of entries, {files: ...} or {dropped: ...}",
        ),
        ("  from: corpus\n", "", "recipe.yaml:8: short: says not what it is made from"),
        (
            "seed: 7",
            "sede: 7",
            "recipe.yaml:2: sede: unknown setting; did you mean 'seed'?; a dataset has from and steps",
        ),
        ("seed: 7", "seed: -1", "recipe.yaml:2: seed: -1 is no seed: a whole number from 0"),
        ("seed: 7", "seed: yes", "recipe.yaml:2: seed: 'yes' is no seed: a whole number from 0"),
        ("seed: 7", "seed: true", "recipe.yaml:2: seed: True is no seed: a whole number from 0"),
        (
            "name: rice",
            "name: ../rice",
            "recipe.yaml:1: name: '../rice' is no name: letters, digits, '-' and '_'",
        ),
        ("short:", "a/b:", "recipe.yaml:8: a/b: 'a/b' is no name: letters, digits, '-' and '_'"),
        (
            "steps.shout",
            "steps.shuot",
            "recipe.yaml:6: corpus.steps[0]: unknown step 'mycompany.steps.shuot'; "
            "did you mean 'mycompany.steps.shout'?",
        ),
        (
            "at_most: 2",
            "at_mots: 2",
            "recipe.yaml:7: corpus.steps[1].mycompany.steps.loud.at_mots: "
            "unknown parameter; did you mean 'at_most'?",
        ),
        (
            "at_most: 2",
            "at_most: two",
            "recipe.yaml:7: corpus.steps[1].mycompany.steps.loud.at_most: input should be a valid integer, "
            "unable to parse string as an integer, not 'two'",
        ),
        (
            "at_least: 9",
            "at_least: -9",
            "recipe.yaml:12: short.steps[0].mycompany.steps.loud.at_least: "
            "input should be greater than or equal to 0, not -9",
        ),
        (
            "{at_most: 2}",
            "[at_most]",
            "recipe.yaml:7: corpus.steps[1].mycompany.steps.loud: "
            "parameters must be a mapping, not ['at_most']",
        ),
        (
            "mycompany.steps.loud: {at_most: 2}",
            "mycompany.steps.twins: {fault: twise}",
            "recipe.yaml:7: corpus.steps[1].mycompany.steps.twins.fault: "
            "'twise' is not allowed; did you mean 'twice'?",
        ),
        (
            "mycompany.steps.loud: {at_most: 2}",
            "mycompany.steps.asks",
            "recipe.yaml:7: corpus.steps[1].mycompany.steps.asks: the parameter 'folder' is missing",
        ),
        (
            "mycompany.steps.loud: {at_most: 2}",
            "{mycompany.steps.loud: , mycompany.steps.shout: }",
            "recipe.yaml:7: corpus.steps[1]: a step is a name, or a name with its parameters",
        ),
        (
            "    - mycompany.steps.loud: {at_most: 2}",
            "    -",
            "recipe.yaml:7: corpus.steps[1]: a step is a name, or a name with its parameters",
        ),
        (
            "  steps:\n    - mycompany.steps.shout\n    - mycompany.steps.loud: {at_most: 2}",
            "  steps: mycompany.steps.shout",
            "recipe.yaml:5: corpus.steps: must be a list of steps",
        ),
    ],
)
def test_errors_name_file_line_key_and_the_nearest_value(write_recipe, old, new, message):
    assert RECIPE.count(old) == 1
    assert wrong(write_recipe, RECIPE.replace(old, new)) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "recipe.yaml:1: a recipe is a mapping: name, seed and the datasets to make"),
        ("- a\n- b\n", "recipe.yaml:1: a recipe is a mapping: name, seed and the datasets to make"),
        ("name: rice\n", "recipe.yaml:1: the recipe names no dataset"),
    ],
)
def test_what_is_no_recipe(write_recipe, text, message):
    assert wrong(write_recipe, text) == message


def test_a_duplicate_key_and_a_bad_indentation(write_recipe):
    twice = RECIPE.replace("short:", "corpus:")
    assert wrong(write_recipe, twice).startswith(
        'recipe.yaml:8: not valid YAML: found duplicate key "corpus"'
    )
    slipped = RECIPE.replace("  steps:\n    - mycompany.steps.shout", " steps:\n    - mycompany.steps.shout")
    assert wrong(write_recipe, slipped).startswith("recipe.yaml:5: not valid YAML: ")


def test_an_entry_that_does_not_exist(write_recipe):
    recipe = load_recipe(write_recipe(RECIPE))
    with pytest.raises(SeimaiError, match=r"recipe\.yaml has no entry 'shot'; did you mean 'short'\?"):
        recipe.entry("shot")


def test_set_reaches_the_seed_a_step_everywhere_and_one_entrys_step(write_recipe):
    path = write_recipe(RECIPE)
    assert load_recipe(path, ["seed=11"]).seed == 11
    everywhere = load_recipe(path, ["mycompany.steps.loud.at_most=5"])
    assert everywhere.entries["corpus"].steps[1] == Loud(at_most=5)
    assert everywhere.entries["short"].steps[0] == Loud(at_most=5, at_least=9)
    one = load_recipe(path, ["short.mycompany.steps.loud.at_most=5"])
    assert one.entries["corpus"].steps[1] == Loud(at_most=2)
    assert one.entries["short"].steps[0] == Loud(at_most=5, at_least=9)
    assert load_recipe(path, ["mycompany.steps.shout.mark=♪"]).entries["corpus"].steps[0] == Shout(mark="♪")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("seed", "--set seed: expected key=value"),
        (
            "curate.length.min=1",
            "--set curate.length.min: no step of the recipe has this key (write ENTRY.STEP.KEY or STEP.KEY)",
        ),
        (
            "mycompany.steps.shout.marc=x",
            "recipe.yaml:6: corpus.steps[0].mycompany.steps.shout.marc: "
            "unknown parameter; did you mean 'mark'?",
        ),
        (
            "short.mycompany.steps.loud.at_least=many",
            "recipe.yaml:12: short.steps[0].mycompany.steps.loud.at_least: input should be a valid integer, "
            "unable to parse string as an integer, not 'many'",
        ),
        ("seed=a", "recipe.yaml:2: seed: 'a' is no seed: a whole number from 0"),
    ],
)
def test_set_says_what_is_wrong(write_recipe, setting, message):
    assert wrong(write_recipe, RECIPE, [setting]) == message


@pytest.mark.parametrize("call", ["", "3", "[a]", "{}", "{mycompany.steps.loud: [x]}"])
def test_set_on_a_malformed_recipe_tells_of_the_recipe(write_recipe, call):
    text = RECIPE.replace("mycompany.steps.loud: {at_most: 2}", call)
    message = wrong(write_recipe, text, ["mycompany.steps.loud.at_most=1"])
    assert message.startswith("recipe.yaml:7: corpus.steps[1]"), message
