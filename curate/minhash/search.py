"""From sketches to clusters: group by band, compare what meets, unite what is alike."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from curate.minhash.bands import Layout, buckets
from curate.minhash.clusters import Forest
from curate.minhash.digest import first_equal
from curate.minhash.pairs import least_agreement, pair_keys, pairs
from curate.minhash.signature import permutations
from curate.minhash.sketch import SketchTask, TextTask, keep_text, shards, sketch
from curate.minhash.store import Store
from curate.minhash.verify import compare, pair_tasks
from seimai.dataset import Rows
from seimai.job import Job

Numbers = npt.NDArray[np.int64]

_ROUNDS = 4
"""How often a band's large buckets are gone through: whom a leader turned away meets the next one."""


class Search:
    """One search for near-duplicates over all rows of a dataset."""

    def __init__(self, rows: Rows, job: Job, ngram: int, num_perm: int, cut: Layout) -> None:
        self.rows, self.job, self.ngram = rows, job, ngram
        self.store = Store(job.work / "minhash", len(rows), num_perm, cut)
        self.store.create()
        self._sketch()
        self.same = first_equal(self.store.digests)
        """For each row the first row with an equal text: only that one is compared with others."""
        self._group()
        self.starts = self._keep_text()

    def _sketch(self) -> None:
        bar = self.job.bar("near_dedup: signatures", len(self.rows), "rows")
        of = permutations(self.store.num_perm)
        tasks = [SketchTask(p, first, n, self.store, self.ngram, of) for p, first, n in shards(self.rows)]
        for done in self.job.executor.map(sketch, tasks):
            bar.advance(done)

    def _group(self) -> None:
        """Put the buckets of each band aside; one band is in memory at a time."""
        texts = np.flatnonzero(self.same == np.arange(self.same.size))
        self.compared = np.zeros(self.same.size, np.bool_)
        for band, keys in enumerate(self.store.keys):
            found = buckets(keys[texts], texts)
            self.compared[found.members] = True
            self.store.keep_buckets(band, found)

    def _keep_text(self) -> Numbers:
        """Write the texts to compare beside each other; returns where each row's begins."""
        starts = np.zeros(len(self.rows) + 1, np.int64)
        np.cumsum(self.store.bytes * self.compared, out=starts[1:])
        self.store.allot("text", int(starts[-1]))
        tasks = [
            TextTask(
                p, first, np.flatnonzero(self.compared[first : first + n]), int(starts[first]), self.store
            )
            for p, first, n in shards(self.rows)
        ]
        bar = self.job.bar("near_dedup: texts to compare", int(self.compared.sum()), "rows")
        for done in self.job.executor.map(keep_text, tasks):
            bar.advance(done)
        return starts

    def similarities(self, a: Numbers, b: Numbers) -> npt.NDArray[np.float64]:
        """Exact similarities of pairs of rows that met in a band."""
        tasks = pair_tasks(self.store, self.starts, a, b, self.ngram)
        return np.concatenate([np.zeros(0), *self.job.executor.map(compare, tasks)])

    def similarities_to(self, goes: Numbers, stays: Numbers) -> npt.NDArray[np.float64]:
        """Exact similarity of each row that goes to the row that stays for it; equal texts have 1."""
        a, b = self.same[stays[goes]], self.same[goes]
        keys, at, back = np.unique(pair_keys(a, b, len(self.rows)), return_index=True, return_inverse=True)
        different = a[at] != b[at]
        found = np.ones(keys.size)
        found[different] = self.similarities(a[at][different], b[at][different])
        return found[back]

    def clusters(self, threshold: float) -> Numbers:
        """For each row the first row of its cluster."""
        forest = Forest(len(self.rows))
        forest.unite(self.same, np.arange(self.same.size))
        for a, b in self.duplicates(threshold, forest):
            forest.unite(a, b)
        return forest.roots()

    def duplicates(self, threshold: float, forest: Forest) -> Iterator[tuple[Numbers, Numbers]]:
        """Verified pairs of rows; between two batches the caller unites them in `forest`.

        What is in one cluster already is compared no more, so these are not all pairs of a cluster.
        """
        least = least_agreement(threshold, self.store.num_perm)
        tested = np.zeros(0, np.uint64)
        bar = self.job.bar("near_dedup: bands", self.store.layout.bands, "bands")
        signatures = self.store.signatures
        for band in range(self.store.layout.bands):
            found = self.store.buckets(band)
            for turn in range(_ROUNDS):
                a, b = pairs(found, forest.roots(), signatures, least, tested, again=turn > 0)
                if not a.size:
                    break
                alike = self.similarities(a, b) >= threshold
                yield a[alike], b[alike]
                tested = np.union1d(tested, pair_keys(a[~alike], b[~alike], len(self.rows)))
            bar.advance()
