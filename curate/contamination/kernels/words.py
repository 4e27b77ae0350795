"""Words, named by a hash of their letters."""

import numpy as np
import numpy.typing as npt
from numba import int64, njit, types, uint32


@njit(types.Tuple((uint32[::1], int64[::1]))(uint32[::1], int64[::1]), cache=True, nogil=True)
def names(
    letters: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """The name (FNV-1a, 32 bits, over code points) and the number of letters of every other piece."""
    count = (starts.size - 1) // 2
    found = np.empty(count, np.uint32)
    widths = np.empty(count, np.int64)
    for n in range(count):
        h = np.uint32(2166136261)
        for i in range(starts[2 * n], starts[2 * n + 1]):
            h = (h ^ letters[i]) * np.uint32(16777619)
        found[n] = h
        widths[n] = starts[2 * n + 1] - starts[2 * n]
    return found, widths
