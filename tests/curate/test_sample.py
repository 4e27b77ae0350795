"""`curate.sample`."""

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from curate.sample import Sample
from seimai.errors import SeimaiError

Select = Callable[..., pl.DataFrame]
FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def documents(sources: list[str | None], length: int = 10, **columns: list[object]) -> pl.DataFrame:
    texts = ["米" * (length + n % 7) for n in range(len(sources))]
    data = {"id": [f"d{n}" for n in range(len(sources))], "text": texts, "source": sources, **columns}
    return pl.DataFrame(data, schema_overrides={"source": pl.String})


MIXED: list[str | None] = ["law"] * 100 + ["wiki"] * 300 + ["novel"] * 50


def drawn(select: Select, step: Sample, rows: pl.DataFrame, *sizes: int, workers: int = 1) -> pl.DataFrame:
    verdicts = select(step, rows, *sizes, workers=workers)
    assert verdicts["reason"].null_count() == 0
    return rows.with_row_index("row").join(verdicts, on="row", how="anti")


def by_source(rows: pl.DataFrame) -> dict[str, int]:
    return dict(rows["source"].value_counts().iter_rows())


def test_rows_that_are_not_drawn_say_so(select: Select) -> None:
    found = select(Sample(total=1), documents(["law"] * 2))
    assert found["reason"].to_list() == ["not_sampled"]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"total": 45}, {"law": 10, "wiki": 30, "novel": 5}),
        ({"share": 0.1}, {"law": 10, "wiki": 30, "novel": 5}),
        ({"each": 60}, {"law": 60, "wiki": 60, "novel": 50}),
        ({"quotas": {"law": 7, "novel": 900}}, {"law": 7, "novel": 50}),
        ({"shares": {"law": 0.5, "wiki": 1}}, {"law": 50, "wiki": 300}),
    ],
)
def test_strata_have_their_amounts(select: Select, step: dict[str, object], expected: dict[str, int]) -> None:
    rows = documents(MIXED)
    found = drawn(select, Sample.model_validate({**step, "strata": "source"}), rows)
    assert by_source(found) == expected


def test_totals_of_characters_are_met_exactly(select: Select) -> None:
    rows = documents(MIXED)
    found = drawn(select, Sample(total="1001 chars"), rows)
    assert found["text"].str.len_chars().sum() == 1001
    both = drawn(select, Sample(strata="source", quotas={"law": 303, "wiki": 404}, by="chars"), rows)
    sums = both.group_by("source").agg(pl.col("text").str.len_chars().sum()).sort("source")
    assert sums.rows() == [("law", 303), ("wiki", 404)]


def test_totals_of_tokens_take_the_column(select: Select) -> None:
    rows = documents(MIXED).with_columns(tokens=pl.Series([None, *range(1, 450)], dtype=pl.Int64))
    verdicts = select(Sample(total="5k tokens"), rows)
    assert verdicts.row(0) == (0, "uncounted")
    assert rows.with_row_index("row").join(verdicts, on="row", how="anti")["tokens"].sum() == 5000
    with pytest.raises(SeimaiError, match=r"curate\.sample counts tokens .* put curate\.count_tokens"):
        select(Sample(total="5k tokens"), documents(MIXED))


@pytest.mark.parametrize(
    ("strata", "quotas", "expected"),
    [
        ("good > 0.5", {True: 3}, 3),
        ("year", {2024: 4, None: 1}, 5),
        ("meta.court", {"最高裁": 2}, 2),
        ("substr(source, 1, 1)", {"l": 6}, 6),
    ],
)
def test_strata_are_columns_keys_of_meta_or_expressions(
    select: Select, strata: str, quotas: dict[object, int], expected: int
) -> None:
    size = len(MIXED)
    rows = documents(
        MIXED,
        good=[n / size for n in range(size)],
        year=[None if n % 9 == 0 else 2024 for n in range(size)],
        meta=['{"court": "最高裁"}' if n % 5 == 0 else '{"court": "地裁"}' for n in range(size)],
    )
    step = Sample.model_validate({"strata": strata, "quotas": quotas})
    assert drawn(select, step, rows).height == expected


@FEW
@given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=2, max_size=80), st.integers(1, 30))
def test_shards_change_nothing(select: Select, sources: list[str | None], size: int) -> None:
    rows = documents(sources)
    step = Sample(strata="source", each=size)
    expected = select(step, rows)
    assert_frame_equal(select(step, rows, 1, 0, len(sources) - 1), expected)
    counts = documents(sources).group_by("source").len()
    assert rows.height - expected.height == sum(min(size, n) for n in counts["len"])


def test_workers_change_nothing_and_thousands_are_drawn_evenly(select: Select) -> None:
    rows = documents([f"s{n % 3}" for n in range(30_000)])
    step = Sample(total="123456 chars")
    found = drawn(select, step, rows, 10_000, 15_000, 5_000, workers=2)
    assert_frame_equal(found, drawn(select, step, rows))
    assert found["text"].str.len_chars().sum() == 123_456
    halves = [found.filter(pl.col("row") < 15_000).height, found.filter(pl.col("row") >= 15_000).height]
    assert abs(halves[0] - halves[1]) < 300
    more = drawn(select, Sample(total="200000 chars"), rows)
    assert len(set(found["id"]) - set(more["id"])) <= 2


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"total": 5, "strata": "sauce"}, "no column 'sauce'; did you mean 'source'"),
        ({"quotas": {"lav": 5}, "strata": "source"}, "no row has the stratum 'lav'; did you mean 'law'"),
        ({"total": 451}, "a total of 451 documents cannot be drawn from 450"),
    ],
)
def test_what_cannot_be_is_said(select: Select, step: dict[str, object], message: str) -> None:
    with pytest.raises(SeimaiError, match=message):
        select(Sample.model_validate(step), documents(MIXED))


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({}, "give one of total"),
        ({"total": 3, "share": 0.1}, "give one of total"),
        ({"each": 3}, "need strata"),
        ({"total": "3 pages"}, "no amount"),
        ({"total": 3, "strata": "1 +"}, "no column and no expression"),
        ({"shares": {"a": 2}, "strata": "source"}, "between 0 and 1"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(step: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Sample.model_validate(step)


def test_more_strata_than_can_be_held_are_refused(select: Select) -> None:
    with pytest.raises(SeimaiError, match="more than 10,000 strata"):
        select(Sample(strata="id", each=1), documents(["law"] * 10_001))
