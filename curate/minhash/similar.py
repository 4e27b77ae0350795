"""How alike two rows of a search are: exactly, from their texts, or as their signatures estimate it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.minhash.bands import Rows
from curate.minhash.pairs import equal_bytes
from curate.minhash.store import Store
from curate.minhash.verify import jaccard
from curate.minhash.wording import Shingles

_AT_A_TIME = 2048
"""Pairs whose texts are read at a time,"""
_BYTES = 16 << 20
"""and about how many bytes of text they may have together."""

_LONGEST = 2 << 20
"""Bytes of the longest text whose shingles are compared one by one; the tables take 100 times as much.

A text above it is a whole book; 128 values estimate its similarity to 0.035 (one standard deviation).
"""


@dataclass(frozen=True)
class Similar:
    """The measure of a search."""

    ngram: int
    exact: bool
    shingles: Shingles = "characters"

    def of(self, store: Store, a: Rows, b: Rows) -> npt.NDArray[np.float64]:
        """The similarity of each pair of rows."""
        found = np.empty(a.size, np.float64)
        for cut in range(0, a.size, _AT_A_TIME):
            some = slice(cut, cut + _AT_A_TIME)
            found[some] = self._of(store, a[some], b[some])
        return found

    def _of(self, store: Store, a: Rows, b: Rows) -> npt.NDArray[np.float64]:
        if not self.exact:
            return estimated(store, a, b)
        has_text = np.maximum(a, b) < store.own
        spans = np.zeros((2, a.size, 2), np.int64)
        rows, back = np.unique(np.stack([a, b])[:, has_text], return_inverse=True)
        spans[:, has_text] = store.spans(rows)[back.reshape(2, -1)]
        sizes = spans[:, :, 1] - spans[:, :, 0]
        read = has_text & (sizes.max(axis=0, initial=0) <= _LONGEST)
        found = np.empty(a.size, np.float64)
        full = np.cumsum(sizes[:, read].sum(axis=0)) // _BYTES
        for some in np.split(np.flatnonzero(read), np.flatnonzero(np.diff(full)) + 1):
            if some.size:
                found[some] = self._compared(store, spans[:, some])
        if not read.all():
            found[~read] = estimated(store, a[~read], b[~read])
        return found

    def _compared(self, store: Store, spans: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """The exact similarity of the texts in two rows of spans."""
        places, back = np.unique(spans.reshape(-1, 2), axis=0, return_inverse=True)
        text = store.text(places)
        where = np.stack([text.offsets[:-1], text.offsets[1:]], axis=1)[back.reshape(2, -1)]
        return jaccard(text.data, where[0], where[1], self.ngram)


def estimated(store: Store, a: Rows, b: Rows) -> npt.NDArray[np.float64]:
    """Similarity as the sketches have it, less the bytes that are equal by chance."""
    rows, back = np.unique(np.concatenate([a, b]), return_inverse=True)
    equal = equal_bytes(store.sketches(rows), back[: a.size].copy(), back[a.size :].copy())
    share = equal / store.num_perm
    return np.maximum(0, (share - 1 / 256) / (1 - 1 / 256))
