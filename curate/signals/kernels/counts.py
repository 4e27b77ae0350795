"""How often each character class occurs in each document."""

import numpy as np
import numpy.typing as npt
from numba import int64, njit, uint8


@njit(int64[:, ::1](uint8[::1], int64[::1], int64), cache=True, nogil=True)
def counts(
    classes: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], kinds: int
) -> npt.NDArray[np.int64]:
    """One row a document, one column a class."""
    found = np.zeros((starts.size - 1, kinds), np.int64)
    # Four counters side by side: neighbours of the same class would wait for each other's increment.
    lanes = np.zeros((4, kinds), np.int64)
    for d in range(starts.size - 1):
        lanes[:, :] = 0
        i = starts[d]
        end = starts[d + 1]
        while i + 4 <= end:
            lanes[0, classes[i]] += 1
            lanes[1, classes[i + 1]] += 1
            lanes[2, classes[i + 2]] += 1
            lanes[3, classes[i + 3]] += 1
            i += 4
        while i < end:
            lanes[0, classes[i]] += 1
            i += 1
        for k in range(kinds):
            found[d, k] = lanes[0, k] + lanes[1, k] + lanes[2, k] + lanes[3, k]
    return found
