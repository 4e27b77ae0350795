"""A user's package of steps, and small folders of texts."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import polars as pl
import pytest

from seimai.rows import ORIGIN, row_id

COMPANY = Path(__file__).parent / "company"
collect_ignore = ["company"]


sys.path.append(str(COMPANY))  # test modules import the steps; workers get the path by spawn


@pytest.fixture(autouse=True)
def company(monkeypatch: pytest.MonkeyPatch) -> Path:
    """`mycompany.steps.*` can be imported, by the console script too."""
    monkeypatch.setenv("PYTHONPATH", str(COMPANY))
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
