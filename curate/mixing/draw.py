"""Draw rows in the order of their keys until each stratum has its amount, to the last character if need be.

All rows before a range of keys are drawn, and none after it. Within the range, which holds some thousand
rows, rows are taken in order, those that would go beyond the amount are passed over; what is then missing is
less than any row of it left over. Rows are exchanged for longer ones until nothing is missing, or no exchange
helps.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.mixing.census import Census
from curate.mixing.order import BUCKETS, bucket
from seimai.job import Job

WINDOW = 2_000
"""Rows to look at one by one, at least: among so many, some pair of documents differs by any small amount."""
_ALL_WINDOWS = 1_000_000

Numbers = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Window:
    """The range of buckets, `first` to before `end`, in which a stratum reaches its amount."""

    first: int
    end: int
    rest: int
    """The amount to draw within the range."""


@dataclass(frozen=True)
class DrawnTask:
    """One shard's census; a row is drawn if its bucket comes before its stratum's window, or by number."""

    census: Path
    windows: pl.DataFrame
    numbers: Numbers


def draw(census: Census, targets: Mapping[str, int], job: Job) -> Iterator[DrawnTask]:
    """One task a shard with rows, in their order; `drawn` says which of its rows are drawn."""
    least = max(1, min(WINDOW, _ALL_WINDOWS // max(1, len(targets))))
    windows = _windows(census, targets, least)
    tasks = [DrawnTask(file, windows, np.zeros(0, np.int64)) for file in census.files]
    parts = [
        frame.with_columns(pl.lit(number, pl.UInt32).alias("shard"))
        for number, frame in enumerate(job.executor.map(within, tasks))
    ]
    chosen: list[pl.DataFrame] = []
    if parts:
        rests = dict(windows.select("stratum", "rest").iter_rows())
        for group in pl.concat(parts).partition_by("stratum", maintain_order=True):
            group = group.sort("key", maintain_order=True)
            taken = choose(group["size"].to_numpy(), rests[group["stratum"][0]])
            chosen.append(group.filter(pl.Series(taken)).select("shard", "row"))
    rows = pl.concat(chosen) if chosen else pl.DataFrame(schema={"shard": pl.UInt32, "row": pl.UInt32})
    by = {int(str(n[0])): g["row"].sort().to_numpy() for n, g in rows.group_by("shard")}
    for number, file in enumerate(census.files):
        yield DrawnTask(file, windows, by.get(number, np.zeros(0)).astype(np.int64))


def _windows(census: Census, targets: Mapping[str, int], least: int) -> pl.DataFrame:
    """The window of each stratum as a row: `stratum`, `first`, `end`, `rest`."""
    lines: list[tuple[str, int, int, int]] = []
    for group in census.counts.partition_by("stratum", maintain_order=True):
        name = str(group["stratum"][0])
        rows, amounts = np.zeros(BUCKETS, np.int64), np.zeros(BUCKETS, np.int64)
        at = group["bucket"].to_numpy()
        rows[at], amounts[at] = group["rows"].to_numpy(), group["amount"].to_numpy()
        found = window(rows, amounts, targets.get(name, 0), least)
        lines.append((name, found.first, found.end, found.rest))
    schema = {"stratum": pl.String, "first": pl.UInt16, "end": pl.UInt16, "rest": pl.Int64}
    return pl.DataFrame(lines, schema, orient="row")


def window(rows: Numbers, amounts: Numbers, target: int, least: int) -> Window:
    """The buckets around the place where the amount is reached, with some rows at least.

    >>> window(np.full(256, 100), np.full(256, 1000), 100_000, 500)
    Window(first=98, end=103, rest=2000)
    """
    if target <= 0:
        return Window(0, 0, 0)
    if target >= int(amounts.sum()):
        return Window(BUCKETS, BUCKETS, 0)
    first = int(np.searchsorted(np.cumsum(amounts), target, side="right"))
    end = first + 1
    while rows[first:end].sum() < least and end - first < BUCKETS:
        first, end = max(0, first - 1), min(BUCKETS, end + 1)
    return Window(first, end, target - int(amounts[:first].sum()))


def within(task: DrawnTask) -> pl.DataFrame:
    """The rows of a shard that lie in the windows of their strata."""
    facts = pl.read_parquet(task.census).with_row_index("row").filter(pl.col("size").is_not_null())
    facts = facts.join(task.windows, on="stratum", how="left", maintain_order="left")
    inside = (bucket() >= pl.col("first")) & (bucket() < pl.col("end"))
    return facts.filter(inside).select("stratum", "key", "size", "row")


def drawn(task: DrawnTask) -> pl.DataFrame:
    """For each row of a shard whether it is `drawn`, and whether its size is `known`: others never are."""
    facts = pl.read_parquet(task.census)
    known = pl.col("size").is_not_null()
    joined = facts.join(task.windows, on="stratum", how="left", maintain_order="left")
    before = joined.select((known & (bucket() < pl.col("first"))).fill_null(value=False)).to_series()
    marks: Marks = before.to_numpy().copy()
    marks[task.numbers] = True
    return facts.select(pl.Series("drawn", marks), known.alias("known"))


def choose(sizes: Numbers, rest: int) -> Marks:
    """Which rows, given in the order of their keys, make up an amount; never more than it.

    Where one exchange cannot bring all that is missing, each brings as much as it can.

    >>> choose(np.array([4, 4, 9, 2, 5]), 11).tolist()
    [True, False, False, True, True]
    """
    taken = np.zeros(sizes.size, np.bool_)
    sums = np.cumsum(sizes)
    first = int(np.searchsorted(sums, rest, side="right"))
    taken[:first] = True
    left = rest - (int(sums[first - 1]) if first else 0)
    for row in range(first, sizes.size):
        if not left:
            break
        if sizes[row] <= left:
            taken[row] = True
            left -= int(sizes[row])
    while left and (gain := _exchange(sizes, taken, left)):
        left -= gain
    return taken


def _exchange(sizes: Numbers, taken: Marks, left: int) -> int:
    """Give a row back that another, longer by what is missing or by nearly as much, can take the place of.

    The last such row goes and the first such other comes, in the order of the keys. Returns the gain.
    """
    mine, others = np.flatnonzero(taken), np.flatnonzero(~taken)
    lengths = np.unique(sizes[others])
    if not lengths.size or not mine.size:
        return 0
    best = np.searchsorted(lengths, sizes[mine] + left, side="right") - 1
    gains = np.where(best >= 0, lengths[best] - sizes[mine], 0)
    gain = int(gains.max())
    if gain > 0:
        goes = mine[np.flatnonzero(gains == gain)[-1]]
        comes = others[np.flatnonzero(sizes[others] == sizes[goes] + gain)[0]]
        taken[goes], taken[comes] = False, True
    return max(0, gain)
