import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.ng_words import NgWords
from curate.signals import SIGNALS
from curate.wordlists.matching import COLUMNS, matcher
from curate.wordlists.reading import Word, read_words
from seimai.errors import SeimaiError
from seimai.plan import Planner
from seimai.recipe import load_recipe

COUNTS = dict.fromkeys(COLUMNS, 0)


def counts(words: list[Word], *texts: str | None) -> list[dict[str, int]]:
    return matcher(words).count(pl.Series(texts, dtype=pl.String)).to_dicts()


def test_columns_are_those_that_the_step_announces():
    assert NgWords.changes == set(COLUMNS)


def test_each_category_has_its_column_and_nulls_stay(tmp_path: Path):
    (tmp_path / "adult.txt").write_text("\ufeff糠\n\n 藁 \n", "utf-8")
    (tmp_path / "more.jsonl").write_text(
        '{"word": "糠", "category": "ads", "license": "CC0"}\n{"word": "husk", "category": "adult_en"}\n'
    )
    rows = pl.DataFrame({"id": ["a", "b"], "text": ["糠と藁。A Husk.", None]})
    expected = pl.DataFrame(
        {
            "id": ["a", "b"],
            "text": ["糠と藁。A Husk.", None],
            "ng_adult": [2, None],
            "ng_adult_en": [1, None],
            "ng_discrimination": [0, None],
            "ng_violence": [0, None],
            "ng_ads": [1, None],
            "ng_adult_anywhere": [2, None],
            "ng_discrimination_anywhere": [0, None],
            "ng_violence_anywhere": [0, None],
            "ng_ads_anywhere": [1, None],
            "ng_chars": [2, None],
        }
    )
    assert_frame_equal(NgWords(words=str(tmp_path)).apply(rows), expected)
    assert_frame_equal(
        NgWords(words=[str(tmp_path / n) for n in ("adult.txt", "more.jsonl")]).apply(rows), expected
    )


def test_a_list_that_changed_is_read_again(tmp_path: Path):
    words = tmp_path / "adult.txt"
    rows = pl.DataFrame({"text": ["糠と藁"]})
    for line, found in (("糠", 1), ("糠糠", 0)):
        words.write_text(line, "utf-8")
        assert NgWords(words=str(words)).apply(rows)["ng_adult"].to_list() == [found]


def test_katakana_within_a_longer_word_counts_anywhere_only():
    words = [Word("ヌカ", "adult"), Word("糠", "adult")]
    found = counts(words, "ヌカ。", "ミヌカ", "ヌカー", "ひヌカと糠")
    assert [(f["ng_adult"], f["ng_adult_anywhere"]) for f in found] == [(1, 1), (0, 1), (0, 1), (2, 2)]


def test_what_lies_in_a_harmless_word_counts_anywhere_only():
    words = [Word("糠", "adult"), Word("糠漬け", "adult", allow=True), Word("糠", "violence")]
    (found,) = counts(words, "糠漬けと糠")
    expected = {"ng_adult": 1, "ng_adult_anywhere": 2, "ng_violence": 2, "ng_violence_anywhere": 2}
    assert found == {**COUNTS, **expected, "ng_chars": 2}


def test_a_word_that_sticks_out_of_a_harmless_one_counts():
    words = [Word("糠漬", "adult", allow=True), Word("漬け物", "adult")]
    assert counts(words, "糠漬け物")[0]["ng_adult"] == 1


def test_the_longest_word_gives_the_code_points_and_the_first_in_the_list_the_count():
    words = [Word("糠", "adult"), Word("糠漬け", "discrimination"), Word("糠漬けの", "ads")]
    assert counts(words, "糠漬けの糠")[0] == {
        **COUNTS,
        **{"ng_adult": 2, "ng_adult_anywhere": 2, "ng_chars": 4},
        **{"ng_discrimination": 1, "ng_discrimination_anywhere": 1, "ng_ads": 1, "ng_ads_anywhere": 1},
    }


def test_an_english_word_stands_by_itself_in_any_case():
    words = [Word("husk", "adult_en"), Word("rice husk", "adult_en"), Word("rusk", "adult_en", allow=True)]
    texts = ["husk", "a HUSK, b", "dehusk", "husk!", "ricE husk\n", "husk husk husk", "rusk"]
    assert [f["ng_adult_en"] for f in counts(words, *texts)] == [1, 1, 0, 0, 1, 2, 0]


def test_other_planes_and_nul_are_characters_like_others():
    assert counts([Word("𠮷野", "adult")], "\0𠮷野\0𠮷", "")[0]["ng_adult"] == 1


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text("ヌカー糠a", min_size=1, max_size=3), min_size=1, max_size=8, unique=True),
    st.text("ヌカー糠aン ", max_size=24),
)
def test_counts_are_those_of_a_regular_expression(words: list[str], text: str):
    """HojiChar's two patterns, the kana words after the others where katakana beside them is looked at."""
    kana = [w for w in words if re.fullmatch("[ァ-ヴー]+", w)]
    others = [w for w in words if w not in kana]
    apart = [*others, *([f"(?<![ァ-ヴー])(?:{'|'.join(kana)})(?![ァ-ヴー])"] if kana else [])]
    (found,) = counts([Word(w, "violence") for w in words], text)
    assert found["ng_violence_anywhere"] == len(re.findall("|".join(words), text))
    assert found["ng_violence"] == len(re.findall("|".join(apart), text))
    longest = re.findall("|".join(sorted(words, key=len, reverse=True)), text)
    assert found["ng_chars"] == sum(map(len, longest))
    harmless = [*(Word(w, "violence") for w in words), *(Word(w, "violence", allow=True) for w in words)]
    assert counts(harmless, text)[0]["ng_violence"] == 0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("ng.jsonl", b'\n{"word": "a", "category": "advert"}', "ng.jsonl:2: no category is called 'advert'"),
        ("ng.jsonl", b'\n{"category": "ads"}', "ng.jsonl:2: word must be a text"),
        ("ng.jsonl", b"[]", "ng.jsonl:1: must be an object"),
        ("ng.jsonl", b"{", "ng.jsonl:1: not JSON"),
        ("ng.jsonl", b'{"word": "a", "category": "ads", "allow": 1}', "ng.jsonl:1: allow must be"),
        ("adlut.txt", b"a", "adlut.txt: no category is called 'adlut'; did you mean 'adult'"),
        ("ads.txt", "糠\n藁".encode("shift_jis"), "ads.txt:1: not UTF-8"),
        ("ads.txt", b"\n \n", "ads.txt: there is no word in it"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_named_with_file_and_line(tmp_path: Path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SeimaiError, match=re.escape(message)):
        NgWords(words=str(tmp_path / name)).check()


def test_a_file_name_without_category_takes_the_parameter(tmp_path: Path):
    (tmp_path / "nuka.allow.txt").write_text("糠漬け", "utf-8")
    (tmp_path / "nuka.txt").write_text("糠", "utf-8")
    assert read_words([str(tmp_path)], "violence") == [
        Word("糠漬け", "violence", allow=True),
        Word("糠", "violence"),
    ]
    (tmp_path / "empty").mkdir()
    with pytest.raises(SeimaiError, match=r"no \.txt and no \.jsonl file"):
        read_words([str(tmp_path / "empty")], None)


RECIPE = """\
corpus:
  from: {files: "*.txt"}
  steps:
    - curate.ng_words: {words: lists/}
    - curate.rules: {preset: llm-jp-v1}
"""


def test_in_a_recipe_the_lists_lie_beside_it_and_their_content_counts(tmp_path: Path):
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    (tmp_path / "a.txt").write_text("糠")
    lists = tmp_path / "lists"
    lists.mkdir()

    def plan():
        return Planner(load_recipe(tmp_path / "recipe.yaml"), tmp_path / "out").plan(["corpus"])[0]

    (lists / "adult.txt").write_text("糠", "utf-8")
    before = plan()
    (lists / "adult.txt").write_text("藁", "utf-8")
    assert plan().hash != before.hash
    (lists / "ng.jsonl").write_text('{"word": "糠", "category": "bran"}')
    with pytest.raises(SeimaiError, match=r"recipe\.yaml:4: .*ng\.jsonl:1: no category is called 'bran'"):
        plan()


def test_a_preset_that_needs_the_counts_names_the_step(tmp_path: Path):
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("    - curate.ng_words: {words: lists/}\n", ""))
    (tmp_path / "a.txt").write_text("糠")
    with pytest.raises(
        SeimaiError, match=r"names 'ng_ad\w+', a column that curate\.ng_words adds: the recipe"
    ):
        Planner(load_recipe(tmp_path / "recipe.yaml"), tmp_path / "out").plan(["corpus"])


def test_no_signal_has_the_name_of_a_count():
    assert not set(COLUMNS) & set(SIGNALS)


def test_swallow_counts_the_same_code_points(shared: Path, published):
    """The list with transcriptions into bopomofo is not beside the repository: it has no match here."""
    golden = pl.read_parquet(shared / "golden/swallow_v1.parquet").filter(pl.col("quality_error").is_null())
    documents = pl.read_parquet(shared / "golden/docs.parquet").join(golden.select("id"), "id", "semi")
    found = NgWords(words=published("MosasoM")).apply(documents)
    assert found["ng_chars"].to_list() == golden["num_ng_letters"].to_list()
    assert found["ng_chars"].gt(0).sum() == 255
