from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tiny_model import make_job, make_rows, user

from generate.judge import Judge
from generate.pairs import Pairs, similarity
from seimai.errors import SeimaiError
from seimai.rows import origin_of, row_id, schema

PROMPT = user("お米の保存方法を教えてください。")
TEXTS = {
    "a": "湿気と高温を避け、密閉した容器に入れて冷蔵庫の野菜室で保存してください。",
    "b": "涼しい場所に置くのがよく、とくに夏は冷蔵庫の野菜室が向いています。",
    "c": "冷蔵庫。",
}


def response(name: str, text: str | None, *scores: float | None, judge: str = "rules") -> dict:
    return {
        "id": name,
        "text": text,
        "engine": "written",
        "model": None,
        "sampling": None,
        "scores": [{"judge": judge, "score": s, "why": ""} for s in scores],
    }


def candidates(*responses: dict, name: str = "p") -> dict:
    return {"id": name, "prompt": PROMPT, "responses": list(responses), "origin": origin_of([])}


def pair(folder: Path, *rows: dict, **parameters) -> pl.DataFrame:
    made = make_rows(folder / "rows", "candidates", list(rows))
    return pl.concat(Pairs(**parameters).rewrite(made, make_job(folder)[0]), how="diagonal_relaxed")


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


def test_the_best_is_paired_with_the_worst(tmp_path):
    row = candidates(
        response("b", TEXTS["b"], 0.7), response("c", TEXTS["c"], 0.4), response("a", TEXTS["a"], 0.9)
    )
    made = {
        "id": row_id("p", "a", "c"),
        "origin": origin_of(["p"]),
        "prompt": PROMPT,
        "chosen": [{"role": "assistant", "content": TEXTS["a"]}],
        "rejected": [{"role": "assistant", "content": TEXTS["c"]}],
        "label_source": "rule",
        "votes": None,
        "agreement": None,
        "margin": 0.5,
    }
    assert_frame_equal(
        pair(tmp_path, row).select(schema("pairs").names()), pl.DataFrame([made], schema=schema("pairs"))
    )


def test_the_mean_over_judges_counts_and_names_the_source(tmp_path):
    first = response("a", TEXTS["a"], 0.2) | {
        "scores": [{"judge": "rules", "score": 0.2, "why": ""}, {"judge": "m", "score": 1.0, "why": ""}]
    }
    found = pair(tmp_path, candidates(first, response("c", TEXTS["c"], 0.1)))
    assert found.select("label_source", "margin").rows() == [("judge", 0.5)]


@pytest.mark.parametrize(
    ("responses", "reason"),
    [
        ([], "too_few_responses"),
        ([response("a", TEXTS["a"], 0.9)], "too_few_responses"),
        ([response("a", TEXTS["a"], 0.9), response("c", TEXTS["c"])], "too_few_responses"),
        ([response("a", TEXTS["a"], 0.9), response("c", TEXTS["c"], None)], "too_few_responses"),
        ([response("a", TEXTS["a"], 0.9), response("b", TEXTS["b"], 0.8)], "no_margin"),
        ([response("a", TEXTS["a"], 0.9), response("b", TEXTS["a"] + "\n", 0.1)], "near_identical"),
    ],
)
def test_rows_without_a_pair_are_given_back(tmp_path, responses, reason):
    good = candidates(response("a", TEXTS["a"], 0.9), response("c", TEXTS["c"], 0.1), name="good")
    found = pair(tmp_path, good, candidates(*responses))
    assert found.filter(pl.col("reason").is_not_null()).select("id", "reason").rows() == [("p", reason)]
    assert found["chosen"].drop_nulls().len() == 1


def test_a_margin_as_wide_as_asked_is_enough(tmp_path):
    row = candidates(response("a", TEXTS["a"], 0.9), response("c", TEXTS["c"], 0.7))
    assert pair(tmp_path, row)["margin"].to_list() == [0.2]
    assert pair(tmp_path / "b", row, min_margin=0.21)["reason"].to_list() == ["no_margin"]


def test_the_worst_that_differs_is_taken(tmp_path):
    row = candidates(
        response("a", TEXTS["a"], 0.9), response("copy", TEXTS["a"], 0.1), response("c", TEXTS["c"], 0.4)
    )
    assert pair(tmp_path, row)["id"].to_list() == [row_id("p", "a", "c")]


def test_equal_scores_are_no_pair_even_without_a_least_margin(tmp_path):
    row = candidates(response("a", TEXTS["a"], 0.9), response("c", TEXTS["c"], 0.9))
    assert pair(tmp_path, row, min_margin=0)["reason"].to_list() == ["no_margin"]


def test_unjudged_candidates_are_a_mistake_in_the_recipe(tmp_path):
    row = candidates(response("a", TEXTS["a"]), response("c", TEXTS["c"]))
    with pytest.raises(SeimaiError, match=r"put generate\.judge before it"):
        pair(tmp_path, row)


def test_no_rows_are_no_mistake(tmp_path):
    assert pair(tmp_path).height == 0


@given(
    texts=st.lists(st.text(min_size=1, max_size=12), max_size=5),
    values=st.lists(st.floats(0, 1), min_size=5, max_size=5),
    least=st.floats(0, 1),
)
def test_a_pair_or_a_reason_and_the_margin_holds(texts, values, least):
    from generate.pairs import Scored

    scored = [Scored(str(i), t, v, True) for i, (t, v) in enumerate(zip(texts, values, strict=False))]
    found = Pairs(min_margin=least).best_worst(scored)
    if isinstance(found, str):
        assert found in ("too_few_responses", "no_margin", "near_identical")
        return
    best, worst = found
    assert best.score == max(s.score for s in scored)
    assert best.score - worst.score >= least - 1e-4
    assert similarity(best.text, worst.text) < 0.9
