"""`curate.split`."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from curate.mixing.parts import part_of
from curate.split import Split
from seimai.dataset import Dataset
from seimai.errors import SeimaiError
from seimai.executor import LocalExecutor
from seimai.progress import Display
from seimai.recipe import load_recipe
from seimai.rows import ORIGIN
from seimai.run import Runner

Select = Callable[..., pl.DataFrame]
SHARES = {"train": 0.8, "valid": 0.1, "test": 0.1}
FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def clustered(clusters: list[str | None], **columns: list[object]) -> pl.DataFrame:
    ids = [f"d{n}" for n in range(len(clusters))]
    data = {"id": ids, "text": ["米"] * len(ids), "cluster": clusters, "similarity": [None] * len(ids)}
    return pl.DataFrame({**data, **columns}, schema_overrides={"cluster": pl.String})


def test_each_row_has_its_part_and_the_id_that_decided(select: Select) -> None:
    rows = clustered([None, "d1", "d1"])
    found = select(Split(shares=SHARES, part="train"), rows)
    parts = part_of(pl.Series(["d0", "d1", "d1"]), SHARES, 0)
    expected = pl.DataFrame(
        {
            "row": pl.Series(range(3), dtype=pl.UInt64),
            "reason": [None if p == "train" else f"in_{p}" for p in parts],
            "part": parts,
            "group": ["d0", "d1", "d1"],
        },
        schema_overrides={"reason": pl.String},
    )
    assert_frame_equal(found, expected)


def test_shares_are_met_on_average() -> None:
    parts = part_of(pl.Series([f"d{n}" for n in range(100_000)]), SHARES, 5)
    counts = dict(parts.value_counts().iter_rows())
    assert counts["train"] == pytest.approx(80_000, abs=600)
    assert counts["valid"] == pytest.approx(10_000, abs=450)


@FEW
@given(st.lists(st.sampled_from([None, "x", "y", "z"]), min_size=1, max_size=50), st.integers(0, 3))
def test_parts_are_disjoint_and_whole_and_clusters_stay_together(
    select: Select, clusters: list[str | None], seed: int
) -> None:
    rows = clustered(clusters)
    kept: list[int] = []
    for part in SHARES:
        step = Split(shares=SHARES, part=part, seed=seed)
        found = select(step, rows, 1, len(clusters) - 1)
        assert_frame_equal(found, select(step, rows))
        kept += found.filter(pl.col("reason").is_null())["row"].to_list()
    assert sorted(kept) == [*range(len(clusters))]
    marked = rows.hstack(select(Split(shares=SHARES, seed=seed), rows).select("part"))
    assert all(
        n == 1
        for n in marked.drop_nulls("cluster").group_by("cluster").agg(pl.col("part").n_unique())["part"]
    )


def test_rows_that_come_move_no_other(select: Select) -> None:
    few, more = clustered([None] * 300), clustered([None] * 900)
    found = [select(Split(shares=SHARES), rows)["part"] for rows in (few, more)]
    assert found[0].equals(found[1][:300])


@pytest.mark.parametrize("name", ["law", "synth"])
def test_near_duplicates_stay_on_one_side(
    select: Select, evaluation: Callable[[str], pl.DataFrame], name: str
) -> None:
    rows = evaluation(f"dup_{name}_docs").select("id", "text")
    shares = {"train": 0.5, "test": 0.5}
    found = select(Split(shares=shares), rows, 400, rows.height - 400)
    assert 0.3 < (found["part"] == "test").mean() < 0.7
    part = dict(zip(rows["id"], found["part"], strict=True))
    pairs = evaluation(f"dup_{name}_pairs").select("a", "b", "jaccard5").rows()
    alike = [(a, b) for a, b, jaccard in pairs if jaccard >= 0.85]
    leaks = sum(part[a] != part[b] for a, b in alike)
    assert leaks <= 0.002 * len(alike)
    by_id = part_of(rows["id"], shares, 0)
    alone = dict(zip(rows["id"], by_id, strict=True))
    assert sum(alone[a] != alone[b] for a, b in alike) > 0.3 * len(alike)  # what a split by rows lets through


def test_a_lower_threshold_keeps_more_together(select: Select) -> None:
    law = "国は、電子計算機の利用に関する施策を総合的に策定し、及び実施する責務を有する。"
    texts = [law, law + "地方公共団体は、国との適切な役割分担を踏まえて施策を講ずる。"]
    rows = clustered([None, None]).with_columns(text=pl.Series(texts))
    assert select(Split(shares=SHARES), rows)["group"].to_list() == ["d0", "d1"]
    assert select(Split(shares=SHARES, threshold=0.4), rows)["group"].to_list() == ["d0", "d0"]


def test_copies_stay_with_the_row_they_repeat(select: Select) -> None:
    rows = clustered([None, None, "d9"], copy_of=[None, "d0", "d9"])
    assert select(Split(shares=SHARES), rows)["group"].to_list() == ["d0", "d0", "d9"]


def test_pairs_of_one_prompt_stay_together(select: Select) -> None:
    origin = pl.Series("origin", [{"parents": ["p"]}, {"parents": ["p"]}, {"parents": None}], ORIGIN)
    rows = pl.DataFrame({"id": ["a", "b", "c"], "origin": origin})
    assert select(Split(shares=SHARES), rows)["group"].to_list() == ["p", "p", "c"]


def test_clusters_of_equal_texts_alone_are_not_enough(select: Select) -> None:
    """`curate.exact_dedup` leaves near-duplicates: it has no `similarity`."""
    text = "国は、電子計算機の利用に関する施策を総合的に策定し、及び実施する責務を有する。"
    rows = clustered([None, None]).drop("similarity").with_columns(text=pl.Series([text, text + "附則"]))
    assert select(Split(shares=SHARES), rows)["group"].to_list() == ["d0", "d0"]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({}, "give shares, or the part"),
        ({"shares": {"train": 0.5, "test": 0.4}}, "add up to 1"),
        ({"shares": {"train": 1.5, "test": -0.5}}, "above 0"),
        ({"shares": SHARES, "part": "tset"}, "no part 'tset'; did you mean 'test'"),
        ({"part": "test", "threshold": 0.5}, "threshold needs shares"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(step: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Split.model_validate(step)


def test_a_part_needs_a_split_before_it(select: Select) -> None:
    with pytest.raises(SeimaiError, match="the rows have no column 'part'; give shares"):
        select(Split(part="train"), clustered([None]))


RECIPE = """\
all:
  from: {files: all.jsonl}
  steps: [curate.split: {shares: {train: 0.6, test: 0.4}}]
train: {from: all, steps: [curate.split: {part: train}]}
test: {from: all, steps: [curate.split: {part: test}]}
alone:
  from: {files: all.jsonl}
  steps: [curate.split: {part: test, shares: {train: 0.6, test: 0.4}}]
"""


def test_entries_of_a_recipe_are_the_parts_of_one_split(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    texts = [f"玄米{n}を研ぐ。" + chr(0x4E00 + 99 * n) * 5 for n in range(40)] * 2
    (tmp_path / "all.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in texts))
    recipe = load_recipe(tmp_path / "recipe.yaml")
    passes, _ = Runner(recipe, tmp_path / "out", LocalExecutor(1), Display()).run(recipe.entries)
    made = {p.entry: Dataset(p.directory) for p in passes}
    train, test = (made[n].kept.read()["text"] for n in ("train", "test"))
    assert sorted([*train, *test]) == sorted(texts)
    assert not set(train) & set(test)
    assert made["alone"].kept.read()["text"].equals(test)
    assert made["test"].dropped.read()["dropped_by"].unique().to_list() == ["curate.split.in_train"]
