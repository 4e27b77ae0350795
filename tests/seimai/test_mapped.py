"""Arrays in files."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from seimai import mapped


def test_what_is_written_to_a_filled_file_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "SLICE", 4)
    values = mapped.filled(tmp_path / "best", 10, np.int64(-1))
    assert values.tolist() == [-1] * 10
    values[[3, 9]] = 7, 8
    assert mapped.mapped(tmp_path / "best", np.int64, 10).tolist() == [-1, -1, -1, 7, *[-1] * 5, 8]
    assert [p.name for p in tmp_path.iterdir()] == ["best"]


def test_no_rows_have_an_empty_array(tmp_path: Path) -> None:
    assert mapped.filled(tmp_path / "none", 0, np.bool_(0)).shape == (0,)
    assert mapped.mapped(tmp_path / "none", np.int64, 0, 2).shape == (0, 2)
    assert not [*mapped.slices(0)]


def test_a_file_is_replaced_only_when_all_of_it_is_written(tmp_path: Path) -> None:
    def broken() -> Iterator[mapped.Array]:
        yield np.arange(3)
        raise OSError("full")

    mapped.put(tmp_path / "pairs", [np.arange(2)])
    with pytest.raises(OSError, match="full"):
        mapped.put(tmp_path / "pairs", broken())
    assert np.fromfile(tmp_path / "pairs", np.int64).tolist() == [0, 1]
