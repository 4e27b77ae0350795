import polars as pl
from judged import TEXTS, candidates, response
from polars.testing import assert_frame_equal

from generate.judge import Judge
from seimai.rows import schema


def scores(frame: pl.DataFrame) -> list[list[tuple]]:
    return [
        [[(s["judge"], s["score"], s["why"]) for s in r["scores"]] for r in responses]
        for responses in frame["responses"].to_list()
    ]


def test_each_response_gets_a_score():
    row = candidates(response("a", TEXTS["a"]), response("c", TEXTS["c"]), response("none", None))
    frame = pl.DataFrame([row], schema=schema("candidates"))
    assert scores(Judge().apply(frame)) == [
        [
            [("rules", 1.0, "")],
            [("rules", 0.3648, "too_short, impolite")],
            [("rules", 0.0, "empty, too_short")],
        ]
    ]


def test_other_judges_stay_and_the_own_score_is_replaced():
    row = candidates(response("a", TEXTS["a"], 0.3, judge="people"))
    frame = pl.DataFrame([row], schema=schema("candidates"))
    once = Judge().apply(frame)
    assert scores(once) == [[[("people", 0.3, ""), ("rules", 1.0, "")]]]
    assert_frame_equal(Judge().apply(once), once)


def test_no_responses_and_no_prompt_are_no_error():
    rows = [candidates(), {**candidates(response("a", TEXTS["a"])), "prompt": None, "id": "q"}]
    frame = pl.DataFrame(rows, schema=schema("candidates")).with_columns(
        responses=pl.when(pl.col("id") == "q").then("responses")
    )
    judged = Judge().apply(frame)
    assert scores(judged.tail(1)) == [[[("rules", 1.0, "")]]]
    assert judged["responses"].to_list()[0] is None


def test_an_answer_that_was_cut_is_told_by_its_sampling():
    cut = response("a", TEXTS["a"]) | {"sampling": '{"finish": "length"}'}
    broken = response("b", TEXTS["b"]) | {"sampling": "no json"}
    judged = Judge().apply(pl.DataFrame([candidates(cut, broken)], schema=schema("candidates")))
    assert scores(judged) == [[[("rules", 0.6, "unfinished")], [("rules", 1.0, "")]]]
