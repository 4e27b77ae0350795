"""Rows of any kind as rows of one text: what steps that compare documents take in their place."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from curate.fields import COLUMNS, columns_of
from seimai.dataset import Rows, Shard, write_parquet
from seimai.job import Job

BORDER: Final = "\N{SYMBOL FOR RECORD SEPARATOR}"
"""Between two messages: a sign that stands in no text, and no white space, which is not compared."""


@dataclass(frozen=True)
class TextTask:
    """One shard, the columns to join, and the file for the result."""

    shard: Path
    rows: int
    columns: tuple[str, ...]
    out: Path


def one_text(rows: Rows, within: Sequence[str], job: Job) -> Rows:
    """The same rows with `id` and one `text`; documents as they are.

    The text is that of the columns of `within`. If left out: of prompts and candidates the prompt, since two
    prompts are the same whatever was answered; of all others every message.

    Raises:
        SeimaiError: if `within` names a column that the rows do not have.
    """
    if not len(rows):
        return rows
    columns = columns_of(pl.read_parquet_schema(rows.shards[0].path), within)
    if columns == ["text"]:
        return rows
    if not within and "responses" in columns:
        columns = ["prompt"]
    folder = job.work / "texts"
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [
        TextTask(shard.path, shard.rows, tuple(columns), folder / f"{number:05d}.parquet")
        for number, shard in enumerate(rows.shards)
    ]
    written = job.executor.map(join, tasks)
    return Rows(tuple(Shard(task.out, count) for task, count in zip(tasks, written, strict=True)))


def join(task: TextTask) -> int:
    """Write the texts of a shard; returns the number of its rows."""
    if not task.out.exists():
        frame = pl.read_parquet(task.shard, columns=["id", *task.columns], hive_partitioning=False)
        write_parquet(frame.select("id", text=joined(task.columns)), task.out)
    return task.rows


def joined(columns: Sequence[str]) -> pl.Expr:
    """The texts of some columns, one after another.

    >>> from seimai.rows import MESSAGES
    >>> prompt = [[{"role": "user", "content": "米は？"}, {"role": "assistant", "content": "棚に。"}]]
    >>> frame = pl.DataFrame({"prompt": prompt}, schema={"prompt": MESSAGES})
    >>> frame.select(joined(["prompt"])).item()
    '米は？␞棚に。'
    """
    parts: list[pl.Expr] = []
    for name in columns:
        inner = COLUMNS[name][1]
        part = pl.col(name)
        if inner is not None:
            part = part.list.eval(pl.element().struct.field(inner)).list.join(BORDER)
        parts.append(part.fill_null(""))
    return pl.concat_str(parts, separator=BORDER)
