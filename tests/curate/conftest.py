"""Whole-dataset steps on literal rows, and the evaluation data beside the repository."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from seimai.dataset import Rows, Shard, write_parquet
from seimai.executor import LocalExecutor
from seimai.job import Job
from seimai.progress import Display
from seimai.step import Rewrite, Selection

EVAL = Path(__file__).parents[3] / "shared/data/eval"


@pytest.fixture
def select(tmp_path: Path) -> Callable[..., pl.DataFrame]:
    """Verdicts of a step on rows that lie in shards of the given sizes."""

    def run(step: Selection, rows: pl.DataFrame, *sizes: int, workers: int = 1) -> pl.DataFrame:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        (folder / "work").mkdir(parents=True)
        shards: list[Shard] = []
        first = 0
        for size in sizes or (rows.height,):
            path = folder / f"{len(shards)}.parquet"
            write_parquet(rows.slice(first, size), path)
            shards.append(Shard(path, size))
            first += size
        assert first == rows.height
        executor = LocalExecutor(workers)
        try:
            job = Job("corpus", 1, folder / "work", folder / "out", executor, Display().bar)
            return pl.concat(step.select(Rows(tuple(shards)), job))
        finally:
            executor.close()

    return run


@pytest.fixture
def rewrite(tmp_path: Path) -> Callable[..., pl.DataFrame]:
    """What a step makes of entries whose rows lie in shards of the given size: one frame, `reason` last."""

    def run(
        step: Rewrite, entries: dict[str, pl.DataFrame], size: int = 1_000_000, workers: int = 1
    ) -> pl.DataFrame:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        (folder / "work").mkdir(parents=True)
        shards: list[Shard] = []
        for name, rows in entries.items():
            for part in rows.iter_slices(size):
                path = folder / f"{len(shards)}.parquet"
                write_parquet(part, path)
                shards.append(Shard(path, part.height, name))
        executor = LocalExecutor(workers)
        try:
            job = Job("mixed", 1, folder / "work", folder / "captured", executor, Display().bar)
            return pl.concat(step.rewrite(Rows(tuple(shards)), job), how="diagonal_relaxed")
        finally:
            executor.close()

    return run


@pytest.fixture
def rewritten(tmp_path: Path) -> Callable[..., tuple[pl.DataFrame, Path]]:
    """What a step makes of rows in shards of the given sizes, and the folder of its files."""

    def run(step: Rewrite, rows: pl.DataFrame, *sizes: int, workers: int = 1) -> tuple[pl.DataFrame, Path]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        (folder / "work").mkdir(parents=True)
        shards: list[Shard] = []
        first = 0
        for size in sizes or (rows.height,):
            path = folder / f"{len(shards)}.parquet"
            write_parquet(rows.slice(first, size), path)
            shards.append(Shard(path, size))
            first += size
        assert first == rows.height
        executor = LocalExecutor(workers)
        try:
            job = Job("corpus", 1, folder / "work", folder / "captured", executor, Display().bar)
            return pl.concat(step.rewrite(Rows(tuple(shards)), job), how="diagonal_relaxed"), job.out
        finally:
            executor.close()

    return run


@pytest.fixture
def evaluation() -> Callable[[str], pl.DataFrame]:
    """A file of the evaluation data, by its name."""

    def read(name: str) -> pl.DataFrame:
        import zstandard

        path = EVAL / f"{name}.jsonl.zst"
        if not path.exists():
            pytest.skip(f"no {path}: the evaluation data is not beside the repository")
        with path.open("rb") as f:
            return pl.read_ndjson(zstandard.ZstdDecompressor().stream_reader(f).read())

    return read


LISTS = {  # a list's name in the data: whose it is, and our category
    "adult_keywords_ja": ("HojiChar", "adult"),
    "adult_keywords_en": ("HojiChar", "adult_en"),
    "discrimination_keywords_ja": ("HojiChar", "discrimination"),
    "violence_keywords_ja": ("HojiChar", "violence"),
    "advertisement_keywords_ja": ("HojiChar", "ads"),
    "ja_adult_keywords": ("llm-jp", "adult"),
    "ja_discrimination_keywords": ("llm-jp", "discrimination"),
    "ja_violence_keywords": ("llm-jp", "violence"),
    "offensive": ("MosasoM", "discrimination"),
    "sexual": ("MosasoM", "adult"),
}
MASKS = "○◯⚪Oo✗xX□■"
"""What MosasoM's masked list has in the place of every second character."""


@pytest.fixture
def published(tmp_path: Path) -> Callable[..., str]:
    """NG words that projects published, as a list in our format."""

    def write(*projects: str) -> str:
        source = EVAL / "ng_words_ja.jsonl"
        if not source.exists():
            pytest.skip(f"no {source}: the evaluation data is not beside the repository")
        words: list[dict[str, str]] = []
        for record in map(json.loads, source.read_text("utf-8").splitlines()):
            project, category = LISTS.get(record["category"], ("", ""))
            if project in projects:
                words.append({"word": record["word"], "category": category})
        if "MosasoM" in projects:
            plain = [w["word"] for w in words if w["category"] == "adult"]
            masked = ["".join(m if i % 2 else c for i, c in enumerate(w)) for w in plain for m in MASKS]
            words += [{"word": w, "category": "adult"} for w in masked]
        path = tmp_path / f"{'-'.join(projects)}.jsonl"
        path.write_text("\n".join(json.dumps(w) for w in words), "utf-8")
        return str(path)

    return write
