import polars as pl
import pytest
from pydantic import ValidationError

from curate.presets.preset import presets
from curate.rules import Rules
from seimai.chain import compile_chain, run_chain
from seimai.errors import SeimaiError
from seimai.recipe import load_recipe


def test_a_threshold_is_changed_in_one_line_or_below_except():
    for given in ({"hiragana_ratio": 0.1}, {"except": {"hiragana_ratio": 0.1}}):
        assert Rules.model_validate(given).thresholds["hiragana_ratio"] == 0.1


def test_null_turns_a_rule_off_and_a_domain_exempts():
    assert "hiragana_ratio" not in Rules.model_validate({"hiragana_ratio": None}).reasons()
    assert Rules(domain="law").thresholds["hiragana_ratio"] == 0.15
    law = Rules.model_validate({"domain": "law", "hiragana_ratio": 0.12})
    assert law.thresholds["hiragana_ratio"] == 0.12


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"preset": "swalow-v1"}, "no preset 'swalow-v1'"),
        ({"except": {"hiragana": 0.1}}, "did you mean 'hiragana_ratio'"),
        ({"domain": "laws"}, "no domain 'laws'"),
    ],
)
def test_what_does_not_exist_is_named_with_what_is_near(given, message):
    with pytest.raises(ValidationError, match=message):
        Rules.model_validate(given)


def test_an_error_in_a_recipe_names_its_line(tmp_path):
    recipe = tmp_path / "r.yaml"
    recipe.write_text("corpus:\n  from: {files: x.txt}\n  steps:\n  - curate.rules: {hiragana: 0.1}\n")
    with pytest.raises(SeimaiError, match=r"r\.yaml:4: corpus.steps\[0\].*hiragana"):
        load_recipe(recipe)


def test_the_reason_is_the_name_of_the_rule():
    rows = pl.DataFrame({"id": ["a", "b"], "text": ["玄米を磨いて精米にする。" * 20, "短い。"]})
    outcome = run_chain(rows, compile_chain([Rules(preset="seimai-ja")], "documents", {}))
    assert outcome.dropped["dropped_by"].sort().to_list() == [
        "curate.rules.repeated",
        "curate.rules.too_short",
    ]


@pytest.mark.parametrize("name", presets())
def test_every_preset_says_where_its_numbers_come_from(name):
    preset = presets()[name]
    assert preset.source
    assert all(rule.why for rule in preset.rules)
    assert len(set(preset.names())) == len(preset.rules)
    assert bool(preset.mends) == name.endswith("-fixed")
    for domain in preset.domains.values():
        assert set(domain) <= set(preset.names())
