import polars as pl
import pytest
from pydantic import ValidationError

from curate.presets.preset import presets
from curate.rules import Rules
from seimai.chain import compile_chain, run_chain
from seimai.errors import SeimaiError
from seimai.recipe import load_recipe


def test_a_threshold_is_changed_in_one_line_or_below_except():
    for given in ({"little_kana": 0.2}, {"except": {"little_kana": 0.2}}):
        assert Rules.model_validate(given).thresholds["little_kana"] == 0.2


def test_null_turns_a_rule_off_and_a_domain_exempts():
    assert "little_kana" not in Rules.model_validate({"little_kana": None}).reasons()
    assert Rules(domain="law").thresholds["run_on"] == 400
    assert Rules.model_validate({"domain": "law", "run_on": 300}).thresholds["run_on"] == 300


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"preset": "swalow-v1"}, "no preset 'swalow-v1'"),
        ({"except": {"litle_kana": 0.1}}, "did you mean 'little_kana'"),
        ({"domain": "laws"}, "no domain 'laws'"),
    ],
)
def test_what_does_not_exist_is_named_with_what_is_near(given, message):
    with pytest.raises(ValidationError, match=message):
        Rules.model_validate(given)


def test_an_error_in_a_recipe_names_its_line(tmp_path):
    recipe = tmp_path / "r.yaml"
    recipe.write_text("corpus:\n  from: {files: x.txt}\n  steps:\n  - curate.rules: {litle_kana: 0.1}\n")
    with pytest.raises(SeimaiError, match=r"r\.yaml:4: corpus.steps\[0\].*litle_kana"):
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
