"""Rows as `datasets` takes them: memory-mapped, so that a corpus may be larger than memory."""

from collections.abc import Mapping
from typing import Any

from seimai.errors import SeimaiError
from train.script import Config


def load(config: Config, columns: list[str]) -> Any:
    """The rows of all shards, in order, as a `datasets.Dataset`.

    Raises:
        SeimaiError: if there are none.
    """
    from datasets import Dataset  # pyright: ignore[reportMissingTypeStubs]

    files = [str(shard.path) for shard in config.read().shards if shard.rows]
    if not files:
        raise SeimaiError("there are no rows to train on")
    dataset: Any = Dataset
    return dataset.from_parquet(files, columns=columns, cache_dir=str(config.work / "datasets"))


def need(rows: int, came: int, left_out: Mapping[str, int]) -> None:
    """Refuse to train on nothing.

    Raises:
        SeimaiError: with the reasons for which rows were left out.
    """
    if not rows:
        why = ", ".join(f"{reason}: {n}" for reason, n in left_out.items() if n)
        raise SeimaiError(f"none of the {came} rows can be trained on ({why})")
