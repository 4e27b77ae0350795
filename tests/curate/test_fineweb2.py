"""`fineweb2-ja`: every value and verdict of datatrove's filters on the documents of the golden files."""

import polars as pl
import pytest

pytest.importorskip("sudachipy", reason="words need SudachiPy")
pytest.importorskip("sudachidict_core", reason="words need SudachiPy's dictionary")

from curate.presets.preset import preset
from curate.rules import Rules
from curate.signals import SIGNALS, measure
from seimai.chain import Outcome, compile_chain, run_chain
from seimai.signal import named

C = pl.col
WORDS_OF_GOLDEN = "20261015"
FILTERS = {
    "gopher_rep": "empty dup_line_frac top_2_gram top_3_gram top_4_gram "
    + " ".join(f"duplicated_{n}_n_grams" for n in range(5, 11)),
    "fineweb_qual": "blank line_punct_ratio char_dup_ratio list_ratio",
    "gopher_qual": "gopher_short_doc gopher_long_doc gopher_below_avg_threshold gopher_above_avg_threshold "
    "gopher_too_many_hashes gopher_too_many_ellipsis gopher_too_many_bullets gopher_too_many_end_ellipsis "
    "gopher_below_alpha_threshold gopher_enough_stop_words",
}
# A signal, and what the golden file has for it; counts there are divided as datatrove divides them.
VALUES = {
    "words": C("n_words"),
    "gopher_words": C("n_nonsymbol_words"),
    "gopher_mean_word_chars": C("sum_len_nonsymbol") / C("n_nonsymbol_words"),
    "letter_word_ratio": C("n_alpha_words") / C("n_words"),
    "fineweb_stop_words": C("n_stopwords_hit"),
    "gopher_duplicate_line_ratio": C("rep_dup_lines") / C("rep_n_lines"),
    "gopher_duplicate_line_char_ratio": C("rep_dup_line_chars") / C("chars"),
    "fineweb_lines": C("fw_n_lines"),
    "fineweb_line_punct_ratio": C("fw_punct_lines") / C("fw_n_lines"),
    "fineweb_duplicate_line_char_ratio": C("fw_dup_line_chars") / (C("chars") - C("newlines")),
    "newlines": C("fw_newlines"),
    **{f"gopher_top_{n}gram_ratio": C(f"top_{n}gram_chars") / C("chars") for n in (2, 3, 4)},
    **{f"gopher_duplicate_{n}gram_ratio": C(f"dup_{n}gram_chars") / C("chars") for n in range(5, 11)},
}


@pytest.fixture(scope="module")
def golden(shared):
    """The documents with what datatrove made of them, and all signals of the preset."""
    from importlib.metadata import version

    if version("sudachidict-core") != WORDS_OF_GOLDEN:
        pytest.skip(f"the golden words are those of sudachidict-core {WORDS_OF_GOLDEN}")
    folder = shared / "golden"
    docs = pl.read_parquet(folder / "docs.parquet", columns=["id", "text"])
    rows = docs.join(pl.read_parquet(folder / "fineweb2_ja.parquet"), on="id")
    names = named(bad for bad in Rules(preset="fineweb2-ja").reasons().values())
    return rows.hstack(measure(rows, sorted(names | VALUES.keys() | {"chars"})))


def test_every_value_is_datatroves(golden, capsys):
    table: list[tuple[str, int, int]] = []
    for signal, value in VALUES.items():
        off = (C(signal) - value).abs() > 1e-9
        known = golden.filter(value.is_not_null() & value.is_not_nan())
        table.append((signal, known.height, known.filter(off).height))
    show(capsys, "signal", table)
    assert [row for row in table if row[2]] == []


def test_every_reason_is_datatroves(golden, capsys):
    """Datatrove names the first rule that a document breaks in each filter."""
    reasons = Rules(preset="fineweb2-ja").reasons()
    assert " ".join(FILTERS.values()).split() == list(reasons)
    table: list[tuple[str, int, int]] = []
    for name, rules in FILTERS.items():
        first = [pl.when(reasons[rule]).then(pl.lit(rule)) for rule in rules.split()]
        ours = golden.select(pl.coalesce(first).replace("blank", "empty")).to_series()
        theirs = golden[f"{name}_reason"]
        for rule in rules.split():
            reason = "empty" if rule == "blank" else rule
            differ = (ours == reason).fill_null(value=False) != (theirs == reason).fill_null(value=False)
            table.append((f"{name}:{rule}", golden.height, int(differ.sum())))
        assert ours.equals(theirs, null_equal=True)
    show(capsys, "rule", table)


def test_verdicts_with_words_only_where_they_are_needed(golden):
    rows = golden.select("id", "text")
    outcome = decided(rows, "fineweb2-ja")
    kept = golden.filter("fineweb2_keep")["id"]
    assert outcome.kept["id"].to_list() == kept.to_list()
    assert outcome.dropped["words"].null_count() > 400, "documents dropped by lines need no words"
    whole = {reason for row in golden["fineweb2_first_failed"].drop_nulls() for reason in [row.split(":")[1]]}
    first = outcome.dropped.filter(C("words").is_not_null())
    theirs = first.join(golden.select("id", "fineweb2_first_failed"), on="id")
    reasons = theirs["dropped_by"].str.strip_prefix("curate.rules.")
    assert set(reasons) <= whole
    assert reasons.equals(theirs["fineweb2_first_failed"].str.split(":").list.get(1).rename("dropped_by"))


@pytest.mark.parametrize("name", ["fineweb2-ja", "fineweb2-ja-fixed"])
def test_lazy_verdicts_are_those_with_everything_measured(golden, name):
    rows = golden.select("id", "text")
    reasons = Rules(preset=name).reasons()
    every = measure(rows, sorted(named(reasons.values())))
    bad = rows.hstack(every).filter(pl.any_horizontal(reasons.values()))
    assert set(decided(rows, name).dropped["id"]) == set(bad["id"])


def decided(rows: pl.DataFrame, name: str) -> Outcome:
    return run_chain(rows, compile_chain([Rules(preset=name)], "documents", {}))


def show(capsys, what: str, table: list[tuple[str, int, int]]) -> None:
    """Print the agreement (seen with `pytest -s` or on a failure)."""
    print(f"\n{what:44} {'documents':>9} {'different':>9}")
    for name, documents, different in table:
        print(f"{name:44} {documents:9} {different:9}")


PROSE = (
    "市場で買った大根は思ったより太く、持って帰るのに苦労した。家では祖母が鍋の支度をしながら、昔の冬の話を"
    "聞かせてくれた。\n雪の深い年には屋根まで埋まり、二階の窓から出入りしたという。そんな話を聞きながら食べる"
    "夕飯は、いつもより温かく感じられた。\n"
)
SENTENCES = [line for line in PROSE.replace("\n", "").split("。") if line]


def reasons_of(text: str, name: str) -> list[str]:
    """All reasons for which a text goes, everything measured."""
    reasons = Rules(preset=name).reasons()
    rows = pl.DataFrame({"text": [text]})
    found = measure(rows, sorted(named(reasons.values()))).select(
        bad.fill_null(value=False).alias(rule) for rule, bad in reasons.items()
    )
    return [rule for rule, bad in found.row(0, named=True).items() if bad]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n　", "blank"),
        ("目次\n第一章\n第二章\n第三章\n" + "索引\n" * 4, "dup_line_frac"),
        ("目次\n第一章\n第二章\n第三章\n索引", "line_punct_ratio"),
        (PROSE + "戻る。進む。\n" * 6, "char_dup_ratio"),
        ("はい。\n" * 12 + "いいえ。\n" + PROSE, "list_ratio"),
        ("短い文だ。", "gopher_short_doc"),
        ("#" * 60 + PROSE, "gopher_too_many_hashes"),
        ("…" * 60 + PROSE, "gopher_too_many_ellipsis"),
        ("\n".join(f"- {sentence}。" for sentence in SENTENCES), "gopher_too_many_bullets"),
        ("\n".join(f"{sentence}…" for sentence in SENTENCES), "gopher_too_many_end_ellipsis"),
        (PROSE + "12 34 56 78 90 / " * 20, "gopher_below_alpha_threshold"),
        ("He went to market and bought a radish. " * 3, "gopher_enough_stop_words"),
        (PROSE * 3, "duplicated_10_n_grams"),
    ],
)
def test_the_reason_for_which_a_text_goes(text, reason):
    assert reason in reasons_of(text, "fineweb2-ja")


def test_ordinary_prose_stays():
    for name in ("fineweb2-ja", "fineweb2-ja-fixed"):
        assert reasons_of(PROSE, name) == []


def test_what_fixed_mends():
    once = "猫は走る。"
    assert "top_2_gram" in reasons_of(once, "fineweb2-ja")
    assert "top_2_gram" not in reasons_of(once, "fineweb2-ja-fixed")
    dialogue = "".join(f"「{sentence}。」\n" for sentence in SENTENCES)
    assert "line_punct_ratio" in reasons_of(dialogue, "fineweb2-ja")
    assert "line_punct_ratio" not in reasons_of(dialogue, "fineweb2-ja-fixed")
    apart = PROSE.replace("\n", "\n" * 9)
    assert "list_ratio" in reasons_of(apart, "fineweb2-ja")
    assert "list_ratio" not in reasons_of(apart, "fineweb2-ja-fixed")
    bullets = "\n".join(f"・{sentence}。" for sentence in SENTENCES)
    assert "gopher_too_many_bullets" not in reasons_of(bullets, "fineweb2-ja")
    assert "gopher_too_many_bullets" in reasons_of(bullets, "fineweb2-ja-fixed")
    mended = {mend.split(":")[0].split(" ")[0].rstrip(",") for mend in preset("fineweb2-ja-fixed").mends}
    assert mended <= set(preset("fineweb2-ja").names())


@pytest.mark.parametrize(
    ("text", "ratios"),
    [
        ("\na\n\na\n", (2 / 4, 1 / 6)),  # pieces: "", a, a, ""
        ("a\nb", (0.0, 0.0)),
        ("", (0.0, 0.0)),
    ],
)
def test_pieces_between_newlines(text, ratios):
    names = ["gopher_duplicate_line_ratio", "gopher_duplicate_line_char_ratio"]
    assert measure(pl.DataFrame({"text": [text]}), names).row(0) == ratios


def test_lines_as_splitlines_has_them():
    text = "• a\r\n\x0b - b...\n　c…　\u2028d"
    names = ["gopher_bullet_line_ratio", "gopher_ellipsis_line_ratio", "gopher_ellipses", "gopher_hashes"]
    lines = text.splitlines()
    assert len(lines) == 5
    assert measure(pl.DataFrame({"text": [text]}), names).row(0) == (2 / 5, 2 / 5, 2, 0)


def test_each_signal_says_where_it_comes_from():
    for name in VALUES:
        assert "datatrove" in SIGNALS[name].source or "FineWeb" in SIGNALS[name].source
