"""`curate.exact_dedup`."""

from collections.abc import Callable

import polars as pl
from polars.testing import assert_frame_equal

from curate.exact_dedup import ExactDedup

Select = Callable[..., pl.DataFrame]


def test_width_and_white_space_do_not_tell_texts_apart(select: Select) -> None:
    rows = pl.DataFrame(
        {
            "id": ["a", "b", "c", "d", "e"],
            "text": ["ＡＢＣ株式会社\n　会社案内", "精米", "ABC株式会社 会社案内", "ABC株式会社", "精 米"],
        }
    )
    expected = pl.DataFrame(
        {
            "row": [0, 1, 2, 4],
            "reason": [None, None, "duplicate", "duplicate"],
            "duplicate_of": [None, None, "a", "b"],
            "cluster": ["a", "b", "a", "b"],
            "cluster_size": [2, 2, 2, 2],
        },
        schema_overrides={"row": pl.UInt64, "cluster_size": pl.UInt32},
    )
    assert_frame_equal(select(ExactDedup(), rows), expected)
    assert_frame_equal(select(ExactDedup(), rows, 2, 0, 1, 2, workers=2), expected)


def test_empty_and_missing_texts_are_one(select: Select) -> None:
    rows = pl.DataFrame({"id": ["a", "b", "c", "d"], "text": ["米", "", None, " 　\n"]})
    found = select(ExactDedup(), rows)
    assert found.select("row", "duplicate_of").rows() == [(1, None), (2, "b"), (3, "b")]


def test_nothing_goes_where_all_differ(select: Select) -> None:
    rows = pl.DataFrame({"id": ["a", "b"], "text": ["玄米", "白米"]})
    assert not select(ExactDedup(), rows).height
