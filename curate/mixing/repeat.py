"""Rows of a dataset once, several times or not at all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.mixing.census import Census
from curate.mixing.draw import draw, drawn
from seimai.dataset import Rows, Shard
from seimai.job import Job
from seimai.rows import row_id


@dataclass(frozen=True)
class Taken:
    """What is taken of one shard."""

    shard: Shard
    entry: str
    epochs: int
    """How often all of its rows are taken."""
    again: pl.Series
    """Which rows are taken once more."""
    sizes: Path
    """The file that has the rows' `size`."""

    def known(self) -> pl.Series:
        """Rows whose size is known; the others are never taken."""
        return self._sizes().is_not_null()

    def amount(self) -> int:
        """The amount taken."""
        sizes = self._sizes()
        return self.epochs * int(sizes.sum()) + int(sizes.filter(self.again).sum())

    def rows(self) -> int:
        """The rows taken."""
        return self.epochs * int(self.known().sum()) + int(self.again.sum())

    def _sizes(self) -> pl.Series:
        return pl.read_parquet(self.sizes, columns=["size"])["size"]


def take(rows: Rows, job: Job, found: Census, targets: Mapping[str, int]) -> list[Taken]:
    """Whole epochs of each entry, and by chance what is left to its target; one element a shard with rows."""
    there = found.amounts()
    full = {name: target // there[name] if there.get(name) else 0 for name, target in targets.items()}
    rest = {name: target - full[name] * there.get(name, 0) for name, target in targets.items()}
    shards = [s for s in rows.shards if s.rows]
    marks = [drawn(task)["drawn"] for task in draw(found, rest, job)]
    return [
        Taken(shard, entry, full[entry], mark, file)
        for shard, entry, mark, file in zip(
            shards, [entry_of(s, job) for s in shards], marks, found.files, strict=True
        )
    ]


def entry_of(shard: Shard, job: Job) -> str:
    """The name that a mixture knows a shard's rows by: the entry they come from, or the one being made."""
    return shard.entry or job.entry


def account(every: Sequence[Taken], there: Mapping[str, int], unit: str) -> dict[str, Any]:
    """What was taken of each entry, in numbers."""
    lines: dict[str, dict[str, Any]] = {}
    for taken in every:
        line = lines.setdefault(taken.entry, {"rows_there": 0, "rows": 0, "amount": 0})
        line["rows_there"] += taken.shard.rows
        line["rows"] += taken.rows()
        line["amount"] += taken.amount()
    whole = sum(line["amount"] for line in lines.values())
    for name, line in lines.items():
        line["amount_there"] = there[name]
        line["epochs"] = round(line["amount"] / max(1, there[name]), 6)
        line["share"] = round(line["amount"] / max(1, whole), 6)
    return {"unit": unit, "amount": whole, "entries": lines}


def epochs(every: Sequence[Taken]) -> Iterator[tuple[Taken, int]]:
    """What to read, in order: entry after entry, each epoch after epoch."""
    for name in dict.fromkeys(t.entry for t in every):
        some = [t for t in every if t.entry == name]
        for epoch in range(some[0].epochs + 1):
            for taken in some:
                if epoch == 0 or epoch < taken.epochs or taken.again.any():
                    yield taken, epoch


def one_epoch(frame: pl.DataFrame, taken: Taken, epoch: int, seed: int) -> pl.DataFrame:
    """The rows that are taken in an epoch; in the first, those that never are, with a `reason`."""
    known = taken.known()
    # Epoch 1 of a row has a name already where a mixture is mixed again: the step's seed tells them apart.
    name = (epoch, seed) if "copy_of" in frame.columns else (epoch,)
    here = known if epoch < taken.epochs else taken.again
    frame = frame.with_columns(
        pl.lit(taken.entry).alias("entry"),
        pl.when(pl.Series(here)).then(pl.lit(epoch, pl.UInt32)).alias("epoch"),
        (pl.col("copy_of") if "copy_of" in frame.columns else pl.lit(None, pl.String)).alias("copy_of"),
        pl.when(pl.Series(here))
        .then(pl.lit(None, pl.String))
        .when(pl.Series(known))
        .then(pl.lit("not_sampled"))
        .otherwise(pl.lit("uncounted"))
        .alias("reason"),
    )
    return frame if epoch == 0 else _copies(frame.filter(here), name)


def _copies(rows: pl.DataFrame, name: tuple[int, ...]) -> pl.DataFrame:
    """Rows with new ids that lead back to the old ones."""
    return rows.with_columns(
        pl.Series("id", [row_id(old, *name) for old in rows["id"]], pl.String),
        pl.col("origin").struct.with_fields(pl.concat_list(rows["id"]).alias("parents")),
        pl.coalesce("copy_of", "id").alias("copy_of"),
    )
