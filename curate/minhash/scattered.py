"""Slices that lie scattered over a file, read and not mapped.

Of a file larger than some 100 MB every slice of a part lies on a page of its own: a mapping would fault each
page in anew for each part, with fifteen neighbours that nobody wants, and memory would look full of them. A
read takes under a microsecond whatever the size of the file.
"""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]


def scattered(path: Path, begins: Places, sizes: Places | int) -> Bytes:
    """The slices of a file that begin at these bytes, one after another.

    Args:
        path: the file.
        begins: where each slice begins.
        sizes: bytes of each slice, or of all.
    """
    places = begins.tolist()
    lengths = [sizes] * len(places) if isinstance(sizes, int) else sizes.tolist()
    file = os.open(path, os.O_RDONLY)
    try:
        return np.frombuffer(b"".join(map(os.pread, [file] * len(places), lengths, places)), np.uint8)
    finally:
        os.close(file)
