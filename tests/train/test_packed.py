"""Training on packed documents: their token files as the Trainer gets them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_trainings import Made, do, documents

from curate.pack import Pack
from seimai.dataset import Rows, Shard
from seimai.errors import SeimaiError
from seimai.executor import LocalExecutor
from seimai.job import Job
from seimai.progress import Display
from train import packed
from train.cpt import Cpt
from train.model import load_tokenizer
from train.packed import sequences
from train.script import Config


@given(st.lists(st.integers(0, 25), max_size=6), st.integers(1, 9))
@settings(max_examples=60)
def test_sequences_are_the_stream(sizes: list[int], length: int) -> None:
    stream = np.arange(sum(sizes), dtype=np.uint16)
    files = np.split(stream, np.cumsum(sizes)[:-1]) if sizes else []
    cut = [ids for chunk in sequences(files, length) for ids in chunk.to_pylist()]
    assert [i for ids in cut for i in ids] == stream.tolist()
    assert all(len(ids) == length for ids in cut[:-1])


def test_sequences_within_a_file_are_no_copy() -> None:
    ids = np.arange(100, dtype=np.int32)
    (chunk, last) = sequences([ids], 7)
    assert chunk.values.buffers()[1].address == ids.ctypes.data
    assert last.to_pylist() == [[98, 99]]


def packed_rows(texts: list[str], tokenizer: Path, folder: Path) -> Shard:
    """A packed dataset as the runner lays it out."""
    (folder / "kept").mkdir(parents=True)
    frame = pl.DataFrame({"id": [f"d{n}" for n in range(len(texts))], "text": texts})
    frame.write_parquet(folder / "documents.parquet")
    rows = Rows((Shard(folder / "documents.parquet", len(texts)),))
    job = Job("p", 1, folder / "work", folder / "captured", LocalExecutor(1), Display().bar)
    step = Pack(tokenizer=str(tokenizer), file_tokens=1500)
    pl.concat(step.rewrite(rows, job)).drop("reason").write_parquet(folder / "kept/0.parquet")
    return Shard(folder / "kept/0.parquet", len(texts))


def config(shard: Shard, tmp_path: Path) -> Config:
    return Config(parameters={}, rows=[shard.path], out=tmp_path / "out", work=tmp_path / "work")


@pytest.mark.train
def test_a_model_learns_from_packed_documents(
    base: Made, tokenizer: Made, runs: Path, general: Path, tmp_path: Path
) -> None:
    shard = packed_rows(documents()[:120], tokenizer.folder, tmp_path / "packed")
    step = Cpt(model="base", max_length=64, epochs=2, learning_rate=1e-3, general="general")
    made = do(step, Rows((shard,)), tmp_path / "read", base=base.folder, general=general)
    for on in ("general", "held-out sequences"):
        before, after = made.measured("perplexity", on)
        assert after < before
    about = json.loads((tmp_path / "packed/captured/tokens.json").read_text("utf-8"))
    assert len(about["files"]) > 1
    tokens = sum(file["tokens"] for file in about["files"])
    rows = made.metrics["rows"]
    assert rows["trained"] + rows["held_out"] == -(-tokens // 64)


@pytest.mark.train
def test_tokens_of_another_tokenizer_are_refused(base: Made, tokenizer: Made, tmp_path: Path) -> None:
    shard = packed_rows(documents()[:9], tokenizer.folder, tmp_path / "packed")
    about = tmp_path / "packed/captured/tokens.json"
    known: dict[str, Any] = json.loads(about.read_text("utf-8"))
    about.write_text(json.dumps(known | {"probe": known["probe"][1:]}), "utf-8")
    with pytest.raises(SeimaiError, match="are of another tokenizer than the model's"):
        packed.load(config(shard, tmp_path), load_tokenizer(str(base.folder)), 64)


@pytest.mark.train
def test_rows_that_lost_some_are_refused(base: Made, tokenizer: Made, tmp_path: Path) -> None:
    shard = packed_rows(documents()[:9], tokenizer.folder, tmp_path / "packed")
    pl.read_parquet(shard.path)[1:].write_parquet(shard.path)
    with pytest.raises(SeimaiError, match=r"the rows name \d+ tokens, their files hold \d+"):
        packed.load(config(shard, tmp_path), load_tokenizer(str(base.folder)), 64)
