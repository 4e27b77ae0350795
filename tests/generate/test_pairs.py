import json
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged import PROMPT, TEXTS, candidates, response
from polars.testing import assert_frame_equal
from tiny_model import make_job, make_rows

from generate.pairing.length_bias import LengthBias
from generate.pairing.likeness import similarity
from generate.pairing.scored import Scored
from generate.pairing.terms import NoPair, Terms, best_worst
from generate.pairs import Pairs
from seimai.errors import SeimaiError
from seimai.rows import origin_of, row_id, schema


def pair(folder: Path, *rows: dict[str, Any], shards: int = 1, **parameters: Any) -> pl.DataFrame:
    made = make_rows(folder / "rows", "candidates", list(rows), shards)
    return pl.concat(Pairs(**parameters).rewrite(made, make_job(folder)[0]), how="diagonal_relaxed")


def names(found: pl.DataFrame) -> list[tuple[str, str]]:
    """The ids of the responses of each pair, by their texts."""
    ids = {text: name for name, text in TEXTS.items()}
    sides = found.drop_nulls("chosen").select("chosen", "rejected").rows()
    return [(ids[c[0]["content"]], ids[r[0]["content"]]) for c, r in sides]


def test_the_best_is_paired_with_the_worst(tmp_path):
    row = candidates(
        response("b", TEXTS["b"], 0.7),
        response("c", TEXTS["c"], 0.4),
        response("a", TEXTS["a"], 0.9, model="m"),
        source="web",
        license="CC0-1.0",
        meta='{"category": "生活"}',
    )
    accounts = {
        side: {
            "response": name,
            "model": model,
            "chars": len(TEXTS[name]),
            "score": s,
            "scores": {"rules": s},
        }
        for side, name, model, s in (("better", "a", "m", 0.9), ("worse", "c", None, 0.4))
    }
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
        "source": "web",
        "license": "CC0-1.0",
        "meta": json.dumps({"category": "生活", "judged": accounts}, ensure_ascii=False),
    }
    found = pair(tmp_path, row).select(schema("pairs").names())
    assert_frame_equal(found, pl.DataFrame([made], schema=schema("pairs")))


def both(name: str, rules: float, model: float | None) -> dict[str, Any]:
    scores = [{"judge": "rules", "score": rules, "why": ""}, {"judge": "m", "score": model, "why": ""}]
    return response(name, TEXTS[name]) | {"scores": scores}


def test_the_mean_over_judges_counts_and_names_the_source(tmp_path):
    row = candidates(both("a", 0.2, 1.0), both("c", 0.1, 0.1))
    assert pair(tmp_path, row).select("label_source", "margin").rows() == [("judge", 0.5)]


def test_a_response_that_one_judge_could_not_score_is_left_out(tmp_path):
    row = candidates(both("a", 0.2, 1.0), both("b", 1.0, None), both("c", 0.1, 0.1))
    assert names(pair(tmp_path, row)) == [("a", "c")]


def test_judges_that_are_not_named_do_not_count(tmp_path):
    row = candidates(both("a", 0.2, 1.0), both("b", 1.0, None), both("c", 0.9, 0.1))
    found = pair(tmp_path, row, judges=["rules"])
    assert names(found) == [("b", "a")]
    assert found["label_source"].to_list() == ["rule"]


def test_the_first_part_of_a_name_stands_for_all_judges_of_a_kind(tmp_path):
    def panel(name: str, *values: float) -> dict[str, Any]:
        judges = ("score:helpful-1:m", "score:helpful-1:n", "scorer")
        scores = [{"judge": j, "score": v, "why": ""} for j, v in zip(judges, values, strict=True)]
        return response(name, TEXTS[name]) | {"scores": scores}

    row = candidates(panel("a", 1.0, 0.6, 0.0), panel("c", 0.2, 0.2, 1.0))
    assert pair(tmp_path, row, judges=["score"])["margin"].to_list() == [0.6]
    with pytest.raises(SeimaiError, match="no response has a score by score and rules"):
        pair(tmp_path / "b", row, judges=["score", "rules"])


@pytest.mark.parametrize(
    ("responses", "parameters", "reason"),
    [
        ([], {}, "too_few_responses"),
        ([response("a", TEXTS["a"], 0.9)], {}, "too_few_responses"),
        ([response("a", TEXTS["a"], 0.9), response("c", TEXTS["c"])], {}, "too_few_responses"),
        ([response("a", TEXTS["a"], 0.9), response("c", TEXTS["c"], None)], {}, "too_few_responses"),
        ([response("a", TEXTS["a"], 0.9), response("c", " \n", 0.1)], {}, "too_few_responses"),
        ([response("a", TEXTS["a"], 0.9), response("b", TEXTS["b"], 0.8)], {}, "no_margin"),
        ([response("a", TEXTS["a"], 0.9), response("b", TEXTS["a"] + "\n", 0.1)], {}, "near_identical"),
        (
            [response("a", TEXTS["a"], 0.9), response("c", TEXTS["c"], 0.1)],
            {"max_length_gap": 20},
            "length_gap",
        ),
        (
            [response("a", TEXTS["a"], 0.9), response("c", TEXTS["c"], 0.1)],
            {"max_length_ratio": 2},
            "length_gap",
        ),
        (
            [response("a", TEXTS["a"], 0.9), response("c", TEXTS["c"], 0.1)],
            {"policy": "good", "only_on_policy": True},
            "off_policy",
        ),
    ],
)
@pytest.mark.parametrize("pick", ["best_worst", "top_random", "all_above_margin"])
def test_rows_without_a_pair_are_given_back(tmp_path, pick, responses, parameters, reason):
    good = candidates(
        response("b", TEXTS["b"], 0.9, model="good"),
        response("c", TEXTS["a"], 0.1, model="good"),
        name="good",
    )
    found = pair(tmp_path, good, candidates(*responses), pick=pick, **parameters)
    assert found.filter(pl.col("reason").is_not_null()).select("id", "reason").rows() == [("p", reason)]
    assert found["chosen"].drop_nulls().len() == 1


def test_a_row_without_a_prompt_is_given_back(tmp_path):
    fine = candidates(response("a", TEXTS["a"], 0.9), response("c", TEXTS["c"], 0.1), name="fine")
    found = pair(tmp_path, fine, {**fine, "id": "bare", "prompt": None})
    back = found.filter(pl.col("reason").is_not_null()).select("id", "reason", "detail").rows()
    assert back == [("bare", "failed", "the prompt has no messages")]


def test_a_margin_as_wide_as_asked_is_enough(tmp_path):
    row = candidates(response("a", TEXTS["a"], 0.9), response("c", TEXTS["c"], 0.7))
    assert pair(tmp_path, row)["margin"].to_list() == [0.2]
    assert pair(tmp_path / "b", row, min_margin=0.21)["reason"].to_list() == ["no_margin"]


def test_the_worst_that_differs_is_taken(tmp_path):
    row = candidates(
        response("a", TEXTS["a"], 0.9), response("copy", TEXTS["a"], 0.1), response("c", TEXTS["c"], 0.4)
    )
    assert pair(tmp_path, row)["id"].to_list() == [row_id("p", "a", "c")]


def test_the_widest_pair_within_the_cap_on_length_is_taken(tmp_path):
    row = candidates(
        response("a", TEXTS["a"], 0.9), response("c", TEXTS["c"], 0.1), response("b", TEXTS["b"], 0.4)
    )
    assert names(pair(tmp_path, row)) == [("a", "c")]
    assert names(pair(tmp_path / "b", row, max_length_gap=10)) == [("a", "b")]
    assert names(pair(tmp_path / "c", row, max_length_ratio=1.5)) == [("a", "b")]


def test_a_chosen_response_that_is_too_much_shorter_is_capped_too(tmp_path):
    row = candidates(response("a", TEXTS["a"], 0.1), response("c", TEXTS["c"], 0.9))
    assert names(pair(tmp_path, row)) == [("c", "a")]
    assert pair(tmp_path / "b", row, max_length_ratio=2)["reason"].to_list() == ["length_gap"]


def test_equal_scores_are_no_pair_even_without_a_least_margin(tmp_path):
    row = candidates(response("a", TEXTS["a"], 0.9), response("c", TEXTS["c"], 0.9))
    assert pair(tmp_path, row, min_margin=0)["reason"].to_list() == ["no_margin"]


THREE = candidates(
    response("a", TEXTS["a"], 0.9), response("b", TEXTS["b"], 0.5), response("c", TEXTS["c"], 0.2)
)


def test_all_above_the_margin_come_with_the_widest_first(tmp_path):
    found = pair(tmp_path, THREE, pick="all_above_margin")
    assert names(found) == [("a", "c"), ("a", "b"), ("b", "c")]
    assert names(pair(tmp_path / "b", THREE, pick="all_above_margin", min_margin=0.4)) == [
        ("a", "c"),
        ("a", "b"),
    ]


def test_one_prompt_gives_at_most_so_many_pairs(tmp_path):
    found = pair(tmp_path, THREE, {**THREE, "id": "q"}, pick="all_above_margin", at_most=2)
    assert names(found) == [("a", "c"), ("a", "b")] * 2


def test_the_random_rejected_one_varies_with_the_row_and_not_with_anything_else(tmp_path):
    rows = [{**THREE, "id": f"p{n}"} for n in range(20)]
    once = pair(tmp_path / "a", *rows, pick="top_random")
    assert {chosen for chosen, _ in names(once)} == {"a"}
    assert {rejected for _, rejected in names(once)} == {"b", "c"}
    Random(5).shuffle(rows)
    again = pair(tmp_path / "b", *rows, pick="top_random", shards=3)
    assert_frame_equal(once.sort("id"), again.sort("id"))


def test_pairs_say_whether_they_are_on_policy(tmp_path):
    row = candidates(
        response("a", TEXTS["a"], 0.9, model="other"),
        response("b", TEXTS["b"], 0.5, model="mine"),
        response("c", TEXTS["c"], 0.1, model="mine"),
    )
    found = pair(tmp_path, row, pick="all_above_margin", policy="mine")
    assert [json.loads(m)["on_policy"] for m in found["meta"]] == [False, False, True]
    assert names(pair(tmp_path / "b", row, policy="mine", only_on_policy=True)) == [("b", "c")]


def test_a_policy_that_wrote_nothing_is_a_mistake_in_the_recipe(tmp_path):
    row = candidates(response("a", TEXTS["a"], 0.9, model="m"), response("c", TEXTS["c"], 0.1, model="m"))
    with pytest.raises(SeimaiError, match="no response is by policy: mine; they are by m"):
        pair(tmp_path, row, policy="mine")


def test_unjudged_candidates_are_a_mistake_in_the_recipe(tmp_path):
    row = candidates(response("a", TEXTS["a"]), response("c", TEXTS["c"]))
    with pytest.raises(SeimaiError, match=r"no response has a score: put generate\.judge before it"):
        pair(tmp_path, row)
    with pytest.raises(SeimaiError, match="no response has a score by people"):
        pair(tmp_path / "b", THREE, judges=["people"])


@pytest.mark.parametrize("parameters", [{"at_most": 2}, {"only_on_policy": True}])
def test_settings_that_nothing_would_use_are_refused(parameters):
    with pytest.raises(ValueError, match=r"at_most goes with|needs policy"):
        Pairs(**parameters)


def test_no_rows_are_no_mistake(tmp_path):
    assert pair(tmp_path).height == 0


def test_what_length_has_to_do_with_it_is_measured(tmp_path):
    rows = make_rows(tmp_path / "rows", "candidates", [THREE])
    job = make_job(tmp_path)[0]
    list(Pairs(pick="all_above_margin").rewrite(rows, job))
    assert job.metrics["measures"] == [
        {"step": "generate.pairs", **line}
        for line in (
            {"measure": "rank correlation of score and length within a prompt", "value": 1.0, "unit": ""},
            {"measure": "pairs whose chosen response is the longer one", "value": 1.0, "unit": "share"},
            {"measure": "median of chosen minus rejected", "value": 29.0, "unit": "characters"},
        )
    ]


def test_gamma_is_zero_where_length_says_nothing():
    bias = LengthBias()
    bias.saw([Scored(str(n), "字" * n, None, {"m": s}) for n, s in ((1, 0.5), (2, 1.0), (3, 0.1), (4, 0.6))])
    assert bias.measures()[0]["value"] == 0.0


@given(
    texts=st.lists(st.text(min_size=1, max_size=12), max_size=5),
    values=st.lists(st.floats(0, 1), min_size=5, max_size=5),
    terms=st.builds(Terms, st.floats(0, 1), st.none() | st.integers(0, 9), st.none() | st.floats(1, 3)),
)
def test_a_pair_or_a_reason_and_the_terms_hold(texts, values, terms):
    found = [Scored(str(i), t, None, {"m": v}) for i, (t, v) in enumerate(zip(texts, values, strict=False))]
    try:
        [(best, worst)] = best_worst(found, terms)
    except NoPair:
        return
    assert best.score - worst.score >= terms.min_margin - 1e-4
    assert similarity(best.text, worst.text) < 0.9
    assert terms.max_length_gap is None or abs(len(best.text) - len(worst.text)) <= terms.max_length_gap
