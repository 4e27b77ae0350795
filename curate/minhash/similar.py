"""How alike two rows of a search are: exactly, from their texts, or as their signatures estimate it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.minhash.bands import Rows
from curate.minhash.pairs import equal_bytes
from curate.minhash.store import Store
from curate.minhash.verify import jaccard

_AT_A_TIME = 2048
"""Pairs whose texts are mapped at a time: tens of megabytes."""

_LONGEST = 2 << 20
"""Bytes of the longest text whose shingles are compared one by one; the tables take 100 times as much.

A text above it is a whole book; 128 values estimate its similarity to 0.035 (one standard deviation).
"""


@dataclass(frozen=True)
class Similar:
    """The measure of a search."""

    ngram: int
    exact: bool

    def of(self, store: Store, a: Rows, b: Rows) -> npt.NDArray[np.float64]:
        """The similarity of each pair of rows."""
        found = np.empty(a.size, np.float64)
        for cut in range(0, a.size, _AT_A_TIME):
            some = slice(cut, cut + _AT_A_TIME)
            found[some] = self._of(store, a[some], b[some])
        return found

    def _of(self, store: Store, a: Rows, b: Rows) -> npt.NDArray[np.float64]:
        read = np.zeros(a.size, np.bool_)
        if self.exact:
            sizes = store.bytes
            read = (np.maximum(a, b) < store.own) & (np.maximum(sizes[a], sizes[b]) <= _LONGEST)
        found = np.empty(a.size, np.float64)
        if read.any():
            starts = store.starts
            of_a, of_b = (np.stack([starts[r[read]], starts[r[read] + 1]], axis=1) for r in (a, b))
            found[read] = jaccard(store.text(int(starts[-1])), of_a, of_b, self.ngram)
        if not read.all():
            found[~read] = estimated(store, a[~read], b[~read])
        return found


def estimated(store: Store, a: Rows, b: Rows) -> npt.NDArray[np.float64]:
    """Similarity as the sketches have it, less the bytes that are equal by chance."""
    rows, back = np.unique(np.concatenate([a, b]), return_inverse=True)
    equal = equal_bytes(store.sketches[rows], back[: a.size].copy(), back[a.size :].copy())
    share = equal / store.num_perm
    return np.maximum(0, (share - 1 / 256) / (1 - 1 / 256))
