"""The verdicts on duplicates: which rows go, for which row, how alike they are, how large their cluster."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.minhash.bands import Rows
from curate.minhash.store import Store
from curate.minhash.survivors import sizes
from seimai.job import Job


class Likeness(Protocol):
    """The measure of a search."""

    def of(self, store: Store, a: Rows, b: Rows) -> npt.NDArray[np.float64]:
        """How alike the two rows of each pair are."""
        ...


@dataclass(frozen=True)
class VerdictTask:
    """Rows of clusters: the row that stays, the first row and the size of the cluster of each."""

    store: Store
    similar: Likeness | None
    """None: nothing but equal texts was looked for."""
    rows: Rows
    stays: Rows
    roots: Rows
    sizes: npt.NDArray[np.int32]


def verdicts(
    store: Store, similar: Likeness | None, roots: Rows, best: Rows, job: Job
) -> Iterator[pl.DataFrame]:
    """One verdict for each row of a cluster of two or more, in frames; the row that stays has no reason."""
    tasks = _tasks(store, similar, roots, best)
    bar = job.bar("duplicates: verdicts", store.own, "rows")
    for frame in job.executor.map(judge, tasks):
        bar.advance(frame.height)
        yield frame


def _tasks(store: Store, similar: Likeness | None, roots: Rows, best: Rows) -> Iterator[VerdictTask]:
    of = sizes(roots, store.filled("sizes", np.int32(0)))
    for first, number in store.shards:
        if first < store.own:
            some = first + np.flatnonzero(of[roots[first : first + number]] > 1)
            named = roots[some]
            yield VerdictTask(store, similar, some, best[named], named, of[named])


def judge(task: VerdictTask) -> pl.DataFrame:
    """The verdicts of a task."""
    goes = pl.Series(task.stays != task.rows)
    data = {
        "row": pl.Series(task.rows, dtype=pl.UInt64),
        "reason": goes.replace_strict({True: "duplicate", False: None}, return_dtype=pl.String),
        "duplicate_of": task.store.ids(task.stays).set(~goes, None),
        "cluster": task.store.ids(task.roots),
        "cluster_size": pl.Series(task.sizes, dtype=pl.UInt32),
    }
    if task.similar is not None:
        values = similar_to(task.store, task.similar, task.rows, task.stays)
        data["similarity"] = pl.Series(values, dtype=pl.Float64).set(~goes, None)
    return pl.DataFrame(data)


def similar_to(store: Store, similar: Likeness, goes: Rows, stays: Rows) -> npt.NDArray[np.float64]:
    """How alike each row is to the row that stays; of copies of one text only the first is compared."""
    same = store.same
    pairs, back = np.unique(np.stack([same[stays], same[goes]]), axis=1, return_inverse=True)
    different = pairs[0] != pairs[1]
    values = np.ones(pairs.shape[1])
    values[different] = similar.of(store, pairs[0][different], pairs[1][different])
    return values[back.reshape(-1)]
