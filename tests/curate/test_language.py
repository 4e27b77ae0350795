"""Language identification: scripts first, the model where they leave a doubt, the model alone when asked."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.language import Language
from curate.signals import lid176, measure, scripts
from curate.signals.evidence import weigh

GOLDEN = Path(__file__).parents[2] / "../shared/golden"
BOTH = ["language", "language_probability"]
RAW = ["fasttext_language", "fasttext_probability"]


def identified(*texts: str | None) -> pl.DataFrame:
    return measure(pl.DataFrame({"text": texts}, schema={"text": pl.String}), BOTH)


def languages(*texts: str) -> list[str]:
    return identified(*texts)["language"].to_list()


def reasons_of(step: Language, *texts: str) -> dict[str, list[bool]]:
    signals = identified(*texts)
    return {reason: signals.select(bad).to_series().to_list() for reason, bad in step.reasons().items()}


def test_other_languages_go_and_say_so() -> None:
    found = reasons_of(Language(), "玄米を磨くことを精米という。", "Rice is polished before it is brewed.")
    assert found == {"other_language": [False, True], "uncertain": [False, False]}


def test_a_wanted_language_may_be_uncertain_and_the_bound_moves() -> None:
    text = "int main(void) を呼ぶ"
    assert reasons_of(Language(), text) == {"other_language": [False], "uncertain": [True]}
    assert reasons_of(Language(at_least=0.4), text)["uncertain"] == [False]


def test_more_than_one_language_can_be_kept() -> None:
    step = Language(keep=["ja", "en"])
    assert not any(reasons_of(step, "Rice is polished before it is brewed.", "米を磨く。")["other_language"])


def test_text_without_letters_is_in_no_language() -> None:
    found = identified("", " \n　", None, "★☆★ 2024/01/01 ¥1,980-", "。。。", "😀")
    expected = {
        "language": ["und", "und", None, "und", "und", "und"],
        "language_probability": [0, 0, None, 0, 0, 0],
    }
    assert_frame_equal(
        found, pl.DataFrame(expected, schema=dict(zip(BOTH, (pl.String, pl.Float64), strict=True)))
    )
    assert reasons_of(Language(), "")["other_language"] == [True]


def test_a_long_document_with_a_foreign_opening_is_read_throughout() -> None:
    text = "All rights reserved. " * 60 + "玄米を磨いて白くすることを精米という。\n" * 400
    assert reasons_of(Language(), text) == {"other_language": [False], "uncertain": [False]}
    code = "static const int value = compute(value);\n" * 400 + "ここで値を計算する。\n" * 60
    assert identified(code).equals(identified(code.replace("\n", " ")))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("気象庁図書室", "ja"),  # 気 and 図 are in JIS alone
        ("国際漁業規則", "ja"),  # Big5 lacks 国, GB 2312 lacks 際漁業規
        ("春眠不覚暁、処処聞啼鳥。", "ja"),
        ("ﾊﾝｶｸ ｶﾀｶﾅ", "ja"),
        ("英国ノ博物館中、支那古器ヲ多ク陳列セリ", "ja"),
        ("しビ", "ja"),
        ("我们的图书馆", "zh"),
        ("臺灣大學圖書館開放時間", "zh"),
        ("这家の奶茶店非常好喝，推荐给大家。", "zh"),  # a kana for show
        ("大韓民國은 民主共和國이다. 주권은 國民에게 있다.", "ko"),
    ],
)
def test_the_scripts_say_it(text: str, language: str) -> None:
    assert languages(text) == [language]


def test_text_without_kana_and_kanji_is_neither_japanese_nor_chinese() -> None:
    """fastText finds these Japanese."""
    texts = ["전쟁은 무조건 악인가?", '"Ia menangis"?""']
    found = measure(pl.DataFrame({"text": texts}), ["language", "fasttext_language"])
    assert found["fasttext_language"].to_list() == ["ja", "ja"]
    assert not set(found["language"]) & {"ja", "zh"}


def test_shared_kanji_are_left_to_the_model_and_stay_unsure() -> None:
    sure = identified("気象庁")["language_probability"].item()
    shared = identified("食物")["language_probability"].item()
    assert sure > 0.99
    assert shared < 0.9


def test_misread_text_is_left_to_the_model() -> None:
    """UTF-8 read as Shift_JIS has kana and kanji of JIS level 2: no evidence of Japanese."""
    text = "玄米を磨いて白くすることを精米という。".encode().decode("cp932", "replace")
    assert "繧" in text
    found = measure(pl.DataFrame({"text": [text]}), [*BOTH, *RAW])
    assert found["language"].item() == found["fasttext_language"].item()
    assert found["language_probability"].item() == pytest.approx(found["fasttext_probability"].item())


def test_two_languages_in_one_text_are_left_to_the_model() -> None:
    text = "玄米を磨いて白くする。" + "我们今天去图书馆看书，明天去学校学习。" * 2
    found = measure(pl.DataFrame({"text": [text]}), [*BOTH, *RAW])
    assert found.select(BOTH).row(0) == found.select(RAW).row(0)


def test_settled_documents_load_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> None:
        raise AssertionError("the model was loaded")

    monkeypatch.setattr(lid176, "_model", asked)
    assert languages("玄米を磨く。", "ソフトウェア", "気象庁図書室", "", "print() で表示する") == [
        *["ja"] * 3,
        "und",
        "ja",
    ]


def test_character_sets_come_from_the_codecs() -> None:
    """The numbers of the standards: 6,355 kanji in JIS X 0208, 6,763 in GB 2312, 13,051 in Big5."""
    level = scripts.table().astype(int) - scripts.KANJI
    level = level[level >= 0]
    jis, gb2312, big5 = level // 9, level // 3 % 3, level % 3
    assert [(jis == 1).sum(), (gb2312 == 1).sum(), (gb2312 == 2).sum()] == [2965, 3755, 3008]
    assert [(big5 == 1).sum(), (jis == 2).sum() - 3390] == [5401, 360]  # IBM's additions to Shift_JIS
    of = {c: int(scripts.table()[ord(c)]) - scripts.KANJI for c in "込働畑辻峠気円図国学"}
    assert {c for c, v in of.items() if v % 9 == 0} == set("込働畑辻峠気円図")  # neither in GB 2312 nor Big5
    assert all(of[c] // 3 % 3 and not of[c] % 3 for c in "国学")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=6))
def test_any_text_has_a_language_and_a_probability(texts: list[str]) -> None:
    found = identified(*(t.encode("utf-8", "ignore").decode() for t in texts))
    assert found["language"].null_count() == 0
    assert found["language_probability"].is_between(0, 1).all()


def test_more_kana_never_make_text_less_japanese() -> None:
    texts = ["這家奶茶店" + "の" * n for n in range(30)]
    counts = np.zeros((30, scripts.CLASSES), np.int64)
    for row, text in enumerate(texts):
        for c in text:
            counts[row, scripts.table()[ord(c)]] += 1
    assert (np.diff(weigh(counts).lead) > 0).all()


@pytest.mark.skipif(not GOLDEN.exists(), reason="the golden files are not beside the repository")
def test_the_raw_model_is_fasttext_itself() -> None:
    documents = pl.read_parquet(GOLDEN / "docs.parquet", columns=["text"])
    golden = pl.read_parquet(GOLDEN / "fasttext_lid176ftz.parquet")
    found = measure(documents, RAW)
    blank = documents["text"].str.strip_chars() == ""  # fastText says en or zh of nothing; we say und
    assert blank.sum() == 6
    assert_frame_equal(
        found.filter(~blank),
        golden.filter(~blank).select(
            fasttext_language="label", fasttext_probability=pl.col("prob").clip(0, 1)
        ),
        abs_tol=1e-9,
    )


@pytest.mark.skipif(not GOLDEN.exists(), reason="the golden files are not beside the repository")
def test_no_japanese_document_is_lost_against_the_raw_model() -> None:
    """The verdict differs from fastText's on 28 golden documents: 27 are Japanese and kept, one is a `・`."""
    documents = pl.read_parquet(GOLDEN / "docs.parquet", columns=["text"])
    found = documents.with_columns(measure(documents, [*BOTH, *RAW]))
    step = Language()
    kept = ~pl.any_horizontal(step.reasons().values())
    raw_kept = (pl.col("fasttext_language") == "ja") & (pl.col("fasttext_probability") >= step.at_least)
    assert found.filter(raw_kept & ~kept)["text"].to_list() == ["・"]
    gained = found.filter(kept & ~raw_kept)
    assert gained.height == 27
    assert gained["text"].str.contains("[ぁ-んァ-ンｦ-ﾟ]|覚暁|芸術院令").all()


def test_recall_and_precision_on_the_evaluation_data(evaluation) -> None:
    rows = evaluation("lid").select("text", "lang", "kind")
    rows = rows.with_columns(measure(rows, [*BOTH, *RAW]))
    ours, raw = pl.col("language") == "ja", pl.col("fasttext_language") == "ja"

    def count(where: pl.Expr, of: pl.Expr) -> int:
        return rows.filter(where, of).height

    japanese, chinese = pl.col("lang") == "ja", pl.col("lang").str.contains("^(zh|yue|wuu|hak|nan)")
    for kind in ("news sentence", "sentences", "word-pairs", "single-words"):
        of = japanese & (pl.col("kind") == kind)
        assert rows.filter(of, ours).height == rows.filter(of).height, kind
    titles = pl.col("kind").str.contains("title")
    assert (count(titles, raw), count(titles, ours)) == (206, 228)
    sentences = chinese & ~pl.col("kind").str.contains("words|pairs")
    assert (count(sentences, raw), count(sentences, ours)) == (137, 3)
    words = chinese & pl.col("kind").str.contains("words|pairs")
    assert (count(words, raw), count(words, ours)) == (163, 114)
