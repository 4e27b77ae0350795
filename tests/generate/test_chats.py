import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from judged import PROMPT, TEXTS, candidates, response
from polars.testing import assert_frame_equal
from tiny_model import make_job, make_rows

from generate.chats import Chats
from seimai.errors import SeimaiError
from seimai.rows import origin_of, row_id, schema


def choose(folder: Path, *rows: dict[str, Any], **parameters: Any) -> pl.DataFrame:
    made = make_rows(folder / "rows", "candidates", list(rows))
    return pl.concat(Chats(**parameters).rewrite(made, make_job(folder)[0]), how="diagonal_relaxed")


THREE = candidates(
    response("b", TEXTS["b"], 0.8), response("a", TEXTS["a"], 0.9, model="m"), response("c", TEXTS["c"], 0.2)
)


def said(found: pl.DataFrame) -> list[str]:
    return [messages[-1]["content"] for messages in found["messages"].drop_nulls()]


def test_the_best_response_becomes_a_chat(tmp_path):
    row = {**THREE, "source": "web", "license": "CC0-1.0", "meta": '{"category": "生活"}'}
    account = {"response": "a", "model": "m", "chars": 36, "score": 0.9, "scores": {"rules": 0.9}}
    made = {
        "id": row_id("p", "a"),
        "origin": origin_of(["p"]),
        "messages": [*PROMPT, {"role": "assistant", "content": TEXTS["a"]}],
        "source": "web",
        "license": "CC0-1.0",
        "meta": json.dumps({"category": "生活", "judged": account}, ensure_ascii=False),
    }
    found = choose(tmp_path, row).select(schema("chat").names())
    assert_frame_equal(found, pl.DataFrame([made], schema=schema("chat")))


def test_further_good_responses_follow_unless_they_are_copies(tmp_path):
    copied = candidates(*THREE["responses"], response("copy", TEXTS["a"] + "\n", 0.9))
    assert said(choose(tmp_path, copied, at_most=3)) == [TEXTS["a"], TEXTS["b"]]
    assert said(choose(tmp_path / "b", copied, at_most=3, at_least=0.1)) == list(TEXTS.values())


@pytest.mark.parametrize(
    ("row", "reason", "detail"),
    [
        (candidates(response("a", TEXTS["a"], 0.7)), "too_low", None),
        (candidates(response("a", TEXTS["a"])), "unscored", None),
        (candidates(), "unscored", None),
        ({**THREE, "id": "p", "prompt": []}, "failed", "the prompt has no messages"),
    ],
)
def test_prompts_without_a_chat_are_given_back(tmp_path, row, reason, detail):
    found = choose(tmp_path, {**THREE, "id": "good"}, row)
    back = found.filter(pl.col("reason").is_not_null())
    assert back.select("id", "reason", "detail").rows() == [("p", reason, detail)]
    assert len(said(found)) == 1


def test_unjudged_candidates_are_a_mistake_in_the_recipe(tmp_path):
    with pytest.raises(SeimaiError, match=r"put generate\.judge before it"):
        choose(tmp_path, candidates(response("a", TEXTS["a"])))


def test_the_choice_is_measured(tmp_path):
    job = make_job(tmp_path)[0]
    list(Chats().rewrite(make_rows(tmp_path / "rows", "candidates", [THREE]), job))
    assert [(line["measure"], line["value"]) for line in job.metrics["measures"]] == [
        ("responses that reach 0.8", 0.6667),
        ("mean score of all responses", 0.633),
        ("mean score of those kept", 0.9),
    ]
