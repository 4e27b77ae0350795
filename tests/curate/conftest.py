"""Whole-dataset steps on literal rows, and the evaluation data beside the repository."""

import json
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from seimai.dataset import Rows, Shard, write_parquet
from seimai.executor import LocalExecutor
from seimai.job import Job
from seimai.progress import Display
from seimai.step import Rewrite, Selection

EVAL = Path(__file__).parents[3] / "shared/data/eval"


@contextmanager
def work_on(tmp_path: Path, parts: Iterable[tuple[pl.DataFrame, str | None]], workers: int):
    """Rows in a shard for each part, with the entry that it comes from, and a job to work on them."""
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    (folder / "work").mkdir(parents=True)
    shards: list[Shard] = []
    for number, (part, entry) in enumerate(parts):
        path = folder / f"{number}.parquet"
        write_parquet(part, path)
        shards.append(Shard(path, part.height, entry) if entry else Shard(path, part.height))
    executor = LocalExecutor(workers)
    try:
        yield (
            Rows(tuple(shards)),
            Job("corpus", 1, folder / "work", folder / "out", executor, Display().bar),
        )
    finally:
        executor.close()


def cut(rows: pl.DataFrame, sizes: tuple[int, ...]) -> list[tuple[pl.DataFrame, None]]:
    """Rows in parts of the given sizes, which must be all of them; one part if none is given."""
    sizes = sizes or (rows.height,)
    assert sum(sizes) == rows.height
    return [(rows.slice(sum(sizes[:n]), size), None) for n, size in enumerate(sizes)]


@pytest.fixture
def select(tmp_path: Path) -> Callable[..., pl.DataFrame]:
    """Verdicts of a step on rows that lie in shards of the given sizes."""

    def run(step: Selection, rows: pl.DataFrame, *sizes: int, workers: int = 1) -> pl.DataFrame:
        with work_on(tmp_path, cut(rows, sizes), workers) as (shards, job):
            return pl.concat(step.select(shards, job))

    return run


@pytest.fixture
def rewrite(tmp_path: Path) -> Callable[..., pl.DataFrame]:
    """What a step makes of entries whose rows lie in shards of the given size: one frame, `reason` last."""

    def run(
        step: Rewrite, entries: dict[str, pl.DataFrame], size: int = 1_000_000, workers: int = 1
    ) -> pl.DataFrame:
        parts = [(part, name) for name, rows in entries.items() for part in rows.iter_slices(size)]
        with work_on(tmp_path, parts, workers) as (shards, job):
            return pl.concat(step.rewrite(shards, job), how="diagonal_relaxed")

    return run


@pytest.fixture
def rewritten(tmp_path: Path) -> Callable[..., tuple[pl.DataFrame, Path]]:
    """What a step makes of rows in shards of the given sizes, and the folder of its files."""

    def run(step: Rewrite, rows: pl.DataFrame, *sizes: int, workers: int = 1) -> tuple[pl.DataFrame, Path]:
        with work_on(tmp_path, cut(rows, sizes), workers) as (shards, job):
            return pl.concat(step.rewrite(shards, job), how="diagonal_relaxed"), job.out

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
