"""What-if: thresholds moved over real runs, compared with runs of the moved thresholds."""

import io
import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from curate.presets.preset import preset, presets
from curate.rules import Rules
from curate.signals import SIGNALS
from seimai.dataset import Dataset
from seimai.errors import SeimaiError
from seimai.interval import wilson
from seimai.tune import Question, find, tune
from seimai.tuning.curve import curve
from seimai.tuning.decide import DROPPED, KEPT, UNDECIDED
from seimai.tuning.effect import Effect
from seimai.tuning.lineage import Entry, Place, open_entry
from seimai.tuning.thresholds import numbers, thresholds

RULES = {"chars": 20, "hiragana_ratio": 0.2, "duplicate_5gram_ratio": 0.4}
EXCEPT = {name: RULES.get(name) for name in preset("swallow-v1").names()}

FILTERS = f"""\
name: small
corpus:
  from: {{files: "texts.jsonl"}}
  steps:
    - curate.length: {{min_chars: 30}}
    - curate.kana: {{at_least: 0.3}}
    - curate.rules: {{preset: swallow-v1, except: {json.dumps(EXCEPT)}}}
    - curate.repetition
"""

CHANGING = """\
name: changing
corpus:
  from: {files: "texts.jsonl"}
  steps:
    - mycompany.steps.loud: {at_most: 2, at_least: 3}
    - mycompany.steps.wordiness
    - mycompany.steps.shout
    - mycompany.steps.kanji: {at_least: 0.1}
    - mycompany.steps.wordiness: {longer_than: 12}
"""


def texts(count: int = 60) -> list[str]:
    """Prose, kanji, repeated lines and shouting of many lengths."""
    chance = random.Random(5)
    made: list[str] = []
    for _ in range(count):
        parts = ["".join(chance.choices("のはをにがとでもからまいるす", k=chance.randint(0, 30)))]
        parts += ["".join(chance.choices("精米機械工場製造", k=chance.randint(0, 20)))]
        parts += ["トップへ戻る。\n"] * chance.choice([0, 0, 0, 3])
        parts += ["!" * chance.randint(0, 4), " 語" * chance.randint(0, 5)]
        made.append("".join(parts) or "あ")
    return made


@pytest.fixture(scope="module")
def quiet() -> Console:
    return Console(quiet=True)


@pytest.fixture
def run(make, write_recipe, write_texts) -> Callable[..., Path]:
    """Runs a recipe over some texts; returns the dataset of `corpus`."""

    def made(recipe: str, some: list[str] | None = None, settings: list[str] | None = None) -> Path:
        write_texts("texts.jsonl", texts() if some is None else some)
        passes, _ = make(write_recipe(recipe), settings=settings)
        return next(p.directory for p in reversed(passes) if p.entry == "corpus")

    return made


def ids(effect: Effect, code: int) -> list[str]:
    rows = (effect.now.side == code).nonzero()[0]
    return sorted(effect.decider.stored.fetch(rows, ["id"])["id"]) if rows.size else []


def kept(path: Path) -> list[str]:
    rows = Dataset(path).kept
    return sorted(rows.read(["id"])["id"]) if len(rows) else []


SHARE = st.floats(0, 1).map(lambda x: round(x, 3))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chars=st.integers(0, 60), kana=SHARE, ratio=SHARE, lines=SHARE)
def test_tuning_to_x_keeps_what_a_run_with_x_keeps(run, quiet, chars, kana, ratio, lines):
    base = run(FILTERS)
    changed = [
        f"curate.length.min_chars={chars}",
        f"curate.kana.at_least={kana}",
        f"corpus.curate.rules.hiragana_ratio={ratio}",
        f"curate.repetition.max_lines={lines}",
    ]
    effect = tune(Question(base, changed, rows=0), quiet)
    again = run(FILTERS, settings=changed)
    assert ids(effect, KEPT) == kept(again)
    assert not ids(effect, UNDECIDED)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bangs=st.integers(0, 4),
    letters=st.integers(0, 40),
    kanji=SHARE,
    longer=st.integers(0, 60),
    words=st.integers(0, 5),
)
def test_what_is_certain_is_as_in_a_run_and_nothing_is_guessed(
    run, quiet, bangs, letters, kanji, longer, words
):
    """A transform between the filters, a costly signal, and one filter on both sides of the transform."""
    base = run(CHANGING)
    changed = [
        f"mycompany.steps.loud.at_most={bangs}",
        f"mycompany.steps.loud.at_least={letters}",
        f"mycompany.steps.kanji.at_least={kanji}",
        f"mycompany.steps.wordiness.longer_than={longer}",
        f"mycompany.steps.wordiness.at_most={words}",
    ]
    effect = tune(Question(base, changed, rows=0), quiet)
    again = kept(run(CHANGING, settings=changed))
    assert set(ids(effect, KEPT)) <= set(again)
    assert not set(ids(effect, DROPPED)) & set(again)


@pytest.mark.parametrize("recipe", [FILTERS, CHANGING])
def test_the_same_thresholds_change_nothing(run, quiet, recipe):
    base = run(recipe)
    same = [f"{t.name}={t.now}" for t in thresholds(open_entry(base)) if "wordiness" not in t.name]
    for changed in ([], same):
        effect = tune(Question(base, changed), quiet)
        assert (effect.now.side == effect.before).all()
        assert all(line.before == line.after for line in effect.reasons())


def test_filters_after_a_whole_dataset_step_and_after_another_entry(run, quiet):
    """Signals that an earlier entry or pass measured are there; only the last filters move."""
    recipe = """\
raw:
  from: {files: "texts.jsonl"}
  steps: [mycompany.steps.loud: {at_most: 3, at_least: 1}]
corpus:
  from: raw
  steps:
    - mycompany.steps.kanji: {at_least: 0.05}
    - mycompany.steps.twins
    - mycompany.steps.loud: {at_most: 2, at_least: 5}
    - mycompany.steps.kanji: {at_least: 0.1}
"""
    changed = ["corpus.mycompany.steps.loud.at_least=30"]
    effect = tune(Question(run(recipe), changed, rows=0), quiet)
    assert (ids(effect, KEPT), ids(effect, UNDECIDED)) == (kept(run(recipe, settings=changed)), [])
    assert effect.turned(KEPT, DROPPED).size > 0


def test_reasons_are_counted_before_after_and_alone(run, quiet):
    """あ×10: too short for 30 and of enough kana; 米×40: long enough, no kana; 米: both."""
    base = run(FILTERS, ["あ" * 10, "米" * 40, "米", "".join(map(chr, range(0x3041, 0x3091)))])
    effect = tune(Question(base, ["curate.length.min_chars=5"], rows=0), quiet)
    (line,) = effect.reasons()
    assert (line.name, line.before, line.after, line.alone) == ("curate.length.too_short", 2, 1, 0)
    assert effect.count(effect.before, KEPT).rows == 1
    assert effect.count(effect.now.side, KEPT).rows == 1  # あ×10 is still too short for curate.rules


def test_rows_say_what_they_were_and_are(run, quiet):
    base = run(FILTERS, ["あいうえおかきくけこさしすせそたちつてとなにぬねの", "米" * 40])
    effect = tune(Question(base, ["curate.length.min_chars=21"], rows=0), quiet)
    (change,) = effect.changes(5, thresholds(effect.old)[:1])
    assert change.was == "curate.length.too_short"
    assert change.now == "kept"
    assert (change.values, change.text) == ("chars 25", "あいうえおかきくけこさしすせそたちつてとなにぬねの")


def test_loosening_before_a_change_of_the_text_is_certain_for_what_was_kept(run, quiet):
    base = run(CHANGING, ["静かな文", "叫ぶ文!!!", "叫ぶ文!!!!!"])
    effect = tune(Question(base, ["mycompany.steps.loud.at_most=4"], rows=0), quiet)
    assert effect.turned(KEPT, UNDECIDED).size == 0
    assert effect.turned(DROPPED, UNDECIDED).size == 1
    assert effect.open_questions() == [
        (
            1,
            "they would have to go through mycompany.steps.shout before mycompany.steps.kanji, "
            "mycompany.steps.wordiness can decide",
        )
    ]


def test_tightening_before_a_change_of_the_text_is_decided_on_the_old_text(run, quiet):
    """`shout` adds a mark to what it gets: two of 叫ぶ文!! were counted, three are in the text."""
    base = run(CHANGING, ["静かな文", "叫ぶ文!!", "叫ぶ文!!!!!"])
    effect = tune(Question(base, ["mycompany.steps.loud.at_most=1"], rows=0), quiet)
    assert (effect.turned(KEPT, DROPPED).size, effect.turned(KEPT, KEPT).size) == (1, 1)
    assert effect.open_questions() == []


def test_signals_of_a_text_that_was_changed_twice_by_one_step_are_not_known(run, quiet):
    recipe = """\
corpus:
  from: {files: "texts.jsonl"}
  steps:
    - mycompany.steps.loud: {at_most: 2}
    - mycompany.steps.shout
    - mycompany.steps.kanji: {at_least: 0.1}
    - mycompany.steps.shout
"""
    base = run(recipe, ["静かな文", "叫ぶ文!!"])
    effect = tune(Question(base, ["mycompany.steps.loud.at_most=1"], rows=0), quiet)
    assert effect.open_questions() == [
        (
            2,
            "the signals that mycompany.steps.loud decided on are not stored: "
            "mycompany.steps.shout changed the text",
        )
    ]
    effect = tune(Question(base, ["mycompany.steps.kanji.at_least=0.5"], rows=0), quiet)
    assert (effect.turned(KEPT, DROPPED).size, effect.turned(KEPT, UNDECIDED).size) == (2, 0)


WORDY = """\
corpus:
  from: {files: "texts.jsonl"}
  steps: [mycompany.steps.wordiness]
"""


def test_costly_signals_that_were_not_measured_are_undecided(run, quiet):
    base = run(WORDY, ["一 二 三 四", "一 二 三 四 五 六 七", "一"])
    assert (
        tune(Question(base, ["mycompany.steps.wordiness.at_most=5"], rows=0), quiet)
        .turned(DROPPED, KEPT)
        .size
        == 0
    )
    assert (
        tune(Question(base, ["mycompany.steps.wordiness.at_most=7"], rows=0), quiet)
        .turned(DROPPED, KEPT)
        .size
        == 1
    )
    effect = tune(Question(base, ["mycompany.steps.wordiness.longer_than=5"], rows=0), quiet)
    assert (effect.turned(KEPT, UNDECIDED).size, effect.turned(KEPT, DROPPED).size) == (1, 0)
    assert effect.open_questions() == [(1, "not measured for them, since nothing hung on it: words")]


TWINS = """\
corpus:
  from: {files: "texts.jsonl"}
  steps:
    - mycompany.steps.loud: {at_most: 9}
    - mycompany.steps.twins
"""


def test_whole_dataset_steps_after_the_filter(run, quiet):
    """One of two equal texts was dropped; the filter can drop both; what comes in was not compared."""
    base = run(TWINS, ["同じ文!!", "同じ文!!", "一人の文", "あ"])
    effect = tune(Question(base, ["mycompany.steps.loud.at_most=1"], rows=0), quiet)
    assert (effect.turned(KEPT, DROPPED).size, effect.turned(DROPPED, DROPPED).size) == (1, 2)
    assert effect.same_fate() == []
    assert effect.chooses_anew() == ["mycompany.steps.twins"]
    effect = tune(Question(base, ["mycompany.steps.loud.at_least=1"], rows=0), quiet)
    assert effect.still_to_pass() == [(1, "mycompany.steps.twins")]
    assert effect.same_fate() == [(1, "mycompany.steps.twins")]


def test_a_duplicate_whose_survivor_goes_is_undecided(run, quiet):
    recipe = """\
corpus:
  from: {files: "texts.jsonl"}
  steps:
    - curate.length: {min_chars: 1}
    - curate.near_dedup: {threshold: 0.5, ngram: 2, keep: first}
"""
    base = run(recipe, ["玄米を磨くと精米になる。", "玄米を磨くと精米になる。そして炊く。", "別の文である。"])
    effect = tune(Question(base, ["curate.length.min_chars=13"], rows=0), quiet)
    assert effect.turned(DROPPED, UNDECIDED).size == 1
    assert effect.open_questions() == [
        (
            1,
            "curate.near_dedup dropped them for documents that go now: "
            "one of each cluster would take their place",
        )
    ]


def test_a_rewrite_begins_the_rows_anew(run, quiet):
    recipe = """\
corpus:
  from: {files: "texts.jsonl"}
  steps:
    - mycompany.steps.loud: {at_least: 2}
    - mycompany.steps.halves
    - mycompany.steps.kanji: {at_least: 0.1}
"""
    base = run(recipe, ["精米かな", "ああああ", "あ"])
    effect = tune(Question(base, ["mycompany.steps.kanji.at_least=0"], rows=0), quiet)
    assert (len(effect.before), effect.turned(DROPPED, KEPT).size) == (4, 3)
    with pytest.raises(SeimaiError, match=r"no filter of corpus has this key; did you mean"):
        tune(Question(base, ["mycompany.steps.loud.at_least=1"]), quiet)


def test_signals_of_another_preset_are_not_measured(run, quiet, monkeypatch):
    from curate.presets import swallow_v1
    from curate.presets.preset import Preset, Rule

    other = Preset("test", (Rule("symbols", 0.1, lambda t: pl.col("symbol_ratio") > t, ""),))
    monkeypatch.setitem(swallow_v1.PRESETS, "other", other)
    settings = ["curate.rules.preset=other", "curate.rules.except={}"]
    effect = tune(Question(run(FILTERS), settings, rows=0), quiet)
    assert effect.turned(KEPT, UNDECIDED).size == effect.count(effect.before, KEPT).rows > 0
    why = [why for _, why in effect.open_questions()]
    assert why == ["not measured for them, since nothing hung on it: symbol_ratio"]


@pytest.mark.parametrize("name", sorted(presets()))
def test_every_number_of_every_preset_moves_a_rule(name):
    step = Rules(preset=name)
    entry = Entry(Dataset(Path()), "corpus", "documents", (Place(0, (step,)),), 0, {})
    found = {t.key: t for t in thresholds(entry)}
    assert sorted(found) == sorted(numbers(step))
    without = {key for key, t in found.items() if any(m.compared is None for m in t.moves)}
    assert without <= {"rare_kuten", "too_long"}  # kuten < chars / threshold; a rule that is off


def test_a_curve_of_a_rule_that_compares_two_signals(run, quiet, monkeypatch):
    from curate.length import Length

    monkeypatch.setattr(
        Length, "reasons", lambda self: {"sparse": pl.col("lines") < pl.col("chars") / self.min_chars}
    )
    base = run('corpus: {from: {files: "texts.jsonl"}, steps: [{curate.length: {min_chars: 40}}]}\n')
    effect = tune(Question(base, rows=0), quiet)
    (threshold,) = thresholds(effect.old)
    found = curve(effect.decider, threshold, effect.old, effect.new)
    assert found
    assert (found.points[0].value, found.points[-1].value) == (10, 160)
    assert found.points[0].kept < found.points[-1].kept


def test_text_is_read_only_for_what_is_shown(run, quiet):
    base = run(FILTERS, ["".join(map(chr, range(0x3041, 0x3091))) + f"その{i}" for i in range(500)])
    effect = tune(Question(base, ["curate.length.min_chars=85"], rows=0), quiet)
    stored = effect.decider.stored
    assert (stored.text_bytes, "text" in stored.rows.columns) == (0, False)
    assert stored.read_bytes < stored.all_bytes / 5
    assert effect.count(effect.before, KEPT).chars == sum(map(len, Dataset(base).kept.read(["text"])["text"]))


def test_characters_are_counted_on_demand(run, quiet):
    recipe = 'corpus: {from: {files: "texts.jsonl"}, steps: [{curate.kana: {at_least: 0.5}}]}\n'
    base = run(recipe, ["あいう", "米米"])
    effect = tune(Question(base, ["curate.kana.at_least=0"], rows=0), quiet)
    assert effect.count(effect.before, KEPT).chars is None
    effect = tune(Question(base, ["curate.kana.at_least=0"], rows=0, count=True), quiet)
    assert (effect.count(effect.before, KEPT).chars, effect.count(effect.now.side, KEPT).chars) == (3, 5)


# Suggestions


def test_suggested_thresholds_lose_what_was_allowed(run, quiet, write_texts):
    """The trusted texts have 40 to 139 characters; of 100, two may go."""
    base = run(FILTERS, ["".join(map(chr, range(0x3041, 0x3091))), "あ" * 20])
    kana = "".join(map(chr, range(0x3041, 0x3091)))
    trusted = write_texts("trusted.jsonl", [(kana * 2)[: 40 + n % 100] for n in range(100)])
    recipe = 'corpus: {from: {files: "texts.jsonl"}, steps: [{curate.length: {min_chars: 30}}]}\n'
    base = run(recipe, ["あ" * 35, "あ" * 50])
    effect = tune(Question(base, trusted=trusted, loss=0.02, rows=0), quiet)
    assert [t.now for t in thresholds(effect.new)] == [42]
    assert effect.count(effect.now.side, KEPT).rows == 1


def test_few_trusted_documents_are_said_to_be_few(run, write_texts):
    trusted = write_texts("trusted.jsonl", ["あいうえお" * 9, "かきくけこ" * 10])
    base = run('corpus: {from: {files: "texts.jsonl"}, steps: [{curate.length: {min_chars: 30}}]}\n')
    console = Console(record=True, width=200, file=io.StringIO())
    tune(Question(base, trusted=trusted, rows=0), console)
    said = console.export_text()
    assert "2 documents are too few for a loss of 2.0%" in said
    assert "curate.length.min_chars    30          45   stricter      0    0.0%" in said
    assert "with 95 % confidence" in said
    assert "seimai run RECIPE corpus --set corpus.curate.length.min_chars=45" in said
    assert wilson(1, 2).low < 0.1 < 0.9 < wilson(1, 2).high


def test_trusted_files_go_through_the_transforms_before_the_last_filter(run, write_texts):
    recipe = """\
corpus:
  from: {files: "texts.jsonl"}
  steps:
    - mycompany.steps.shout: {mark: "!!"}
    - mycompany.steps.loud: {at_most: 9, at_least: 3}
    - mycompany.steps.shout: {mark: "あとの印"}
"""
    trusted = write_texts("trusted.jsonl", ["米" * n for n in range(10, 40)])
    console = Console(record=True, width=200, file=io.StringIO())
    effect = tune(Question(run(recipe), trusted=trusted, loss=0, rows=0), console)
    assert [(t.key, t.now) for t in thresholds(effect.new)] == [("at_most", 2), ("at_least", 12)]
    assert "30 trusted documents (measured after mycompany.steps.shout)" in console.export_text()


def test_a_dataset_is_trusted_with_its_stored_signals(run, quiet, make, write_recipe, write_texts):
    good = write_texts("good.jsonl", ["あ" * n + "。" for n in range(60, 110)])
    recipe = write_recipe(
        f'good: {{from: {{files: "{good.name}"}}, steps: [{{curate.length: {{min_chars: 1}}}}]}}\n',
        "good.yaml",
    )
    passes, _ = make(recipe)
    base = run('corpus: {from: {files: "texts.jsonl"}, steps: [{curate.length: {min_chars: 30}}]}\n')
    effect = tune(Question(base, trusted=passes[-1].directory, loss=0.0, rows=0), quiet)
    assert [t.now for t in thresholds(effect.new)] == [61]


# Errors


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("curate.length.min_char=3", "curate.length has no 'min_char'; did you mean 'min_chars'"),
        ("curate.lenght.min_chars=3", "did you mean 'curate.length.min_chars'"),
        ("curate.rules.hiragana=0.1", "did you mean 'hiragana_ratio'"),
        ("nothing.like.it=1", "its filters are curate.length, curate.kana, curate.rules, curate.repetition"),
        ("curate.kana.at_least=2", "less than or equal to 1"),
        ("curate.kana.at_least", "expected key=value"),
        ("curate.rules.preset=swallow-v2", "did you mean 'swallow-v1'"),
    ],
)
def test_settings_that_cannot_be(run, quiet, setting, message):
    base = run(FILTERS, ["あ" * 40])
    with pytest.raises(SeimaiError, match=message):
        tune(Question(base, [setting]), quiet)


def test_steps_that_are_no_filters_are_not_tuned(run, quiet):
    base = run(CHANGING, ["静かな文"])
    with pytest.raises(SeimaiError, match=r"mycompany.steps.shout is no filter"):
        tune(Question(base, ["mycompany.steps.shout.mark=?"]), quiet)


def test_datasets_without_filters(run, quiet, tmp_path):
    base = run('corpus: {from: {files: "texts.jsonl"}, steps: [mycompany.steps.shout]}\n')
    with pytest.raises(SeimaiError, match="has no filters: there is no threshold to move"):
        tune(Question(base), quiet)
    with pytest.raises(SeimaiError, match="no such dataset"):
        tune(Question(tmp_path / "nowhere"), quiet)
    with pytest.raises(SeimaiError, match=r"recipe.yaml is a file; name the dataset that a run made, or its"):
        tune(Question(tmp_path / "recipe.yaml"), quiet)


def test_a_changed_signal_or_filter_is_reported(run, quiet, monkeypatch):
    from dataclasses import replace

    from curate.length import Length

    base = run(FILTERS)
    with monkeypatch.context() as patch:
        patch.setitem(SIGNALS, "chars", replace(SIGNALS["chars"], version=99))
        with pytest.raises(SeimaiError, match=r"'chars' was measured as version \d+, and this is version 99"):
            tune(Question(base), quiet)
    with monkeypatch.context() as patch:
        patch.setattr(Length, "version", 99)
        with pytest.raises(SeimaiError, match=r"made by version 1 of curate.length, and this is version 99"):
            tune(Question(base), quiet)
    with monkeypatch.context() as patch:
        patch.setattr(Length, "reasons", lambda self: {"too_short": pl.col("chars") < self.min_chars + 9})
        with pytest.raises(
            SeimaiError, match=r"curate.length.too_short is decided otherwise today for \d+ rows"
        ):
            tune(Question(base), quiet)


def test_a_pass_that_was_deleted(run, quiet):
    base = run(TWINS, ["同じ文", "同じ文"])
    shutil.rmtree(base.parent / "passes")
    with pytest.raises(
        SeimaiError, match=r"made from the pass corpus.mycompany.steps.loud-\w+, which is gone"
    ):
        tune(Question(base), quiet)


def test_folders_of_runs(make, write_recipe, write_texts, tmp_path, quiet):
    write_texts("texts.jsonl", texts(5))
    both = "{}: {{from: {{files: texts.jsonl}}, steps: [{{curate.length: {{min_chars: 3}}}}]}}\n"
    plain = "plain: {from: {files: texts.jsonl}}\n"
    make(write_recipe(both.format("one") + plain))
    assert find(tmp_path / "out").name.startswith("one-")
    make(write_recipe(both.format("one") + both.format("two") + plain))
    with pytest.raises(
        SeimaiError, match=r"2 datasets with filters; name one of them: \S+one-\w+, \S+two-\w+"
    ):
        find(tmp_path / "out")
    assert find(tmp_path / "out", ["two.curate.length.min_chars=4"]).name.startswith("two-")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SeimaiError, match="is no finished dataset and holds none"):
        find(tmp_path / "empty")


# Pages and pictures


def test_the_command(seimai, run, tmp_path):
    run(WORDY, ["一 二 三 四 五", "精 米 機 の 話", "短い", "一"])
    place = next((tmp_path / "out").glob("corpus-*"))
    done = seimai("tune", place, "--set", "mycompany.steps.wordiness.最少文字数=2", "--plot", "curve.svg")
    assert done.returncode == 0, done.stderr
    assert "documents kept        2       1   -1 (0 come in, 1 go)" in done.stdout
    assert re.search(r"[0-9a-f]{24}   kept → mycompany.steps.wordiness.短すぎる  \(letters 1\)", done.stdout)
    assert "seimai run RECIPE corpus --set mycompany.steps.wordiness.最少文字数=2" in done.stdout
    assert "  - mycompany.steps.wordiness: {最少文字数: 2}" in done.stdout
    assert re.search(r"Read 0\.0 MB of 0\.0 MB, 0\.0 MB of it texts that are shown, in \d", done.stdout)
    words = " ".join(ElementTree.parse(tmp_path / "curve.svg").getroot().itertext())
    assert "mycompany.steps.wordiness.最少文字数" in words
    assert "残る文書" in words
    again = seimai("tune", place, "--set", "mycompany.steps.wordiness.最小文字数=2")
    assert (again.returncode, again.stdout) == (1, "")
    assert "mycompany.steps.wordiness has no '最小文字数'; did you mean '最少文字数'?" in again.stderr


def test_plots_of_other_forms(run, quiet, tmp_path, monkeypatch):
    base = run(FILTERS)
    tune(Question(base, rows=0, plot=tmp_path / "all.html"), quiet)
    page = (tmp_path / "all.html").read_text("utf-8")
    assert page.startswith('<!doctype html><html lang="ja"><meta charset="utf-8">')
    assert page.count("<g transform") == len(thresholds(open_entry(base)))
    with pytest.raises(SeimaiError, match=r"must end in .svg, .html, .png"):
        tune(Question(base, plot=tmp_path / "all.pdf"), quiet)
    with pytest.raises(SeimaiError, match="cannot be written"):
        tune(Question(base, plot=tmp_path / "nowhere" / "all.svg"), quiet)
    monkeypatch.setitem(__import__("sys").modules, "resvg_py", None)
    with pytest.raises(SeimaiError, match=r"pip install 'seimai\[plot\]'"):
        tune(Question(base, plot=tmp_path / "all.png"), quiet)


def test_a_png(run, quiet, tmp_path):
    pytest.importorskip("resvg_py", reason="the extra `plot` is not installed")
    tune(Question(run(FILTERS), rows=0, plot=tmp_path / "all.png"), quiet)
    assert (tmp_path / "all.png").read_bytes().startswith(b"\x89PNG")


def test_the_yaml_line_is_what_the_recipe_takes(run, quiet, write_recipe, make):
    from ruamel.yaml import YAML

    from seimai.tuning.recipe_line import commands

    base = run(FILTERS)
    effect = tune(
        Question(base, ["curate.rules.duplicate_5gram_ratio=0.35", "curate.kana.at_least=0.1"], rows=0), quiet
    )
    console = Console(record=True, width=200, file=io.StringIO())
    commands(effect.old, effect.new, [], console)
    lines = [line for line in console.export_text().splitlines() if line.startswith("  - ")]
    steps = YAML(typ="safe").load("\n".join(lines))
    rules = {"preset": "swallow-v1", "except": {**EXCEPT, "duplicate_5gram_ratio": 0.35}}
    assert steps == [{"curate.kana": {"at_least": 0.1}}, {"curate.rules": rules}]
