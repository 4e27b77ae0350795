"""How often each class of `curate.signals.scripts` occurs in each document."""

import numpy as np
import numpy.typing as npt
from numba import int64, njit, uint8, uint32


@njit(int64[:, ::1](uint32[::1], int64[::1], uint8[::1], int64), cache=True, nogil=True)
def script_counts(
    points: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    table: npt.NDArray[np.uint8],
    kinds: int,
) -> npt.NDArray[np.int64]:
    """One row a document, one column a class; `table` has the classes of the first 65,536 code points."""
    found = np.zeros((starts.size - 1, kinds), np.int64)
    # Two counters side by side: neighbours of the same class would wait for each other's increment.
    lanes = np.zeros((2, kinds), np.int64)
    for d in range(starts.size - 1):
        lanes[:, :] = 0
        for i in range(starts[d], starts[d + 1]):
            c = points[i]
            if c < 0x10000:
                kind = table[c]
            elif c >= 0x20000 and c < 0x40000:
                kind = 5  # KANJI in none of the sets: the ideographic planes
            elif c >= 0x1AFF0 and c < 0x1B170:
                kind = 1  # KANA: hentaigana and archaic kana
            elif c < 0x1D000:
                kind = 4  # FOREIGN: historic scripts
            else:
                kind = 0  # mathematical alphabets, emoji
            lanes[i & 1, kind] += 1
        for k in range(kinds):
            found[d, k] = lanes[0, k] + lanes[1, k]
    return found
