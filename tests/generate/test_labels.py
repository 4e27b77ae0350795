import json
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from judged import PROMPT, TEXTS, candidates, response
from polars.testing import assert_frame_equal
from tiny_model import make_job, make_rows, user

from generate.labels import Labels
from generate.pairing.sides import key_of
from seimai.errors import SeimaiError
from seimai.rows import origin_of, schema


def label(folder: Path, kind: str, *rows: dict[str, Any], shards: int = 1, **parameters: Any) -> pl.DataFrame:
    made = make_rows(folder / "rows", kind, list(rows), shards)
    return pl.concat(Labels(**parameters).rewrite(made, make_job(folder)[0]), how="diagonal_relaxed")


def answer(name: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": TEXTS[name]}]


def pair(name: str, chosen: str, rejected: str, **columns: Any) -> dict[str, Any]:
    row = {"id": name, "prompt": PROMPT, "chosen": answer(chosen), "rejected": answer(rejected)}
    return {**row, "label_source": "human", "margin": 0.5, "origin": origin_of([]), **columns}


def said(found: pl.DataFrame) -> dict[str, bool]:
    """The labels by the names of the texts."""
    names = {text: name for name, text in TEXTS.items()}
    rows = found.drop_nulls("completion").select("completion", "label").rows()
    return {names[c[0]["content"]]: good for c, good in rows}


def back(found: pl.DataFrame) -> list[tuple[str, str]]:
    return found.filter(pl.col("reason").is_not_null()).select("id", "reason").rows()


def test_scores_make_labels_and_what_lies_between_makes_none(tmp_path):
    row = candidates(
        response("a", TEXTS["a"], 0.9, model="m"),
        response("b", TEXTS["b"], 0.6),
        response("c", TEXTS["c"], 0.2),
    )
    row |= {"source": "web", "license": "CC0-1.0", "meta": '{"category": "生活"}'}
    made = [
        {
            "id": key_of(PROMPT, answer(name)),
            "origin": origin_of(["p"]),
            "prompt": PROMPT,
            "completion": answer(name),
            "label": good,
            "label_source": "rule",
            "source": "web",
            "license": "CC0-1.0",
            "meta": json.dumps(
                {
                    "category": "生活",
                    "judged": {
                        "response": name,
                        "model": model,
                        "chars": len(TEXTS[name]),
                        "score": score,
                        "scores": {"rules": score},
                    },
                },
                ensure_ascii=False,
            ),
        }
        for name, good, model, score in (("a", True, "m", 0.9), ("c", False, None, 0.2))
    ]
    found = label(tmp_path, "candidates", row).select(schema("labels").names())
    assert_frame_equal(found, pl.DataFrame(made, schema=schema("labels")))


def test_the_sides_of_pairs_are_labels(tmp_path):
    row = pair("p", "a", "c", meta='{"category": "生活", "judged": {}}', source="web", license="CC0-1.0")
    found = label(tmp_path, "pairs", row)
    assert said(found) == {"a": True, "c": False}
    kept = ("human", "web", "CC0-1.0", '{"category": "生活", "margin": 0.5}')
    assert found.select("label_source", "source", "license", "meta").rows() == [kept, kept]


def test_a_response_of_several_pairs_is_one_row_that_names_them_all(tmp_path):
    found = label(tmp_path, "pairs", pair("q", "a", "c"), pair("p", "a", "b"))
    assert said(found) == {"a": True, "b": False, "c": False}
    parents = {c[0]["content"]: o["parents"] for c, o in found.select("completion", "origin").rows()}
    assert parents == {TEXTS["a"]: ["p", "q"], TEXTS["b"]: ["p"], TEXTS["c"]: ["q"]}


def test_what_is_good_here_and_bad_there_is_neither(tmp_path):
    found = label(tmp_path, "pairs", pair("p", "a", "b"), pair("q", "b", "c"), pair("r", "b", "b"))
    assert said(found) == {"a": True, "c": False}
    assert back(found) == [("r", "contradictory")]


def test_the_same_response_to_another_prompt_is_another(tmp_path):
    other = pair("q", "b", "a", prompt=user("玄米の保存は？"))
    assert label(tmp_path, "pairs", pair("p", "a", "b"), other)["label"].to_list() == [True, False] * 2


@pytest.mark.parametrize(
    ("kind", "row", "reason"),
    [
        ("candidates", candidates(response("b", TEXTS["b"], 0.6)), "undecided"),
        ("candidates", candidates(response("b", TEXTS["b"])), "unscored"),
        ("candidates", candidates(response("b", TEXTS["b"], 0.9)) | {"prompt": None}, "failed"),
        ("pairs", {**pair("p", "a", "c"), "chosen": []}, "failed"),
        ("pairs", {**pair("p", "a", "c"), "prompt": None}, "failed"),
    ],
)
def test_rows_without_a_label_are_given_back(tmp_path, kind, row, reason):
    good = {
        "candidates": candidates(response("a", TEXTS["a"], 0.9), name="good"),
        "pairs": pair("good", "a", "b"),
    }
    found = label(tmp_path, kind, good[kind], row)
    assert back(found) == [("p", reason)]
    assert said(found)["a"]


def test_neither_order_nor_shards_matter(tmp_path):
    rows = [pair(f"p{n}", "ab"[n % 2], "c", prompt=user(f"問{n % 5}")) for n in range(30)]
    once = label(tmp_path / "a", "pairs", *rows)
    Random(3).shuffle(rows)
    again = label(tmp_path / "b", "pairs", *rows, shards=4)
    assert_frame_equal(once.sort("id"), again.sort("id"), check_column_order=False)


def test_unjudged_candidates_are_a_mistake_in_the_recipe(tmp_path):
    with pytest.raises(SeimaiError, match=r"put generate\.judge before it"):
        label(tmp_path, "candidates", candidates(response("a", TEXTS["a"])))


def test_the_thresholds_must_lie_apart():
    with pytest.raises(ValueError, match="bad must be less than good"):
        Labels(good=0.5, bad=0.5)


def test_the_balance_is_measured(tmp_path):
    rows = [pair("p", "a", "c"), pair("q", "b", "c"), pair("r", "c", "a", prompt=user("玄米は？"))]
    job = make_job(tmp_path)[0]
    list(Labels().rewrite(make_rows(tmp_path / "rows", "pairs", [*rows, pair("s", "b", "b")]), job))
    assert [(line["measure"], line["value"]) for line in job.metrics["measures"]] == [
        ("good responses", 2),
        ("bad responses", 2),
        ("desirable_weight for TRL (undesirable_weight: 1)", "1.00 to 1.33"),
        ("responses both good and bad, left out", 1),
    ]
