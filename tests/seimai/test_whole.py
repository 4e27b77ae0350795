"""The two sides of a rewrite keep their own columns."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from seimai import mapped
from seimai.dataset import Rows, Shard, write_parquet
from seimai.whole import _Expected, _sides


def test_rows_given_back_lend_no_column_to_new_ones() -> None:
    made = pl.DataFrame({"id": ["a+b"], "chosen": ["はい。"]})
    back = pl.DataFrame({"id": ["c"], "prompt": ["問い"], "reason": ["failed"], "detail": ["時間切れ"]})
    kept, failed = _sides([made, back])
    assert_frame_equal(kept, made)
    assert_frame_equal(failed, back)


def test_one_frame_may_hold_both() -> None:
    frame = pl.DataFrame({"id": ["a", "b"], "reason": [None, "failed"], "detail": [None, "壊れた"]})
    kept, failed = _sides([frame])
    assert_frame_equal(kept, pl.DataFrame({"id": ["a"]}))
    assert_frame_equal(failed, frame[1:])


@pytest.mark.parametrize("some", [1, 2, 3, 10])
def test_what_nothing_accounts_for_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, some: int
) -> None:
    monkeypatch.setattr(mapped, "SLICE", some)
    shards = [Shard(tmp_path / "0.parquet", 3), Shard(tmp_path / "1.parquet", 2)]
    write_parquet(pl.DataFrame({"id": ["c", "a", "c"]}), shards[0].path)
    write_parquet(pl.DataFrame({"id": ["d", "b"]}), shards[1].path)
    expected = _Expected(Rows(tuple(shards)), tmp_path)
    assert expected.lost() == {"a", "b", "c", "d"}
    expected.see(pl.Series(["c", "new", "zzz"]))
    expected.see(pl.Series([], dtype=pl.String))
    assert expected.lost() == {"a", "b", "d"}
    expected.see(pl.Series(["d", "b", "a"]))
    assert not expected.lost()
