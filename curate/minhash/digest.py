"""Equal documents: 128 bits of XXH3 of the comparable text."""

import numpy as np
import numpy.typing as npt
import xxhash

from curate.buffers import Utf8

Digests = npt.NDArray[np.uint64]
"""One row of two words a document."""


def digests(text: Utf8) -> Digests:
    """The digests of all documents; two of 10^12 different ones are equal with a chance of 10^-15."""
    joined = b"".join(xxhash.xxh3_128_digest(text.document(i)) for i in range(len(text)))
    return np.frombuffer(joined, ">u8").astype(np.uint64).reshape(len(text), 2)
