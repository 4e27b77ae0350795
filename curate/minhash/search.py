"""From sketches to clusters: who shares a band meets, who meets is compared, who is alike is united.

Everything that grows with the corpus lies in files, the forest of clusters too (mapped, and made anew from
the saved pairs after a kill); a task holds one part of one band in memory. The bands are gone through one
after another, so that rows which an earlier band united are not compared again.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from curate.minhash.bands import Layout, Rows
from curate.minhash.clusters import Forest
from curate.minhash.meet import Comparison, Pairs, Part, duplicates, equal_texts, rows_that_meet
from curate.minhash.pairs import least_agreement
from curate.minhash.signature import permutations
from curate.minhash.similar import Similar
from curate.minhash.sketch import SketchTask, TextTask, keep_text, shards, sketch, sketch_index
from curate.minhash.store import Store
from seimai import dataset
from seimai.job import Bar, Job
from seimai.mapped import slices


class Search:
    """One search for duplicates over all rows of a dataset, and of indexes of earlier ones."""

    def __init__(
        self,
        rows: dataset.Rows,
        job: Job,
        cut: Layout,
        num_perm: int,
        similar: Similar,
        against: Sequence[dataset.Rows] = (),
    ) -> None:
        self.rows, self.job, self.similar, self.against = rows, job, similar, against
        own = list(shards(rows))
        every = own + [
            (path, first + offset, size)
            for offset, index in zip(_offsets(len(rows), against), against, strict=True)
            for path, first, size in shards(index)
        ]
        places = tuple((first, size) for _, first, size in every)
        self.store = Store(job.work / "minhash", places, len(rows), num_perm, cut)
        self.store.create()
        self.forest = Forest(self.store.rows, self.store.directory / "forest")
        self._sketch(own, every[len(own) :])
        self._unite_equal()

    def _sketch(self, own: list[tuple[Path, int, int]], old: list[tuple[Path, int, int]]) -> None:
        of = permutations(self.store.num_perm) if self.store.layout.bands else None
        bar = self.job.bar("duplicates: signatures", self.store.rows, "rows")
        for work, some in ((sketch, own), (sketch_index, old)):
            tasks = [
                SketchTask(p, first, n, self.store, self.similar.ngram, self.similar.shingles, of)
                for p, first, n in some
            ]
            for done in self.job.executor.map(work, tasks):
                bar.advance(done)

    def _unite_equal(self) -> None:
        for found in self.job.executor.map(equal_texts, self._parts(self.store.digest_group)):
            self.forest.unite(found[0], found[1])
        self.store.put("same", self.forest.roots())

    def _parts(self, group: int) -> list[Part]:
        return [Part(self.store, group, number) for number in range(1 << self.store.bits)]

    def clusters(self, threshold: float) -> Rows:
        """For each row the first row of its cluster."""
        for _ in self.duplicates(threshold):
            pass
        return self.forest.roots()

    def duplicates(self, threshold: float) -> Iterator[Pairs]:
        """Pairs of rows that reach the threshold, united as they come, band after band.

        What is in one cluster already is compared no more, so these are not all pairs of a cluster.
        """
        self._meet()
        if self.similar.exact:
            self._keep_text()
        least = least_agreement(threshold, self.store.num_perm)
        bands = self.store.layout.bands
        bar = self.job.bar("duplicates: bands", bands << self.store.bits, "parts")
        for band in range(bands):
            name = f"alike-{band}"
            if self.store.has(name):
                bar.advance(1 << self.store.bits)
            else:
                self.store.put("roots", self.forest.roots())
                tasks = [Comparison(p, self.similar, threshold, least) for p in self._parts(band)]
                self.store.put_parts(name, self._compared(tasks, bar))
            for found in self._saved(name):
                self.forest.unite(found[0], found[1])
                yield found

    def _compared(self, tasks: list[Comparison], bar: Bar) -> Iterator[Pairs]:
        """The pairs of each part of a band, one line a pair: as they lie in the file."""
        for pairs in self.job.executor.map(duplicates, tasks):
            bar.advance()
            yield pairs.T

    def _saved(self, name: str) -> Iterator[Pairs]:
        """The pairs of a band, some at a time."""
        number = (self.store.directory / name).stat().st_size // 16
        pairs = self.store.map(name, np.int64, number, 2)
        for some in slices(number):
            yield pairs[some].T

    def _keep_text(self) -> None:
        """Write the texts to compare beside each other."""
        starts = self.store.starts
        self.store.allot("text", int(starts[-1]))
        bar = self.job.bar("duplicates: texts to compare", self.store.own, "rows")
        tasks = (
            TextTask(
                path,
                first,
                np.flatnonzero(np.diff(starts[first : first + n + 1]) > 0),
                int(starts[first]),
                self.store,
                self.similar.shingles,
            )
            for path, first, n in shards(self.rows)
        )
        places = (n for _, _, n in shards(self.rows))
        for _, rows in zip(self.job.executor.map(keep_text, tasks), places, strict=True):
            bar.advance(rows)

    def _meet(self) -> None:
        """Find who meets whom, and where each text begins: those of rows that meet none take no place."""
        if self.store.has("starts"):
            return
        meets = self.store.filled("meets", np.bool_(0))
        parts = [p for band in range(self.store.layout.bands) for p in self._parts(band)]
        bar = self.job.bar("duplicates: meetings", len(parts), "parts")
        for rows in self.job.executor.map(rows_that_meet, parts):
            meets[rows] = True
            bar.advance()
        self.store.put_parts("starts", _starts(self.store.bytes[: self.store.own], meets))


def _starts(sizes: Rows, meets: npt.NDArray[np.bool_]) -> Iterator[Rows]:
    """Where the text of each row begins, and where the last one ends."""
    end = np.zeros(1, np.int64)
    yield end
    for some in slices(sizes.size):
        ends = end[-1] + np.cumsum(sizes[some] * meets[some])
        yield ends
        end = ends


def _offsets(own: int, against: Sequence[dataset.Rows]) -> list[int]:
    """Number of the first row of each index: they come after the dataset's own rows."""
    sizes = [own, *(len(index) for index in against)]
    return np.cumsum(sizes)[:-1].tolist()
