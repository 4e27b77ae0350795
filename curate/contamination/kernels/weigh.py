"""What each letter of a benchmark's text weighs."""

import numpy as np
import numpy.typing as npt
from numba import float64, int64, njit


@njit(float64[::1](int64[::1], int64[::1], float64[::1], int64[::1], int64), cache=True, nogil=True)
def weights(
    number: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    share: npt.NDArray[np.float64],
    widths: npt.NDArray[np.int64],
    ngram: int,
) -> npt.NDArray[np.float64]:
    """The greatest share of the windows over each symbol, times its letters.

    `number` is the window that begins at a symbol (-1: none), `share` that of each window.
    """
    found = np.zeros(number.size, np.float64)
    for d in range(starts.size - 1):
        for i in range(starts[d], starts[d + 1]):
            for k in range(max(starts[d], i - ngram + 1), i + 1):
                if number[k] >= 0:
                    found[i] = max(found[i], share[number[k]])
            found[i] *= widths[i]
    return found
