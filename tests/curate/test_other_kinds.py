"""Masking and deduplication of rows that are no documents: prompts, candidates, chats, pairs, labels."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from curate.exact_dedup import ExactDedup
from curate.near_dedup import NearDedup
from curate.pii import Pii
from seimai.errors import SeimaiError
from seimai.rows import Kind, origin_of, schema

Select = Callable[..., pl.DataFrame]

ASKED = "精米機のふたが閉まらないときは、どこを見ればよいですか。"
FIRST = "受け皿が奥まで入っているかをご覧ください。手前に出ているとふたが閉まりません。"
SECOND = "ふたの溝に米粒がはさまっていないか、刷毛で払ってからもう一度閉めてみてください。"


def said(role: str, *texts: str | None) -> list[dict[str, str | None]]:
    return [{"role": role, "content": text} for text in texts]


def rows(kind: Kind, *given: dict[str, Any]) -> pl.DataFrame:
    columns = schema(kind)
    filled = [{"origin": origin_of([]), "id": f"r{n}", **row} for n, row in enumerate(given)]
    return pl.DataFrame([{name: row.get(name) for name in columns} for row in filled], schema=columns)


def response(text: str) -> dict[str, Any]:
    return dict.fromkeys(("id", "engine", "model", "sampling", "scores")) | {"text": text}


MAIL, TOKEN = "田中@ではなくtanaka@example.jpへ。", "田中@ではなく〈メール〉へ。"


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("chat", lambda t: {"messages": [*said("system", t), *said("user", t, None), *said("assistant", t)]}),
        ("prompts", lambda t: {"prompt": said("user", t), "responses": []}),
        (
            "candidates",
            lambda t: {"prompt": said("user", t, "ない"), "responses": [response(t), response("ない")]},
        ),
        (
            "pairs",
            lambda t: {
                "prompt": said("user", t),
                "chosen": said("assistant", t),
                "rejected": said("assistant", t),
                "margin": 0.5,
            },
        ),
        ("labels", lambda t: {"prompt": said("user", t), "completion": said("assistant", t), "label": True}),
    ],
)
def test_personal_data_is_masked_in_every_message_alike(kind, row):
    plain = row("ここには何もない。")
    before = rows(kind, plain, row(MAIL), plain, {}, row(MAIL))
    assert Pii().accepts(kind)
    assert_frame_equal(Pii().apply(before), rows(kind, plain, row(TOKEN), plain, {}, row(TOKEN)))
    assert_frame_equal(Pii().apply(before[:1]), before[:1])


def dropped(verdicts: pl.DataFrame) -> dict[int, str]:
    gone = verdicts.filter(pl.col("reason") == "duplicate")
    return dict(gone.select("row", "duplicate_of").rows())


@pytest.mark.parametrize("step", [ExactDedup(), NearDedup()])
def test_prompts_and_candidates_are_compared_by_their_prompts(select: Select, step: Any):
    for kind in ("prompts", "candidates"):
        found = rows(
            kind,
            {"prompt": said("user", ASKED), "responses": [response(FIRST)]},
            {"prompt": said("user", ASKED.replace("、", "、\n")), "responses": [response(SECOND)]},
            {"prompt": [*said("system", SECOND), *said("user", ASKED)], "responses": [response(FIRST)]},
        )
        assert dropped(select(step, found)) == {1: "r0"}


@pytest.mark.parametrize("step", [ExactDedup(), NearDedup()])
def test_of_pairs_every_message_is_compared(select: Select, step: Any):
    def pair(prompt: str, chosen: str, rejected: str) -> dict[str, Any]:
        sides = {"chosen": said("assistant", chosen), "rejected": said("assistant", rejected)}
        return {"prompt": said("user", prompt), **sides}

    found = rows(
        "pairs",
        pair(ASKED, FIRST, SECOND),
        pair(ASKED, SECOND, FIRST),
        pair(f" {ASKED}", FIRST, SECOND),
        {"prompt": None, "chosen": None, "rejected": None},
    )
    of_prompts = step.model_copy(update={"within": ["prompt"]})
    assert 2 in dropped(select(step, found))
    assert dropped(select(of_prompts, found)) == {1: "r0", 2: "r0"}
    # The same sentences swapped are another pair, though almost all of their shingles are the same.
    if isinstance(step, ExactDedup):
        assert dropped(select(step, found)) == {2: "r0"}


def test_chats_and_labels_are_compared_turn_by_turn(select: Select):
    chats = rows(
        "chat",
        {"messages": [*said("user", "米は"), *said("assistant", "？棚に。")]},
        {"messages": [*said("user", "米は？"), *said("assistant", "棚に。")]},
        {"messages": [*said("user", "米 は？"), *said("assistant", "棚に。")]},
    )
    assert dropped(select(ExactDedup(), chats)) == {2: "r1"}
    label = {"prompt": said("user", ASKED), "completion": said("assistant", FIRST)}
    labels = rows("labels", label, {**label, "completion": said("assistant", SECOND)}, label)
    assert dropped(select(ExactDedup(), labels)) == {2: "r0"}


def test_cutting_the_rows_into_shards_changes_nothing(select: Select):
    found = rows("prompts", *({"prompt": said("user", f"{ASKED}{n % 7}")} for n in range(40)))
    whole = select(ExactDedup(), found)
    assert len(dropped(whole)) == 33
    assert_frame_equal(select(ExactDedup(), found, 1, 12, 27), whole)


def test_a_column_that_is_not_there_is_named(select: Select):
    found = rows("prompts", {"prompt": said("user", ASKED)})
    with pytest.raises(SeimaiError, match="within names 'chosen', and the rows have prompt, responses"):
        select(ExactDedup(within=["chosen"]), found)
