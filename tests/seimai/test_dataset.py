import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seimai.dataset import Dataset, Rows, Shard, open_dataset, write_atomically, write_manifest, write_parquet
from seimai.errors import SeimaiError


def test_the_same_rows_give_the_same_bytes(tmp_path: Path):
    frame = pl.DataFrame({"id": ["a", "b"], "text": ["米", None]})
    first, second = (write_parquet(frame, tmp_path / name) for name in ("1.parquet", "2.parquet"))
    assert first == second
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "2.parquet").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1.parquet", "2.parquet"]


def test_a_file_that_cannot_be_put_in_place_leaves_nothing(tmp_path: Path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").touch()
    with pytest.raises(OSError, match="taken"):
        write_atomically(tmp_path / "taken", b"data")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_a_dataset_is_whole_when_its_manifest_is_there(tmp_path: Path):
    assert not Dataset.is_whole(tmp_path)
    with pytest.raises(SeimaiError, match=r"holds no manifest\.json: it is not a finished dataset"):
        open_dataset(tmp_path)
    shards = {"kept": [{"path": "kept/0.parquet", "rows": 2}], "dropped": []}
    write_manifest(tmp_path, {"kind": "documents", "hash": "ff", "name": "米", "shards": shards})
    dataset = open_dataset(tmp_path)
    assert (dataset.kind, dataset.hash, len(dataset.kept), len(dataset.dropped)) == ("documents", "ff", 2, 0)
    assert "米" in (tmp_path / "manifest.json").read_text("utf-8")


def test_a_manifest_is_the_same_whatever_the_order_of_its_keys(tmp_path: Path):
    for name, data in (("a", {"x": 1, "y": {"c": 1, "b": 2}}), ("b", {"y": {"b": 2, "c": 1}, "x": 1})):
        (tmp_path / name).mkdir()
        write_manifest(tmp_path / name, data)
    assert (tmp_path / "a/manifest.json").read_bytes() == (tmp_path / "b/manifest.json").read_bytes()
    assert json.loads((tmp_path / "a/manifest.json").read_text())["x"] == 1


@settings(max_examples=25, deadline=None)
@given(parts=st.lists(st.lists(st.integers(0, 99), max_size=5), max_size=5))
def test_rows_are_the_shards_one_after_the_other(tmp_path_factory, parts):
    folder = tmp_path_factory.mktemp("rows")
    shards: list[Shard] = []
    for n, part in enumerate(parts):
        write_parquet(pl.DataFrame({"n": part}, schema={"n": pl.Int64}), folder / f"{n}.parquet")
        shards.append(Shard(folder / f"{n}.parquet", len(part)))
    rows = Rows(tuple(shards))
    every = [n for part in parts for n in part]
    assert len(rows) == len(every)
    assert [f["n"].to_list() for f in rows.frames()] == parts
    read = rows.read()
    assert (read["n"].to_list() if parts else []) == every


def test_shards_may_differ_in_columns(tmp_path: Path):
    write_parquet(pl.DataFrame({"a": [1]}), tmp_path / "0")
    write_parquet(pl.DataFrame({"a": [2], "b": ["x"]}), tmp_path / "1")
    read = Rows((Shard(tmp_path / "0", 1), Shard(tmp_path / "1", 1))).read()
    assert read.rows() == [(1, None), (2, "x")]
