"""`seimai steps` describes what it is given: steps, signals, presets, templates."""


def page(seimai, *arguments: str) -> str:
    done = seimai("steps", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_presets_are_listed_with_their_source(seimai):
    text = page(seimai, "curate.presets")
    assert "swallow-v1-fixed" in text
    assert "seimai-ja" in text


def test_a_preset_shows_its_rules_domains_and_mends(seimai):
    ours = page(seimai, "curate.presets.seimai_ja")
    assert "letters_out_of_order" in ours
    assert "domain poetry: fragments off" in ours
    swallow = page(seimai, "curate.presets.swallow_v1")
    assert "hiragana_ratio" in swallow
    assert "- Duplicated paragraphs are lines that are not blank" in swallow


def test_templates_are_listed_with_version_and_purpose(seimai):
    text = page(seimai, "generate.templates")
    assert "translate" in text
    assert "大阪弁で返事をさせる" in text
