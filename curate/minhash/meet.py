"""What is done with one part of one band: who meets, and who of those is alike.

A task reads the part's entries and whatever it needs of the rows in them, and gives back rows or pairs of
rows; only the search that sent it changes anything.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.minhash.bands import Buckets, Rows
from curate.minhash.clusters import Forest
from curate.minhash.pairs import pair_keys, pairs
from curate.minhash.similar import Similar
from curate.minhash.store import Store

Pairs = npt.NDArray[np.int64]
"""Two rows of numbers: pairs of rows of the dataset, the earlier one first."""

_ROUNDS = 4
"""How often large buckets are gone through: whom a leader turned away meets the next one."""


@dataclass(frozen=True)
class Part:
    """One part of one group of keys."""

    store: Store
    group: int
    number: int


@dataclass(frozen=True)
class Comparison:
    """One part of a band, and what makes two documents duplicates."""

    part: Part
    similar: Similar
    threshold: float
    least: int


def equal_texts(part: Part) -> Pairs:
    """Pairs of rows with the same digest, all 128 bits of it."""
    found = part.store.buckets(part.group, part.number)
    sizes = np.diff(found.offsets)
    bucket = np.repeat(np.arange(sizes.size), sizes)
    second = part.store.digests[found.members][:, 1] if found.members.size else np.zeros(0, np.uint64)
    order = np.lexsort((found.members, second, bucket))
    rows, second, bucket = found.members[order], second[order], bucket[order]
    begins = np.ones(rows.size, np.bool_)
    begins[1:] = (second[1:] != second[:-1]) | (bucket[1:] != bucket[:-1])
    first = rows[begins][np.cumsum(begins) - 1] if rows.size else rows
    return np.stack([first, rows])[:, first != rows]


def rows_that_meet(part: Part) -> Rows:
    """Rows of the dataset (not of an index) that share a key with another row; who meets whom is kept."""
    found = _meetings(part)
    part.store.keep_buckets(part.group, part.number, found)
    return np.unique(found.members[found.members < part.store.own])


def _meetings(part: Part) -> Buckets:
    """Buckets without copies of earlier rows, without those where an index meets only itself."""
    store = part.store
    found = store.buckets(part.group, part.number)
    if not found.members.size:
        return found
    bucket = np.repeat(np.arange(found.offsets.size - 1), np.diff(found.offsets))
    stays = store.same[found.members] == found.members
    counts = np.bincount(bucket[stays], minlength=found.offsets.size - 1)
    owned = np.bincount(bucket[stays & (found.members < store.own)], minlength=counts.size)
    good = (counts > 1) & (owned > 0)
    offsets = np.zeros(int(good.sum()) + 1, np.int64)
    np.cumsum(counts[good], out=offsets[1:])
    return Buckets(found.members[stays & good[bucket]], offsets)


def _of_several_clusters(found: Buckets, store: Store) -> Buckets:
    """The buckets that may still unite something."""
    if not found.members.size:
        return found
    sizes = np.diff(found.offsets)
    roots = store.roots[found.members]
    several = np.logical_or.reduceat(roots != np.repeat(roots[found.offsets[:-1]], sizes), found.offsets[:-1])
    offsets = np.zeros(int(several.sum()) + 1, np.int64)
    np.cumsum(sizes[several], out=offsets[1:])
    return Buckets(found.members[np.repeat(several, sizes)], offsets)


def duplicates(task: Comparison) -> Pairs:
    """Pairs that reach the threshold; of rows that are in one cluster already, none."""
    store = task.part.store
    found = _of_several_clusters(store.kept_buckets(task.part.group, task.part.number), store)
    if not found.members.size:
        return np.zeros((2, 0), np.int64)
    rows, members = np.unique(found.members, return_inverse=True)
    sketches, cluster = store.sketches(rows), np.unique(store.roots[rows], return_inverse=True)[1]
    local = Buckets(members.astype(np.int64), found.offsets)
    own = int(np.searchsorted(rows, store.own))
    forest = Forest(int(cluster.max()) + 1)
    tested = np.zeros(0, np.uint64)
    alike: list[Pairs] = []
    for turn in range(_ROUNDS):
        roots = forest.roots()[cluster]
        a, b = pairs(local, roots, sketches, task.least, tested, own=own, again=turn > 0)
        if not a.size:
            break
        near = task.similar.of(store, rows[a], rows[b]) >= task.threshold
        forest.unite(cluster[a[near]], cluster[b[near]])
        alike.append(np.stack([rows[a[near]], rows[b[near]]]))
        tested = np.union1d(tested, pair_keys(a[~near], b[~near], rows.size))
    return np.concatenate([np.zeros((2, 0), np.int64), *alike], axis=1)
