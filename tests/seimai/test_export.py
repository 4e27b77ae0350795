"""`seimai export`: files that the real `datasets` loads, and a card that says what they are."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import seimai.export as module
from seimai.dataset import Dataset
from seimai.errors import SeimaiError
from seimai.executor import LocalExecutor
from seimai.export import Order, export
from seimai.exporting import cuts
from seimai.exporting.ancestry import ancestry
from seimai.exporting.card import tokenizer_columns
from seimai.exporting.histogram import Histogram
from seimai.exporting.packed import open_packed
from seimai.exporting.summary import summarize
from seimai.progress import Display

Command = Callable[..., "subprocess.CompletedProcess[str]"]
RECIPE = """\
name: cards
seed: 5
corpus:
  from: {files: "*.jsonl", license: CC-BY-4.0}
  steps:
    - curate.length: {min_chars: 4}
    - curate.exact_dedup
%s
both:
  from: [corpus]
  steps: [curate.kana: {at_least: 0.1}]
"""
TEXTS = [f"第{n}章。米を研いで水に浸し、{n % 7}十分ほど置いてから炊く。" * (1 + n % 5) for n in range(300)]


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    model: Any = Tokenizer(models.BPE({"</s>": 0, **{c: n + 1 for n, c in enumerate(letters)}}, []))
    model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    model.decoder = decoders.ByteLevel()
    (tmp_path / "bytes").mkdir()
    model.save(str(tmp_path / "bytes/tokenizer.json"))
    (tmp_path / "bytes/tokenizer_config.json").write_text('{"eos_token": "</s>"}')
    return tmp_path / "bytes"


@pytest.fixture
def corpus(make: Any, write_recipe: Any, tokenizer: Path, tmp_path: Path) -> Dataset:
    """Documents of two sources and licences, with token counts, a signal and reasons."""
    for name, source, own in (("a", "白書|A", None), ("b", "随筆", "MIT")):
        some = TEXTS[:200] if name == "a" else [*TEXTS[200:], TEXTS[299], "短"]
        records = [{"text": t, "source": source, **({"license": own} if own else {})} for t in some]
        lines = [json.dumps(r, ensure_ascii=False) for r in records]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines), "utf-8")
    count = f"    - curate.count_tokens: {{tokenizer: {tokenizer}}}\n"
    passes, _ = make(write_recipe(RECIPE % count), "both")
    return Dataset(passes[-1].directory)


def exported(corpus: Dataset, to: Path, form: Any = "parquet", workers: int = 1, **more: Any) -> Path:
    executor = LocalExecutor(workers)
    try:
        export(
            Order(corpus.path, to, form, more.pop("shard_bytes", 1 << 29), **more), executor, Display().bar
        )
    finally:
        executor.close()
    return to


def loaded(folder: Path, cache: Path) -> Any:
    from datasets import load_dataset

    load: Any = load_dataset
    return load(str(folder), cache_dir=str(cache))


@pytest.mark.parametrize("form", ["parquet", "jsonl", "jsonl.zst"])
def test_datasets_loads_what_was_exported(corpus: Dataset, form: str, tmp_path: Path) -> None:
    folder = exported(corpus, tmp_path / "export", form)
    data = loaded(folder, tmp_path / "cache")
    assert list(data) == ["train"]
    rows = corpus.kept.read()
    assert data["train"].num_rows == rows.height == 300
    back = pl.DataFrame(data["train"].to_list(), schema=rows.schema)
    assert_frame_equal(back, rows)


def test_features_are_those_that_datasets_finds_itself(corpus: Dataset, tmp_path: Path) -> None:
    from datasets import Features

    features: Any = Features
    folder = exported(corpus, tmp_path / "export")
    (file,) = (folder / "data").iterdir()
    import pyarrow.parquet as pq

    found = features.from_arrow_schema(pq.read_schema(file))._to_yaml_list()
    from ruamel.yaml import YAML

    front: Any = YAML(typ="safe").load((folder / "README.md").read_text("utf-8").split("---\n")[1])
    assert front["dataset_info"]["features"] == found
    assert front["license"] == ["cc-by-4.0", "mit"]
    assert front["size_categories"] == ["n<1K"]


def test_checksums_hold(corpus: Dataset, tmp_path: Path) -> None:
    folder = exported(corpus, tmp_path / "export")
    done = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.count(": OK") == 1


def test_the_card_tells_licences_funnel_tokens_signals_recipe(corpus: Dataset, tmp_path: Path) -> None:
    text = (exported(corpus, tmp_path / "export") / "README.md").read_text("utf-8")
    assert "| CC-BY-4.0 | 200 |" in text
    assert "| MIT | 100 |" in text
    assert "| 白書\\|A | CC-BY-4.0 | 200 |" in text
    assert "| **corpus** | `curate.read` | 302 |  | 302 |" in text
    assert "| `curate.length` | 302 | 1 | 301 | too_short 1 |" in text
    assert "| `curate.exact_dedup` | 301 | 1 | 300 | duplicate 1 |" in text
    assert "| **both** | `curate.kana` | 300 |  | 300 |" in text
    tokens = sum(len(t.encode()) for t in TEXTS)
    assert f"| `tokens` | `{corpus.path.parents[1].name}/bytes` | {tokens:,} |" in text
    assert "| `hiragana_ratio` |" in text
    assert "min_chars: 4" in text
    assert 'files: "*.jsonl"' in text or "files: '*.jsonl'" in text
    assert corpus.hash in text
    assert str(tmp_path) not in text
    assert "処理" in text


def test_same_bytes_for_any_workers_and_shards(corpus: Dataset, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(cuts, "GROUP", 4000)
    for form in ("parquet", "jsonl.zst"):
        one = exported(corpus, tmp_path / f"one-{form}", form, shard_bytes=20_000)
        resharded = tmp_path / f"resharded-{form}"
        reshard(corpus, resharded, 7)
        two = exported(Dataset(resharded), tmp_path / f"two-{form}", form, workers=1, shard_bytes=20_000)
        files = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file())
        assert len([f for f in files if f.parts[0] == "data"]) > 3
        assert files == sorted(p.relative_to(two) for p in two.rglob("*") if p.is_file())
        # Beside the copy the parents are not found, which only the card tells.
        assert [f for f in files if (one / f).read_bytes() != (two / f).read_bytes()] == [Path("README.md")]
        rows = pl.concat([read(p) for p in sorted((one / "data").iterdir())])
        assert rows["id"].to_list() == corpus.kept.read(["id"])["id"].to_list()


def read(path: Path) -> pl.DataFrame:
    if path.suffix == ".parquet":
        return pl.read_parquet(path, columns=["id"])
    return pl.read_ndjson(path).select("id")


def reshard(corpus: Dataset, folder: Path, rows: int) -> None:
    """The same dataset in other shards."""
    (folder / "kept").mkdir(parents=True)
    frame = corpus.kept.read()
    shards: list[dict[str, Any]] = []
    for number, part in enumerate(frame.iter_slices(rows)):
        part.write_parquet(folder / f"kept/{number:05d}.parquet")
        shards.append({"path": f"kept/{number:05d}.parquet", "rows": part.height, "bytes": 0, "xxh3": ""})
    manifest = corpus.manifest | {"shards": {"kept": shards, "dropped": []}}
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")


def test_two_workers_give_the_bytes_of_one(corpus: Dataset, tmp_path: Path) -> None:
    reshard(corpus, tmp_path / "shards", 20)
    dataset = Dataset(tmp_path / "shards")
    one = exported(dataset, tmp_path / "one", shard_bytes=1)
    two = exported(dataset, tmp_path / "two", shard_bytes=1, workers=2)
    for file in (p for p in one.rglob("*") if p.is_file()):
        assert file.read_bytes() == (two / file.relative_to(one)).read_bytes()


def test_goes_on_after_a_kill(corpus: Dataset, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(cuts, "GROUP", 4000)
    whole = exported(corpus, tmp_path / "whole", shard_bytes=20_000)
    went: list[Path] = []
    write = module.write_shard

    def killed(task: Any) -> Any:
        if len(went) == 2:
            (task.file.parent / f".{task.file.name}.1.tmp").write_bytes(b"torn")
            raise KeyboardInterrupt
        went.append(task.file)
        return write(task)

    monkeypatch.setattr(module, "write_shard", killed)
    with pytest.raises(KeyboardInterrupt):
        exported(corpus, tmp_path / "export", shard_bytes=20_000)
    assert not (tmp_path / "export/README.md").exists()
    before = went[0].stat().st_mtime_ns
    monkeypatch.setattr(module, "write_shard", write)
    again = exported(corpus, tmp_path / "export", shard_bytes=20_000)
    assert went[0].stat().st_mtime_ns == before
    for file in (p for p in whole.rglob("*") if p.is_file()):
        assert file.read_bytes() == (again / file.relative_to(whole)).read_bytes()
    assert not [p for p in again.rglob("*.tmp")]


def test_a_folder_holds_one_export(corpus: Dataset, tmp_path: Path) -> None:
    exported(corpus, tmp_path / "export")
    executor = LocalExecutor(1)
    order = Order(corpus.path, tmp_path / "export", "parquet", 1 << 29)
    assert export(order, executor, Display().bar) == []
    with pytest.raises(SeimaiError, match="holds another export"):
        exported(corpus, tmp_path / "export", "jsonl")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("米")
    with pytest.raises(SeimaiError, match="is not empty"):
        exported(corpus, tmp_path / "mine")


def test_parts_become_splits(make: Any, write_recipe: Any, write_texts: Any, tmp_path: Path) -> None:
    pytest.importorskip("curate.split")
    write_texts("a.jsonl", TEXTS)
    recipe = write_recipe(
        "corpus:\n  from: {files: a.jsonl}\n  steps: [curate.split: {shares: {train: 0.8, test: 0.2}}]\n"
    )
    passes, _ = make(recipe)
    corpus = Dataset(passes[-1].directory)
    data = loaded(exported(corpus, tmp_path / "export"), tmp_path / "cache")
    rows = corpus.kept.read(["id", "part"])
    for split in ("train", "test"):
        assert list(data[split]["id"]) == rows.filter(pl.col("part") == split)["id"].to_list()


def test_packed_by_the_command_and_by_the_step_are_the_same(
    corpus: Dataset, tokenizer: Path, make: Any, write_recipe: Any, seimai: Command, tmp_path: Path
) -> None:
    done = seimai("export", corpus.path, "--to", "packed", "--format", "packed", "--tokenizer", tokenizer)
    assert done.returncode == 0, done.stderr
    count = f"    - curate.count_tokens: {{tokenizer: {tokenizer}}}\n"
    packing = f"packed:\n  from: both\n  steps: [curate.pack: {{tokenizer: {tokenizer}}}]\n"
    passes, _ = make(write_recipe(RECIPE % count + packing), "packed")
    step = exported(Dataset(passes[-1].directory), tmp_path / "step", "packed")
    files = sorted(p.name for p in (step / "tokens").iterdir())
    assert files == ["tokens-00000.bin", "tokens-00000.idx", "tokens.json"]
    for name in files:
        assert (step / "tokens" / name).read_bytes() == (tmp_path / "packed/tokens" / name).read_bytes()
    (mapped,) = open_packed(step / "tokens").open()
    data = loaded(tmp_path / "packed", tmp_path / "cache")["train"]
    texts = dict(corpus.kept.read(["id", "text"]).iter_rows())
    for row in list(data)[:20]:
        ids = mapped.ids[row["start"] : row["start"] + row["tokens"]]
        assert len(ids) == len(texts[row["id"]].encode()) + 1
        assert ids[-1] == 0
    card = (tmp_path / "packed/README.md").read_text("utf-8")
    assert f"{sum(len(t.encode()) + 1 for t in TEXTS):,}" in card
    again = seimai("export", corpus.path, "--to", "packed", "--format", "packed", "--tokenizer", tokenizer)
    assert "Nothing to do" in again.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "holds no manifest.json"),
        (["{corpus}", "--format", "parqet"], "no such format; did you mean 'parquet'?"),
        (["{corpus}", "--format", "packed"], "--format packed needs --tokenizer"),
        (["{corpus}", "--tokenizer", "t"], "--tokenizer and --end go with --format packed"),
        (["{corpus}", "--shard-size", "big"], "--shard-size big: expected a size"),
        (["{corpus}", "--format", "packed", "--tokenizer", "no"], "the tokenizer no is not there"),
    ],
)
def test_mistakes_are_said(corpus: Dataset, seimai: Command, arguments: list[str], message: str) -> None:
    done = seimai("export", *(a.format(corpus=corpus.path) for a in arguments), "--to", "there")
    assert done.returncode == 1
    assert message in done.stderr


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60), st.integers(0, 60))
@settings(max_examples=60)
def test_quantiles_are_close_in_any_order(values: list[float], cut: int) -> None:
    series = pl.Series(values, dtype=pl.Float64)
    one, two = Histogram(), Histogram()
    one.add(series.to_numpy())
    two.add(series[cut:].to_numpy())
    first = Histogram()
    first.add(series[:cut].to_numpy())
    two.merge(first)
    assert one.counts == two.counts
    exact = sorted(values)
    for share, found in zip((0.0, 0.5, 1.0), one.quantiles((0.0, 0.5, 1.0)), strict=True):
        true = (
            exact[max(0, -(-int(len(exact) * share * 2) // 2) - 1)]
            if share != 0.5
            else exact[(len(exact) + 1) // 2 - 1]
        )
        assert found == pytest.approx(true, rel=0.004, abs=1e-300)
    assert len(one.bars(16)) in (1, 16)


def test_totals_are_by_source_and_licence() -> None:
    rows = pl.DataFrame(
        {
            "text": ["米", "ご飯", None],
            "source": ["a", None, "a"],
            "license": ["MIT"] * 3,
            "tokens": [1, 2, None],
        }
    )
    summary = summarize(rows, [], ["tokens"])
    assert {
        name: (t.rows, t.characters, t.tokens["tokens"]) for name, t in summary.by_source(9)[0].items()
    } == {
        "a": (2, 1, 1),
        None: (1, 2, 2),
    }


def test_parents_that_are_gone_are_told(corpus: Dataset, tmp_path: Path) -> None:
    reshard(corpus, tmp_path / "alone", 300)
    found = ancestry(Dataset(tmp_path / "alone"))
    assert found.gone == (f"corpus-{corpus.manifest['parents'][0]['hash'][:8]}",)
    assert tokenizer_columns(found) == {}


def test_many_sources_are_joined_by_their_first_parts() -> None:
    sources = [*(f"site/lang/{n}.md" for n in range(9)), *(f"site/lib/{n}.md" for n in range(5)), "law"]
    rows = pl.DataFrame({"text": ["米"] * 15, "source": sources, "license": ["MIT", *["GPL"] * 14]})
    summary = summarize(rows, [], [])
    totals, licenses = summary.by_source(3)
    assert {name: t.rows for name, t in totals.items()} == {"site/lang/…": 9, "site/lib/…": 5, "law": 1}
    assert licenses["site/lang/…"] == {"MIT", "GPL"}
    assert len(summary.by_source(15)[0]) == 15
