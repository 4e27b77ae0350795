"""Whole-dataset steps on literal rows, and the evaluation data beside the repository."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from seimai.dataset import Rows, Shard, write_parquet
from seimai.executor import LocalExecutor
from seimai.job import Job
from seimai.progress import Display
from seimai.step import Selection

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
