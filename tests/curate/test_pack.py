"""`curate.pack`: what is packed is what was there, in files that Megatron-LM's layout describes."""

import hashlib
import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.counting.tokenizer import open_tokenizer
from curate.pack import Pack
from seimai.dataset import Rows, Shard
from seimai.errors import SeimaiError
from seimai.executor import LocalExecutor
from seimai.exporting.indexed import open_indexed, write_index
from seimai.exporting.packed import open_packed
from seimai.job import Job
from seimai.progress import Display
from seimai.recipe import load_recipe
from seimai.rows import ORIGIN
from seimai.run import Runner

WORDS = ["米を研ぐ。", "水に浸す。", "炊く", "蒸らす\n", "ご飯", "、", "Rice 2 go"]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map("".join), min_size=1, max_size=12)


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A byte-level tokenizer with an end-of-text token, as train.tokenizer makes them."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    model: Any = Tokenizer(models.BPE())
    model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    model.decoder = decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=letters,
        show_progress=False,
    )
    model.train_from_iterator(WORDS * 5, trainer)
    folder = tmp_path_factory.mktemp("tokenizer")
    model.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": {"content": "<|endoftext|>"}}))
    return folder


def rows_of(texts: Sequence[str | None], folder: Path, shard: int) -> Rows:
    """Documents in shards of so many."""
    folder.mkdir(parents=True)
    made: list[Shard] = []
    for first in range(0, len(texts), shard):
        some = texts[first : first + shard]
        frame = pl.DataFrame(
            {
                "id": [f"d{first + n}" for n in range(len(some))],
                "origin": pl.Series(
                    [{"file": "a.jsonl", "record": first + n} for n in range(len(some))], dtype=ORIGIN
                ),
                "text": pl.Series(some, dtype=pl.String),
                "source": ["試験"] * len(some),
            }
        )
        frame.write_parquet(folder / f"{first}.parquet")
        made.append(Shard(folder / f"{first}.parquet", len(some)))
    return Rows(tuple(made))


def pack(step: Pack, rows: Rows, folder: Path, workers: int = 1) -> pl.DataFrame:
    (folder / "work").mkdir(parents=True, exist_ok=True)
    executor = LocalExecutor(workers)
    try:
        job = Job("packed", 1, folder / "work", folder / "captured", executor, Display().bar)
        return pl.concat(step.rewrite(rows, job))
    finally:
        executor.close()


def stream(folder: Path) -> list[int]:
    return [int(i) for file in open_packed(folder).open() for i in file.ids]


@given(TEXTS, st.integers(1, 5), st.integers(1, 40))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_token_is_lost_or_added(
    tokenizer: Path, tmp_path_factory: pytest.TempPathFactory, texts: list[str], shard: int, file: int
) -> None:
    folder = tmp_path_factory.mktemp("packed")
    rows = rows_of(texts, folder / "rows", shard)
    placed = pack(Pack(tokenizer=str(tokenizer), file_tokens=file), rows, folder)
    library: Any = open_tokenizer(str(tokenizer))
    expected = [[*library.encode([t])[0].tolist(), 0] for t in texts if t]
    assert stream(folder / "captured") == [i for ids in expected for i in ids]
    kept = placed.filter(pl.col("reason").is_null())
    assert placed.filter(pl.col("reason") == "empty").height == texts.count("")
    for (name, start, tokens), ids in zip(
        kept.select("file", "start", "tokens").iter_rows(), expected, strict=True
    ):
        file_ids = open_indexed(folder / "captured" / name).ids
        assert file_ids[start : start + tokens].tolist() == ids
    documents = [
        d.tolist() for f in open_packed(folder / "captured").open() for d in (f[n] for n in range(len(f)))
    ]
    assert documents == expected


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (folder / "captured").iterdir()}


def test_same_bytes_for_any_shards_and_workers(tokenizer: Path, tmp_path: Path) -> None:
    texts = [f"{WORDS[n % 7]}{n}" * (n % 5) for n in range(200)]
    step = Pack(tokenizer=str(tokenizer), file_tokens=500)
    one = pack(step, rows_of(texts, tmp_path / "a/rows", 200), tmp_path / "a")
    two = pack(step, rows_of(texts, tmp_path / "b/rows", 7), tmp_path / "b", workers=2)
    assert one.equals(two)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert len(files(tmp_path / "a")) > 5


def test_goes_on_after_a_kill(tokenizer: Path, tmp_path: Path) -> None:
    texts = [f"{WORDS[n % 7]}{n}" for n in range(50)]
    step = Pack(tokenizer=str(tokenizer), file_tokens=100)
    rows = rows_of(texts, tmp_path / "a/rows", 10)
    whole = pack(step, rows, tmp_path / "a")
    work = tmp_path / "a/work/tokens"
    (work / "00003.lengths").unlink()  # killed while the fourth shard was encoded
    (work / "00003.ids").write_bytes(b"torn")
    before, expected = (work / "00001.ids").stat().st_mtime_ns, files(tmp_path / "a")
    (tmp_path / "a/captured/tokens-00000.bin").write_bytes(b"torn")
    (tmp_path / "a/captured/tokens-99999.bin").write_bytes(b"stray")
    assert pack(step, rows, tmp_path / "a").equals(whole)
    assert files(tmp_path / "a") == expected
    assert (work / "00001.ids").stat().st_mtime_ns == before


def test_checksums_are_those_of_the_files(tokenizer: Path, tmp_path: Path) -> None:
    pack(Pack(tokenizer=str(tokenizer), file_tokens=20), rows_of(WORDS, tmp_path / "rows", 3), tmp_path)
    about = json.loads((tmp_path / "captured/tokens.json").read_text("utf-8"))
    assert about["id_type"] == "uint16"
    for file in about["files"]:
        for suffix, digest in file["sha256"].items():
            data = (tmp_path / "captured" / f"{file['name']}{suffix}").read_bytes()
            assert hashlib.sha256(data).hexdigest() == digest


def test_the_index_is_laid_out_as_megatron_reads_it(tmp_path: Path) -> None:
    with (tmp_path / "t.idx").open("wb") as f:
        write_index(f, np.array([3, 1, 2], np.int32), np.dtype("<i4"))
    data = (tmp_path / "t.idx").read_bytes()
    assert data[:9] == b"MMIDIDX\x00\x00"
    assert struct.unpack_from("<QBQQ", data, 9) == (1, 4, 3, 4)
    assert np.frombuffer(data, "<i4", 3, 34).tolist() == [3, 1, 2]
    assert np.frombuffer(data, "<i8", 3, 46).tolist() == [0, 12, 16]  # bytes
    assert np.frombuffer(data, "<i8", 4, 70).tolist() == [0, 1, 2, 3]
    assert len(data) == 70 + 32
    np.arange(6, dtype="<i4").tofile(tmp_path / "t.bin")
    read = open_indexed(tmp_path / "t")
    assert [read[n].tolist() for n in range(len(read))] == [[0, 1, 2], [3], [4, 5]]


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SeimaiError, match="cannot be read"):
        open_indexed(tmp_path / "t")
    (tmp_path / "t.bin").write_bytes(bytes(10))
    (tmp_path / "t.idx").write_bytes(bytes(34))
    with pytest.raises(SeimaiError, match="no index of token files with"):
        open_indexed(tmp_path / "t")
    with (tmp_path / "t.idx").open("wb") as f:
        write_index(f, np.array([3], np.int32), np.dtype("<i4"))
    with pytest.raises(SeimaiError, match="has 10 bytes, its index names 12"):
        open_indexed(tmp_path / "t")
    (tmp_path / "t.idx").write_bytes((tmp_path / "t.idx").read_bytes()[:40])
    with pytest.raises(SeimaiError, match="cut short"):
        open_indexed(tmp_path / "t")
    (tmp_path / "t.idx").write_bytes(b"MMIDIDX")
    with pytest.raises(SeimaiError, match="too short"):
        open_indexed(tmp_path / "t")


def test_without_an_end_of_text_token_nothing_is_packed(tokenizer: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "tokenizer.json").write_bytes((tokenizer / "tokenizer.json").read_bytes())
    rows = rows_of(["米"], tmp_path / "rows", 1)
    with pytest.raises(SeimaiError, match="names no end-of-text token: name one with `end`"):
        pack(Pack(tokenizer=str(bare)), rows, tmp_path)
    with pytest.raises(SeimaiError, match="'</s>' is not in the vocabulary"):
        pack(Pack(tokenizer=str(bare), end="</s>"), rows, tmp_path)
    assert pack(Pack(tokenizer=str(bare), end="<|endoftext|>"), rows, tmp_path)["tokens"][0] > 1


def test_in_a_recipe_every_document_is_accounted_for(tokenizer: Path, tmp_path: Path) -> None:
    texts = ["米を研ぐ。", "水に浸す。", "炊く"]
    lines = [json.dumps({"text": t}, ensure_ascii=False) for t in texts]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), "utf-8")
    (tmp_path / "recipe.yaml").write_text(
        f"packed:\n  from: {{files: a.jsonl}}\n  steps: [curate.pack: {{tokenizer: {tokenizer}}}]\n", "utf-8"
    )
    executor = LocalExecutor(1)
    passes, _ = Runner(load_recipe(tmp_path / "recipe.yaml"), tmp_path / "out", executor, Display()).run(
        ["packed"]
    )
    place = passes[-1].directory
    manifest = json.loads((place / "manifest.json").read_text("utf-8"))
    assert manifest["kind"] == "packed"
    assert manifest["rows"] == {"in": 3, "kept": 3, "dropped": 0}
    assert [f["path"] for f in manifest["files"]] == [
        "captured/tokens-00000.bin",
        "captured/tokens-00000.idx",
        "captured/tokens.json",
    ]
    assert pl.read_parquet(place / "kept/*.parquet")["file"].unique().to_list() == ["tokens-00000"]
    assert len(open_packed(place / "captured").open()[0]) == 3
