"""`curate.shuffle`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from curate.mixing import spill
from curate.shuffle import Shuffle
from seimai.whole import _gathered

Rewritten = Callable[..., pl.DataFrame]


def documents(number: int, name: str = "d") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": [f"{name}{n}" for n in range(number)],
            "text": ["米" * (n % 50) for n in range(number)],
            "tags": [[f"{n}", "法"][: n % 3] for n in range(number)],
            "at": [{"start": n, "end": None} for n in range(number)],
        },
        schema_overrides={"at": pl.Struct({"start": pl.Int64, "end": pl.Int64})},
    )


def test_all_rows_come_in_another_order(rewrite: Rewritten) -> None:
    rows = documents(2_000)
    made = rewrite(Shuffle(), {"a": rows})
    assert_frame_equal(made.sort("at"), rows)
    places = made["at"].struct.field("start").to_numpy()
    assert abs(np.corrcoef(places, np.arange(2_000))[0, 1]) < 0.1
    assert abs(np.corrcoef(places[:-1], places[1:])[0, 1]) < 0.1


@pytest.mark.parametrize(("size", "workers"), [(37, 1), (1, 1), (500, 2)])
def test_shards_workers_and_ranges_change_nothing(
    rewrite: Rewritten, monkeypatch: pytest.MonkeyPatch, size: int, workers: int
) -> None:
    rows = documents(1_000 if size > 1 else 60)
    expected = rewrite(Shuffle(), {"a": rows})
    assert_frame_equal(rewrite(Shuffle(), {"a": rows}, size, workers), expected)
    monkeypatch.setattr(spill, "RANGE_BYTES", 500)
    assert_frame_equal(rewrite(Shuffle(), {"a": rows}, size), expected)


def test_the_others_keep_their_order_when_rows_come(rewrite: Rewritten) -> None:
    few, more = documents(500), pl.concat([documents(500, "new"), documents(500)])
    made = rewrite(Shuffle(), {"a": more})
    assert_frame_equal(made.filter(pl.col("id").str.starts_with("d")), rewrite(Shuffle(), {"a": few}))


def test_frames_end_at_the_same_rows_however_rows_are_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "FRAME_BYTES", 20_000)
    monkeypatch.setattr("seimai.whole.SHARD_BYTES", 50_000)
    rows = documents(3_000)

    def cut(size: int) -> list[list[int]]:
        frames = spill._even(rows.iter_slices(size))
        return [[f.height for f in held] for held in _gathered(frames)]

    assert cut(3_000) == cut(101) == cut(1)
    assert sum(sum(held) for held in cut(7)) == 3_000
    assert len(cut(7)) > 3


def test_columns_that_some_rows_lack_are_null(rewrite: Rewritten) -> None:
    a, b = documents(3).with_columns(title=pl.lit("題")), documents(3, "e").with_columns(year=2024)
    made = rewrite(Shuffle(), {"a": a, "b": b})
    assert made.columns == [*a.columns, "year"]
    assert made["title"].null_count() == made["year"].null_count() == 3


def test_rows_without_text_are_shuffled_too(rewrite: Rewritten) -> None:
    rows = documents(300).drop("text")
    assert set(rewrite(Shuffle(), {"a": rows}, 100)["id"]) == set(rows["id"])


def test_a_spilled_shard_is_not_read_again(tmp_path: Path) -> None:
    rows = documents(100)
    rows.write_parquet(tmp_path / "a.parquet")
    task = spill.SpillTask(tmp_path / "a.parquet", tmp_path / "a.arrow", 1, 4, rows.clear())
    assert spill.spill(task) == 100
    before = (tmp_path / "a.arrow").stat().st_mtime_ns
    assert spill.spill(task) == 100
    assert (tmp_path / "a.arrow").stat().st_mtime_ns == before
