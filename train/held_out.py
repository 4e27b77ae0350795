"""Rows that a training does not see, to measure what it did to the model."""

import json
import math
import random
from pathlib import Path
from typing import Any, cast

import polars as pl

from seimai.dataset import open_dataset
from seimai.errors import SeimaiError

SHARE = 0.02
FEWEST = 8
MOST = 500
"""The measurement's error falls with the root of the number: more would cost time and tell nothing."""


def split(rows: int, seed: int) -> tuple[list[int], list[int]]:
    """Numbers of the rows to train on and of those held out, both in order.

    Two in a hundred are held out, at least 8, at most 500, and never more than a quarter.

    >>> seen, held_out = split(100, seed=1)
    >>> len(seen), len(held_out), sorted(seen + held_out) == list(range(100))
    (92, 8, True)
    """
    count = min(max(FEWEST, math.ceil(SHARE * rows)), MOST, rows // 4)
    chosen = set(random.Random(seed).sample(range(rows), count))
    return [i for i in range(rows) if i not in chosen], sorted(chosen)


def read(place: str, columns: list[str]) -> list[dict[str, Any]]:
    """Records of a JSONL file or of a dataset's kept rows.

    Raises:
        SeimaiError: if a line is no JSON object or lacks a column; the message names file and line.
    """
    path = Path(place)
    if path.is_dir():
        frame = open_dataset(path).kept.read()
        missing = sorted(set(columns) - set(frame.columns))
        if missing:
            raise SeimaiError(f"{path}: the rows have no column {missing[0]!r}")
        return frame.select(columns).drop_nulls().to_dicts()
    if path.suffix == ".parquet":
        return pl.read_parquet(path, columns=columns).drop_nulls().to_dicts()
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as e:
        raise SeimaiError(f"{path}: cannot be read: {e}") from None
    return [_record(line, f"{path}:{n}", columns) for n, line in enumerate(lines, 1) if line.strip()]


def _record(line: str, where: str, columns: list[str]) -> dict[str, Any]:
    try:
        record: Any = json.loads(line)
    except ValueError:
        raise SeimaiError(f"{where}: not JSON") from None
    if not isinstance(record, dict):
        raise SeimaiError(f"{where}: not a JSON object")
    values = cast("dict[str, Any]", record)
    for column in columns:
        if not values.get(column):
            raise SeimaiError(f"{where}: has no {column!r}")
    return {column: values[column] for column in columns}
