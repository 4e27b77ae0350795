from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mycompany import signals
from mycompany.steps.kanji import Kanji
from mycompany.steps.loses import Loses
from mycompany.steps.loud import Loud
from mycompany.steps.mistaken import Mistaken
from mycompany.steps.shout import Shout
from mycompany.steps.tag import Tag
from mycompany.steps.twins import Twins
from mycompany.steps.wordy import Wordy
from polars.testing import assert_frame_equal

from seimai.chain import Change, Decision, compile_chain, run_chain
from seimai.errors import SeimaiError
from seimai.rows import ORIGIN
from seimai.step import Step


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], int]]:
    """What the company's signals module is asked for: names, and number of rows."""
    asked: list[tuple[list[str], int]] = []
    real = signals.measure

    def measure(rows: pl.DataFrame, names: Any) -> pl.DataFrame:
        asked.append((sorted(names), rows.height))
        return real(rows, names)

    monkeypatch.setattr(signals, "measure", measure)
    return asked


def run(rows: pl.DataFrame, *steps: Step):
    return run_chain(rows, compile_chain(steps, "documents", {}))


def test_neighbouring_filters_record_all_their_reasons(documents):
    outcome = run(documents(["米!!", "あ", "玄米を精米する", "あああ"]), Loud(), Kanji())
    assert outcome.kept["text"].to_list() == ["玄米を精米する"]
    assert outcome.dropped.select("text", "dropped_by", "reasons", "detail").rows() == [
        ("米!!", "mycompany.steps.loud.too_loud", ["mycompany.steps.loud.too_loud"], None),
        (
            "あ",
            "mycompany.steps.loud.too_short",
            ["mycompany.steps.loud.too_short", "mycompany.steps.kanji.too_few"],
            None,
        ),
        ("あああ", "mycompany.steps.kanji.too_few", ["mycompany.steps.kanji.too_few"], None),
    ]
    assert outcome.reasons == {
        "mycompany.steps.loud.too_loud": 1,
        "mycompany.steps.loud.too_short": 1,
        "mycompany.steps.kanji.too_few": 1,
    }


def test_dropped_by_follows_the_order_of_the_recipe(documents):
    rows = documents(["あ"])
    assert run(rows, Loud(), Kanji()).dropped["dropped_by"].item() == "mycompany.steps.loud.too_short"
    assert run(rows, Kanji(), Loud()).dropped["dropped_by"].item() == "mycompany.steps.kanji.too_few"


def test_a_transform_sees_only_what_the_filters_before_it_kept(documents):
    outcome = run(documents(["あ", "米を炊く"]), Kanji(at_least=0.3), Shout(mark="♪"))
    assert outcome.kept["text"].to_list() == ["米を炊く♪"]
    assert outcome.dropped["text"].to_list() == ["あ"]


def test_filters_on_both_sides_of_a_transform_decide_apart(documents):
    outcome = run(documents(["あ", "米を炊く"]), Loud(at_least=2), Shout(mark="!!"), Loud(at_least=0))
    assert outcome.kept.height == 0
    assert outcome.dropped["reasons"].to_list() == [
        ["mycompany.steps.loud.too_short"],
        ["mycompany.steps.loud.too_loud"],
    ]
    assert outcome.dropped["text"].to_list() == ["あ", "米を炊く!!"]


def test_an_exception_costs_only_its_rows(documents):
    texts = [f"文{n}" for n in range(21)]
    texts[4] = texts[20] = "爆発"
    rows = documents(texts)
    outcome = run(rows, Shout())
    assert_frame_equal(outcome.kept, rows.filter(pl.col("text") != "爆発").with_columns(pl.col("text") + "!"))
    assert outcome.dropped.select("id", "text", "dropped_by", "reasons", "detail").rows() == [
        (
            rows["id"][n],
            "爆発",
            "mycompany.steps.shout.failed",
            ["mycompany.steps.shout.failed"],
            "ValueError: 爆発した",
        )
        for n in (4, 20)
    ]


def test_a_panic_in_native_code_costs_only_its_row(documents):
    outcome = run(documents(["米", "恐慌", "麦"]), Shout())
    assert outcome.kept["text"].to_list() == ["米!", "麦!"]
    assert outcome.dropped["detail"].to_list() == ["PanicException: a crash in native code"]


def test_a_transform_says_itself_which_rows_failed(documents):
    outcome = run(documents(["米", "壊", "麦飯"]), Tag())
    assert outcome.kept.columns == ["id", "origin", "text", "tag"]
    assert outcome.kept["tag"].to_list() == ["1", "2"]
    assert outcome.dropped.select("dropped_by", "detail").rows() == [
        ("mycompany.steps.tag.failed", "壊れている")
    ]


def test_rows_that_reading_could_not_decode_are_dropped_first(documents):
    rows = documents(["米を炊く", None], failed=[None, "not UTF-8"])
    outcome = run(rows, Shout())
    assert outcome.kept["text"].to_list() == ["米を炊く!"]
    assert "failed" not in outcome.kept.columns
    assert outcome.dropped.select("dropped_by", "detail").rows() == [("curate.read.failed", "not UTF-8")]


def test_a_transform_that_loses_rows_is_refused(documents):
    message = "mycompany.steps.loses gave back 2 rows for 3, or in another order"
    with pytest.raises(SeimaiError, match=message):
        run(documents(["a", "b", "c"]), Loses())


def test_signals_are_measured_once_for_all_filters(documents, measured):
    rows = documents(["米を炊く", "あ", "い"])
    run(rows, Loud(), Kanji(), Loud(at_most=7), Kanji(at_least=0.9))
    assert measured == [(["bangs", "kanji_share", "letters"], 3)]


def test_only_missing_signals_are_measured(documents, measured):
    rows = documents(["米を炊く"]).with_columns(bangs=pl.lit(0), letters=pl.lit(4))
    chain = compile_chain((Loud(), Kanji()), "documents", {"bangs": 1, "letters": 1})
    outcome = run_chain(rows, chain)
    assert measured == [(["kanji_share"], 1)]
    assert chain.measured == {"kanji_share": 1}
    assert chain.signals == {"bangs": 1, "letters": 1, "kanji_share": 1}
    assert {"bangs", "letters", "kanji_share"} <= set(outcome.kept.columns)


def test_a_changed_text_is_measured_anew(documents, measured):
    outcome = run(documents(["米を炊く!"]), Loud(), Shout(), Loud(at_most=9))
    assert measured == [(["bangs", "letters"], 1)] * 2
    assert outcome.kept.select("bangs", "letters").rows() == [(2, 6)]


def test_signals_of_the_text_before_a_change_are_put_aside(documents):
    chain = compile_chain((Loud(), Shout()), "documents", {})
    assert chain.signals == {}
    assert chain.measured == {"bangs": 1, "letters": 1}
    assert chain.added == {"before_mycompany_steps_shout"}
    kept = run_chain(documents(["米を炊く!"]), chain).kept
    assert kept.columns == ["id", "origin", "text", "before_mycompany_steps_shout"]
    assert kept["before_mycompany_steps_shout"].to_list() == [{"bangs": 1, "letters": 5}]


def test_a_transform_that_leaves_the_text_alone_forgets_nothing(documents, measured):
    run(documents(["米を炊く"]), Loud(), Tag(), Loud(at_most=9))
    assert len(measured) == 1


def test_a_stale_column_is_not_taken_for_a_signal(documents):
    """New rows may carry columns of their old text: only what the plan knows is a measured signal."""
    rows = documents(["米を炊く!!!"]).with_columns(bangs=pl.lit(0), letters=pl.lit(99))
    assert run(rows, Loud()).dropped.select("bangs", "letters").rows() == [(3, 7)]


def test_a_filter_may_name_a_column_that_a_transform_adds(documents):
    class Short(Loud):
        def reasons(self):
            return {"short": pl.col("tag") == "1"}

    assert run(documents(["米", "麦飯"]), Tag(), Short()).kept["text"].to_list() == ["麦飯"]
    with pytest.raises(SeimaiError, match="names 'tag', neither a column nor a signal"):
        compile_chain((Short(), Tag()), "documents", {})


def test_a_column_that_a_step_adds_is_named_with_that_step():
    class Near(Loud):
        def reasons(self):
            return {"near": pl.col("similarity") > 0.5}

    with pytest.raises(SeimaiError, match=r"a column that curate\.near_dedup.* adds: the"):
        compile_chain([Near()], "documents", {})


def test_an_unknown_signal_is_refused_before_any_row_is_read():
    with pytest.raises(SeimaiError) as raised:
        compile_chain((Loud(), Mistaken()), "documents", {})
    assert str(raised.value) == (
        "mycompany.steps.mistaken names 'bang', neither a column nor a signal; did you mean 'bangs'?"
    )


def test_a_whole_dataset_step_is_no_link_of_a_chain():
    with pytest.raises(SeimaiError, match=r"mycompany\.steps\.twins is no row-wise step"):
        compile_chain((Twins(),), "documents", {})


def test_neighbours_are_fused():
    chain = compile_chain((Loud(), Kanji(), Tag(), Loud(), Shout()), "documents", {})
    assert [type(link) for link in chain.links] == [Decision, Change, Decision, Change]
    assert [type(f) for f in chain.links[0].filters] == [Loud, Kanji]
    assert chain.links[3].forget == ("bangs", "kanji_share", "letters")


def test_a_null_verdict_keeps(documents):
    rows = documents([None, "米を炊く"])
    outcome = run(rows, Loud(), Kanji())
    assert outcome.kept["text"].to_list() == [None, "米を炊く"]


@pytest.mark.parametrize("steps", [(), (Loud(),), (Shout(),), (Tag(), Loud()), (Loud(), Shout(), Kanji())])
def test_an_empty_frame_goes_through(documents, steps):
    outcome = run(documents([]), *steps)
    assert (outcome.kept.height, outcome.dropped.height, outcome.reasons) == (0, 0, {})
    assert {"dropped_by", "reasons", "detail"} <= set(outcome.dropped.columns)


TEXTS = st.lists(st.none() | st.text("米麦あいう!爆壊", max_size=8), max_size=30)


@settings(max_examples=60, deadline=None)
@given(texts=TEXTS, bangs=st.integers(0, 3), letters=st.integers(0, 5), share=st.floats(0, 1))
def test_kept_and_dropped_are_the_input(texts, bangs, letters, share):
    texts = [t and t.replace("爆", "爆発") for t in texts]
    rows = pl.DataFrame(
        {"id": [str(n) for n in range(len(texts))], "text": texts},
        schema={"id": pl.String, "text": pl.String},
    ).insert_column(1, pl.Series("origin", [None] * len(texts), ORIGIN))
    outcome = run(rows, Loud(at_most=bangs, at_least=letters), Tag(), Shout(), Kanji(at_least=share))
    ids = [*outcome.kept["id"], *outcome.dropped["id"]]
    assert sorted(ids, key=int) == rows["id"].to_list()
    assert outcome.kept["id"].to_list() == sorted(outcome.kept["id"], key=int)
    assert sum(outcome.reasons.values()) == outcome.dropped.height
    for row in outcome.dropped.iter_rows(named=True):
        assert row["dropped_by"] == row["reasons"][0]
        assert (row["detail"] is not None) == row["dropped_by"].endswith(".failed")


def test_the_company_is_the_users_own(company: Path):
    assert Path(signals.__file__).is_relative_to(company)


def test_a_costly_signal_is_measured_only_where_the_verdict_hangs_on_it(documents, measured):
    rows = documents(["米 糠", "玄 米 と", "玄米 精米", "米!! 糠 藁"])
    outcome = run(rows, Loud(), Wordy())
    assert outcome.dropped.select("text", "dropped_by", "words").rows() == [
        ("玄 米 と", "mycompany.steps.wordy.wordy", 3),
        ("米!! 糠 藁", "mycompany.steps.loud.too_loud", None),
    ]
    assert outcome.kept.select("text", "words").rows() == [("米 糠", None), ("玄米 精米", 2)]
    assert measured[-1] == (["words"], 2)


def test_a_costly_signal_of_an_earlier_pass_is_measured_where_that_pass_did_not_need_it(documents, measured):
    rows = documents(["玄 米 と", "米 糠"]).with_columns(words=pl.Series([None, 2], dtype=pl.Int64))
    chain = compile_chain([Wordy()], "documents", {"words": 1, "letters": 1}, ["letters"])
    outcome = run_chain(rows.with_columns(letters=pl.Series([5, 5])), chain)
    assert outcome.dropped["words"].to_list() == [3]
    assert outcome.kept["words"].to_list() == [2]
    assert measured == [(["words"], 1)]
