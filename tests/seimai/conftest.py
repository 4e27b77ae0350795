"""A user's package of steps, and small folders of texts."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal

import polars as pl
import pytest

from seimai.executor import LocalExecutor
from seimai.plan import Pass
from seimai.progress import Display
from seimai.recipe import load_recipe
from seimai.rows import ORIGIN, row_id
from seimai.run import Runner

COMPANY = Path(__file__).parent / "company"
collect_ignore = ["company"]


sys.path.append(str(COMPANY))  # test modules import the steps; workers get the path by spawn


@pytest.fixture(autouse=True)
def company(monkeypatch: pytest.MonkeyPatch) -> Path:
    """`mycompany.steps.*` can be imported, by the console script too."""
    monkeypatch.setenv("PYTHONPATH", str(COMPANY), prepend=os.pathsep)
    return COMPANY


@pytest.fixture
def documents() -> Callable[..., pl.DataFrame]:
    """Rows with the given texts."""

    def make(texts: Sequence[str], **columns: Sequence[object]) -> pl.DataFrame:
        ids = [row_id("test", n) for n in range(len(texts))]
        origin = pl.Series("origin", [{"file": "a.jsonl", "record": n} for n in range(len(texts))], ORIGIN)
        frame = pl.DataFrame(
            {"id": ids, "text": list(texts), **columns}, schema_overrides={"text": pl.String}
        )
        return frame.insert_column(1, origin)

    return make


@pytest.fixture
def write_texts(tmp_path: Path) -> Callable[..., Path]:
    """Writes texts as records of a JSON Lines file below `tmp_path`."""

    def write(name: str, texts: Iterable[str]) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = (json.dumps({"text": t}, ensure_ascii=False) for t in texts)
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        return path

    return write


@pytest.fixture
def write_recipe(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a recipe into `tmp_path`."""

    def write(text: str, name: str = "recipe.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., tuple[list[Pass], list[Pass]]]:
    """Runs a recipe in this process; returns all passes and those that were made."""

    def run(
        recipe: Path,
        *names: str,
        out: Path | None = None,
        workers: int = 1,
        settings: list[str] | None = None,
        labels: Literal["judge"] | None = None,
    ) -> tuple[list[Pass], list[Pass]]:
        loaded = load_recipe(recipe, settings)
        executor = LocalExecutor(workers)
        try:
            runner = Runner(loaded, out or tmp_path / "out", executor, Display(), labels)
            return runner.run(names or loaded.entries)
        finally:
            executor.close()

    return run
