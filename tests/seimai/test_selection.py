"""Verdicts with new values: a selection may change texts, and signals of the old texts go."""

from pathlib import Path
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

from seimai.dataset import Shard, write_parquet
from seimai.plan import Planner
from seimai.recipe import load_recipe
from seimai.rows import schema
from seimai.selection import VerdictTask, apply_verdicts


def split(tmp_path: Path, rows: pl.DataFrame, verdicts: pl.DataFrame, *forget: str) -> dict[str, Any]:
    for folder in ("kept", "dropped"):
        (tmp_path / folder).mkdir()
    shard = Shard(tmp_path / "rows.parquet", rows.height)
    write_parquet(rows, shard.path)
    write_parquet(verdicts, tmp_path / "verdicts.parquet")
    own = frozenset(schema("documents"))
    return apply_verdicts(
        VerdictTask(shard, "0.parquet", tmp_path / "verdicts.parquet", "my.step", tmp_path, forget, own)
    )


def test_a_verdict_replaces_a_column_of_the_kind_and_nulls_leave_it(tmp_path: Path) -> None:
    rows = pl.DataFrame({"id": ["a", "b", "c"], "text": ["甲", "乙", "丙"], "cluster": ["x", "x", "x"]})
    verdicts = pl.DataFrame(
        {
            "row": [1, 2],
            "reason": [None, "contaminated"],
            "text": ["〈乙〉", None],
            "cluster": ["y", None],
        }
    )
    record = split(tmp_path, rows, verdicts)
    assert record["reasons"] == {"my.step.contaminated": 1}
    kept = pl.DataFrame({"id": ["a", "b"], "text": ["甲", "〈乙〉"], "cluster": [None, "y"]})
    assert_frame_equal(pl.read_parquet(tmp_path / "kept/0.parquet"), kept)
    dropped = pl.read_parquet(tmp_path / "dropped/0.parquet")
    assert dropped.select("id", "text").rows() == [("c", "丙")]


def test_signals_of_texts_that_change_are_forgotten(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "精米の話"}\n', "utf-8")
    (tmp_path / "bench.jsonl").write_text('{"question": "玄米と白米の違いは何ですか。"}\n', "utf-8")
    for action, kept in (("mask", {}), ("drop", {"chars": 1})):
        (tmp_path / "r.yaml").write_text(
            "name: r\ncorpus:\n  from: {files: a.jsonl}\n  steps:\n    - curate.length: {min_chars: 1}\n"
            f"    - curate.decontaminate: {{against: bench.jsonl, action: {action}}}\n",
            "utf-8",
        )
        last = Planner(load_recipe(tmp_path / "r.yaml"), tmp_path / "out").plan(["corpus"])[-1]
        assert dict(last.signals) == kept
        assert ("chars" in last.forget) == (action == "mask")
