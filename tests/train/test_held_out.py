from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seimai.errors import SeimaiError
from train.held_out import read, split


@given(st.integers(0, 50_000), st.integers(0, 2**32 - 1))
def test_split_loses_no_row_and_repeats_itself(rows: int, seed: int) -> None:
    seen, held_out = split(rows, seed)
    assert sorted(seen + held_out) == list(range(rows))
    assert (seen, held_out) == split(rows, seed)
    assert len(held_out) <= rows / 4


@pytest.mark.parametrize(("rows", "expected"), [(0, 0), (8, 2), (100, 8), (1000, 20), (100_000, 500)])
def test_size_of_the_held_out_part(rows: int, expected: int) -> None:
    assert len(split(rows, 1)[1]) == expected


def test_another_seed_holds_out_other_rows() -> None:
    assert split(1000, 1)[1] != split(1000, 2)[1]


@pytest.mark.parametrize(
    ("line", "reason"), [("{", "not JSON"), ("[1]", "not a JSON object"), ('{"txt": "a"}', "has no 'text'")]
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "general.jsonl"
    file.write_text('{"text": "米"}\n\n' + line, "utf-8")
    with pytest.raises(SeimaiError, match=f"general.jsonl:3: {reason}"):
        read(str(file), ["text"])


def test_line_separators_inside_a_text_do_not_end_a_line(tmp_path: Path) -> None:
    file = tmp_path / "general.jsonl"
    file.write_text('{"text": "米\u2028麦", "id": 1}\n', "utf-8")
    assert read(str(file), ["text"]) == [{"text": "米\u2028麦"}]
