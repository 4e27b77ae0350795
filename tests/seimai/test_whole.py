"""The two sides of a rewrite keep their own columns."""

import polars as pl
from polars.testing import assert_frame_equal

from seimai.whole import _sides


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
