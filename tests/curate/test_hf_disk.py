import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.ipc as ipc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.read import Files, read, tasks
from seimai.errors import SeimaiError

TEXT = "吾輩は猫である。名前はまだ無い。"


def rows(base: Path, files: str | list[str] = "*", **spec: Any) -> pl.DataFrame:
    entry = Files(files=files, **spec)
    return pl.concat([f for task in tasks(entry, base) for f in read(task, entry)])


def write(path: Path, records: list[dict[str, Any]], batch: int = 3) -> None:
    table = pa.Table.from_pylist(records)
    with ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=batch)


def saved(folder: Path, *shards: list[dict[str, Any]], **state: Any) -> None:
    """A folder as `datasets` saves it."""
    folder.mkdir(parents=True)
    names = [f"data-{i:05}-of-{len(shards):05}.arrow" for i in range(len(shards))]
    for name, records in zip(names, shards, strict=True):
        write(folder / name, records)
    listed = {"_data_files": [{"filename": n} for n in names], "_split": None}
    (folder / "state.json").write_text(json.dumps({**listed, **state}))
    (folder / "dataset_info.json").write_text("{}")


def documents(name: str, count: int) -> list[dict[str, Any]]:
    return [{"text": f"{TEXT}{name}{i}", "day": datetime(2026, 1, 1), "n": i} for i in range(count)]


def test_a_dataset_is_named_by_its_folder(tmp_path: Path):
    saved(tmp_path / "コーパス", documents("a", 7), documents("b", 2))
    write(tmp_path / "コーパス" / "cache-1234.arrow", documents("left over", 5))
    got = rows(tmp_path, "コーパス")
    assert got["text"].to_list() == [f"{TEXT}a{i}" for i in range(7)] + [f"{TEXT}b{i}" for i in range(2)]
    assert got["failed"].null_count() == 9
    origins = got["origin"].to_list()
    assert [o["record"] for o in origins] == [*range(7), *range(2)]
    assert {o["file"] for o in origins} == {f"コーパス/data-0000{i}-of-00002.arrow" for i in (0, 1)}
    assert json.loads(got["meta"][1]) == {"day": "2026-01-01 00:00:00", "n": 1}
    for pattern in ("*", "**/*", "コーパス/*"):
        assert_frame_equal(rows(tmp_path, pattern), got)


def test_splits(tmp_path: Path):
    saved(tmp_path / "d" / "train", documents("train", 3))
    saved(tmp_path / "d" / "test", documents("test", 1))
    (tmp_path / "d" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    assert rows(tmp_path, "d").height == 4
    assert rows(tmp_path, "**/*").height == 4
    assert rows(tmp_path, "d/test")["text"].to_list() == [f"{TEXT}test0"]


def test_the_library_s_own_files(tmp_path: Path):
    datasets = pytest.importorskip("datasets")
    made = datasets.Dataset.from_list([{"text": f"{TEXT}{i}", "label": i % 2} for i in range(2500)])
    made = made.cast_column("label", datasets.ClassLabel(names=["猫", "犬"]))
    chats = [{"messages": [{"role": "user", "content": TEXT}, {"role": "assistant", "content": "はい。"}]}]
    datasets.DatasetDict(train=made, test=made.select([5, 3])).save_to_disk(
        str(tmp_path / "d"), num_proc=None
    )
    datasets.Dataset.from_list(chats).save_to_disk(str(tmp_path / "chats"))
    got = rows(tmp_path, "d")
    assert got["text"].to_list() == [f"{TEXT}5", f"{TEXT}3", *(f"{TEXT}{i}" for i in range(2500))]
    assert rows(tmp_path, "chats")["messages"].to_list() == [chats[0]["messages"]]


def test_a_large_file_is_cut_at_its_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write(tmp_path / "a.arrow", documents("a", 100))
    whole = rows(tmp_path)
    monkeypatch.setattr("curate.read.TASK_BYTES", 2000)
    monkeypatch.setattr("curate.reading.arrow.BATCH_BYTES", 100)
    assert len(tasks(Files(files="*"), tmp_path)) > 3
    assert_frame_equal(rows(tmp_path), whole)


def test_the_file_format_too(tmp_path: Path):
    table = pa.Table.from_pylist(documents("a", 10))
    with ipc.new_file(tmp_path / "a.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=4)
    assert rows(tmp_path)["origin"].struct.field("record").to_list() == list(range(10))


def test_a_record_beyond_the_cap_costs_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("curate.reading.arrow.LARGEST", 1 << 20)
    monkeypatch.setattr("curate.reading.arrow.BATCH_BYTES", 1 << 10)
    write(tmp_path / "a.arrow", [{"text": "一"}, {"text": "x" * (2 << 20)}, {"text": "三"}])
    got = rows(tmp_path)
    assert got["text"].to_list() == ["一", None, "三"]
    assert got["failed"][1] == "a.arrow, row 1: larger than 1 MiB"


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ({"_data_files": [{"filename": "../../x.arrow"}]}, "names '../../x.arrow', which is no file"),
        ({"_data_files": [{"filename": "gone.arrow"}]}, "names gone.arrow, which is not there"),
        ({"_data_files": [7]}, "names 7, which is no file"),
        ({"_indices_data_files": [{"filename": "i.arrow"}]}, "keeps its rows behind an index"),
    ],
)
def test_descriptions_are_checked(tmp_path: Path, state: dict[str, Any], why: str):
    saved(tmp_path / "d", documents("a", 1), **state)
    with pytest.raises(SeimaiError, match=why):
        tasks(Files(files="d"), tmp_path)


def test_a_broken_description(tmp_path: Path):
    saved(tmp_path / "d", documents("a", 1))
    (tmp_path / "d" / "state.json").write_text("{" * 5)
    with pytest.raises(SeimaiError, match="describes no dataset"):
        tasks(Files(files="d"), tmp_path)


@given(data=st.data())
def test_damage_is_a_row(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject):
    base = tmp_path_factory.mktemp("any")
    write(base / "a.arrow", documents("a", 9))
    whole = bytearray((base / "a.arrow").read_bytes())
    for _ in range(data.draw(st.integers(0, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    (base / "a.arrow").write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    got = rows(base, kind="documents")
    assert got.filter(pl.col("text").is_null() & pl.col("failed").is_null()).is_empty()


def test_an_empty_dataset(tmp_path: Path):
    (tmp_path / "a.arrow").write_bytes(b"")
    table = pa.table({"text": pa.array([], pa.string())})
    with ipc.new_stream(tmp_path / "b.arrow", table.schema):
        pass
    got = rows(tmp_path)["failed"].to_list()
    assert got[1] == "b.arrow: empty file"
    assert got[0] is not None
    assert os.listdir(tmp_path)  # noqa: PTH208
