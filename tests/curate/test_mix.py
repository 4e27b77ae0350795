"""`curate.mix`."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from curate.mix import Mix
from curate.mixing.amount import amount
from curate.mixing.draw import choose
from curate.mixing.shares import mixture, proportions, whole_numbers
from seimai.dataset import Dataset
from seimai.errors import SeimaiError
from seimai.executor import LocalExecutor
from seimai.progress import Display
from seimai.recipe import load_recipe
from seimai.rows import ORIGIN, row_id
from seimai.run import Runner

Rewritten = Callable[..., pl.DataFrame]

FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def documents(name: str, lengths: list[int | None], **columns: list[object]) -> pl.DataFrame:
    origin = pl.Series(
        "origin", [{"file": f"{name}.jsonl", "record": n} for n in range(len(lengths))], ORIGIN
    )
    texts = [None if n is None else "米" * n for n in lengths]
    return pl.DataFrame(
        {"id": [f"{name}{n}" for n in range(len(lengths))], "origin": origin, "text": texts, **columns},
        schema_overrides={"text": pl.String},
    )


def chars(rows: pl.DataFrame, entry: str) -> int:
    return int(rows.filter(entry=entry)["text"].str.len_chars().sum())


def taken(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("reason").is_null())


def test_weights_set_the_amounts(rewrite: Rewritten) -> None:
    entries = {"law": documents("law", [*range(1, 200)]), "wiki": documents("wiki", [*range(50, 150)])}
    made = rewrite(Mix(weights={"law": 2, "wiki": 1}, total="9k"), entries)
    assert (chars(taken(made), "law"), chars(taken(made), "wiki")) == (6000, 3000)
    assert set(made["reason"]) == {None, "not_sampled"}
    assert made["id"].to_list() == [*entries["law"]["id"], *entries["wiki"]["id"]]


def test_epochs_repeat_rows_that_lead_back(rewrite: Rewritten) -> None:
    entries = {"law": documents("law", [3, 4]), "wiki": documents("wiki", [5])}
    made = rewrite(Mix(epochs={"law": 2, "wiki": 0}, by="documents"), entries)
    names = ["law0", "law1", "law0", "law1", "wiki0"]
    ids = ["law0", "law1", row_id("law0", 1), row_id("law1", 1), "wiki0"]
    expected = pl.DataFrame(
        {
            "id": ids,
            "entry": [n[:-1] for n in names],
            "epoch": pl.Series([0, 0, 1, 1, None], dtype=pl.UInt32),
            "copy_of": [None, None, "law0", "law1", None],
            "reason": [None] * 4 + ["not_sampled"],
        }
    )
    assert_frame_equal(made.select(expected.columns), expected)
    origin = made["origin"].struct
    assert origin.field("parents").to_list() == [None, None, ["law0"], ["law1"], None]
    assert origin.field("record").to_list() == [0, 1, 0, 1, 0]


def test_a_copy_of_a_copy_names_the_first(rewrite: Rewritten) -> None:
    once = rewrite(Mix(epochs={"law": 2}), {"law": documents("law", [3])}).drop("reason")
    twice = rewrite(Mix(epochs={"mixed": 2}), {"mixed": once})
    assert twice["copy_of"].to_list() == [None, "law0", "law0", "law0"]
    assert twice["id"].n_unique() == 4


@FEW
@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=60),
    st.lists(st.integers(1, 60), min_size=1, max_size=60),
    st.floats(0.05, 20),
    st.floats(0.1, 4),
    st.sampled_from(["chars", "tokens", "documents"]),
)
def test_totals_are_met_whatever_the_sizes(
    rewrite: Rewritten, a: list[int], b: list[int], weight: float, times: float, unit: str
) -> None:
    entries = {"a": documents("a", [1, *a]), "b": documents("b", [*b])}
    entries = {n: e.with_columns(tokens=pl.col("text").str.len_chars() * 7 + 3) for n, e in entries.items()}
    size = {"chars": pl.col("text").str.len_chars(), "tokens": pl.col("tokens"), "documents": pl.lit(1)}[unit]
    whole = sum(
        int(e.select(size.sum()).item()) if unit != "documents" else e.height for e in entries.values()
    )
    total = max(1, int(whole * times))
    step = Mix.model_validate(
        {
            "weights": {"a": weight, "b": 1},
            "total": total,
            "max_epochs": 5,
            "by": unit,
            "when_short": "fill",
        }
    )
    made = rewrite(step, entries)
    kept = taken(made)
    got = kept.select(size.alias("size"))["size"].sum() if unit != "documents" else kept.height
    assert got <= total
    assert total - got < 2 * 460  # less than the longest document of each
    if unit == "documents":
        assert got == total
    seen = made.select(pl.coalesce("copy_of", "id")).to_series()
    assert set(seen) == {name for rows in entries.values() for name in rows["id"]}
    assert kept["id"].is_unique().all()
    counts = kept.group_by("entry", original=pl.coalesce("copy_of", "id")).len()
    spread = counts.group_by("entry").agg(s=pl.col("len").max() - pl.col("len").min())
    assert all(s <= 1 for s in spread["s"])  # every row is read as often as the others, or once more


@pytest.mark.parametrize(("size", "workers"), [(7, 1), (1, 1), (40, 2)])
def test_shards_and_workers_change_nothing(rewrite: Rewritten, size: int, workers: int) -> None:
    entries = {"a": documents("a", [*range(1, 120)]), "b": documents("b", [5, 17, 23] * 30)}
    step = Mix(weights={"a": 1, "b": 1}, total=6100, max_epochs=4)
    assert_frame_equal(rewrite(step, entries, size, workers), rewrite(step, entries))


def test_more_takes_what_less_took(rewrite: Rewritten) -> None:
    entries = {"a": documents("a", [10] * 3000)}
    less, more = (set(taken(rewrite(Mix(total=t), entries))["id"]) for t in (4000, 9000))
    assert len(less) == 400
    assert less < more


def test_temperature_flattens_sizes(rewrite: Rewritten) -> None:
    entries = {"web": documents("web", [10] * 900), "law": documents("law", [10] * 100)}
    made = taken(rewrite(Mix(temperature=2, total=4000), entries))
    assert (chars(made, "web"), chars(made, "law")) == (3000, 1000)
    assert proportions({"web": 900, "law": 100}, 1) == pytest.approx({"web": 0.9, "law": 0.1})


def test_without_a_total_the_mixture_is_as_large_as_the_weights_allow(rewrite: Rewritten) -> None:
    entries = {"a": documents("a", [10] * 100), "b": documents("b", [10] * 30)}
    made = taken(rewrite(Mix(weights={"a": 1, "b": 1}, max_epochs=2), entries))
    assert (chars(made, "a"), chars(made, "b")) == (600, 600)


def test_rows_of_unknown_size_are_never_taken(rewrite: Rewritten) -> None:
    entries = {"a": documents("a", [3, None, 4])}
    made = rewrite(Mix(epochs={"a": 3}), entries)
    assert made.filter(pl.col("id") == "a1")["reason"].to_list() == ["uncounted"]
    assert taken(made).height == 6


def test_columns_of_one_dataset_are_null_in_the_other(rewrite: Rewritten) -> None:
    entries = {"a": documents("a", [3], title=["法"]), "b": documents("b", [3], year=[2024])}
    made = rewrite(Mix(), entries)
    assert made.select("title", "year").rows() == [("法", None), (None, 2024)]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"by": "tokens"}, r"column 'tokens'.*put curate.count_tokens: \{tokenizer: ...\} before it"),
        (
            {"by": "tokens", "column": "n_llmjp"},
            r"put curate.count_tokens: \{tokenizer: ..., column: n_llmjp\}",
        ),
        ({"weights": {"lew": 1, "wiki": 1}}, "no rows come from an entry 'lew'; did you mean 'law'"),
        ({"weights": {"law": 1}}, "wiki has no weight"),
        (
            {"weights": {"law": 9, "wiki": 1}, "total": 100},
            "in chars: law has 30 and its share is 90.*3 epochs",
        ),
        ({"total": 300}, "60 is all there is, and max_epochs is 1: a total of 300 cannot be reached"),
    ],
)
def test_what_cannot_be_is_said(rewrite: Rewritten, step: dict[str, object], message: str) -> None:
    entries = {"law": documents("law", [30]), "wiki": documents("wiki", [30])}
    if step.get("total") == 100:
        entries["wiki"] = documents("wiki", [30] * 10)
    with pytest.raises(SeimaiError, match=message):
        rewrite(Mix.model_validate(step), entries)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"epochs": {"a": 1}, "total": 5}, "stand in place of"),
        ({"weights": {"a": 0}}, "above 0"),
        ({"total": "2B tokens", "by": "chars"}, "one unit at a time"),
        ({"total": "two"}, "no amount"),
        ({"total": "1.5"}, "no whole number"),
        ({"when_short": "fill"}, "needs a total"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(step: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Mix.model_validate(step)


def test_amounts_are_read_as_people_write_them() -> None:
    assert amount("2B tokens") == (2_000_000_000, "tokens")
    assert amount("1_500") == amount("1,500") == (1500, None)
    assert amount("0.25M CHARS") == (250_000, "chars")


@given(st.dictionaries(st.text(max_size=2), st.floats(0, 1e6), min_size=1, max_size=8))
def test_rounding_keeps_the_total(parts: dict[str, float]) -> None:
    total = round(sum(parts.values()))
    found = whole_numbers(parts, total, {name: part + 1 for name, part in parts.items()})
    assert sum(found.values()) == total
    assert all(abs(found[name] - part) < 2 for name, part in parts.items())


def test_what_a_dataset_lacks_the_others_give() -> None:
    sizes = {"a": 10, "b": 1000, "c": 1000}
    shares = {"a": 0.5, "b": 0.4, "c": 0.1}
    assert mixture(sizes, shares, 520, 2, fill=True) == {"a": 20, "b": 400, "c": 100}


RECIPE = """\
seed: 3
law: {from: {files: law.jsonl}}
wiki: {from: {files: wiki.jsonl}}
mixed:
  from: [law, wiki]
  steps:
    - curate.exact_dedup
    - curate.mix: {weights: {law: 3, wiki: 1}, total: 2000, max_epochs: 9}
    - curate.shuffle
"""


def run(folder: Path, workers: int = 1) -> Dataset:
    executor = LocalExecutor(workers)
    try:
        recipe = load_recipe(folder / "recipe.yaml")
        passes, _ = Runner(recipe, folder / f"out{workers}", executor, Display()).run(["mixed"])
        return Dataset(passes[-1].directory)
    finally:
        executor.close()


def test_a_recipe_mixes_entries_after_deduplicating_them_together(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    for name, texts in {
        "law": [f"第{n}条　" + "米" * n for n in range(20)],
        "wiki": ["第3条　米米米", *(f"{n}. " + "飯" * n for n in range(60))],
    }.items():
        lines = (json.dumps({"text": t}, ensure_ascii=False) for t in texts)
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
    made = run(tmp_path)
    kept = made.kept.read()
    assert (chars(kept, "law"), chars(kept, "wiki")) == (1500, 500)
    assert made.dropped.read()["dropped_by"].unique().sort().to_list() == [
        "curate.exact_dedup.duplicate",
        "curate.mix.not_sampled",
    ]
    mix = next(p for p in (tmp_path / "out1/passes").iterdir() if "curate.mix" in p.name)
    account = json.loads((mix / "captured/mixture.json").read_text("utf-8"))
    assert account["amount"] == 2000
    assert account["entries"]["law"]["share"] == 0.75
    assert account["entries"]["law"]["epochs"] > 4
    assert Dataset(mix).manifest["files"][0]["path"] == "captured/mixture.json"
    again = run(tmp_path, workers=2)
    assert again.path.name == made.path.name
    for shard in made.kept.shards:
        assert shard.path.read_bytes() == (again.path / "kept" / shard.path.name).read_bytes()


@pytest.mark.parametrize("total", [5_000, 5_003, 20_076, 33_099])
def test_one_exchange_may_not_be_enough(total: int) -> None:
    sizes = np.array([100, 101, 104] * 400)
    assert sizes[choose(sizes, total)].sum() == total


def test_what_no_exchange_reaches_is_not_exceeded() -> None:
    sizes = np.array([100, 103] * 500)
    assert sizes[choose(sizes, 250)].sum() == 206
    assert sizes[choose(sizes, 5_000)].sum() == 4_999
