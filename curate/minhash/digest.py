"""Equal documents: 128 bits of XXH3 of the comparable text."""

import numpy as np
import numpy.typing as npt
import xxhash

from curate.minhash.comparable import Utf8

Digests = npt.NDArray[np.uint64]
"""One row of two words a document."""


def digests(text: Utf8) -> Digests:
    """The digests of all documents; two of 10^12 different ones are equal with a chance of 10^-15."""
    joined = b"".join(xxhash.xxh3_128_digest(text.document(i)) for i in range(len(text)))
    return np.frombuffer(joined, ">u8").astype(np.uint64).reshape(len(text), 2)


def first_equal(found: Digests) -> npt.NDArray[np.int64]:
    """For each document the first one that equals it: itself, where there is none before.

    >>> first_equal(np.array([[7, 1], [7, 2], [7, 1], [7, 2], [8, 1]], np.uint64)).tolist()
    [0, 1, 0, 1, 4]
    """
    order = np.lexsort((found[:, 1], found[:, 0]))  # stable: equal documents stay in dataset order
    ordered = found[order]
    begins = np.ones(len(found), np.bool_)
    begins[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    first = np.empty(len(found), np.int64)
    first[order] = order[begins][np.cumsum(begins) - 1] if len(found) else order
    return first
