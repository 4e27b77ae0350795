"""How far the neighbours in a text are those of Japanese."""

import numpy as np
import numpy.typing as npt
from numba import float64, int8, int64, njit, types, uint8, uint32


@njit(
    types.Tuple((float64[::1], int64[::1]))(uint32[::1], int64[::1], uint8[::1], int8[:, ::1]),
    cache=True,
    nogil=True,
)
def kana_order(
    points: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    symbols: npt.NDArray[np.uint8],
    association: npt.NDArray[np.int8],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Per document, over neighbours of which one is hiragana: their association in bits; their number."""
    documents = starts.size - 1
    total = np.zeros(documents, np.float64)
    pairs = np.zeros(documents, np.int64)
    for d in range(documents):
        bits = 0
        number = 0
        a = np.uint8(255)
        for i in range(starts[d], starts[d + 1]):
            p = points[i]
            b = symbols[p] if p < 0x10000 else symbols[0x10000 + (p >> np.uint32(8))]
            if a != 255 and (a < 86 or b < 86):
                bits += np.int64(association[a, b])
                number += 1
            a = b
        total[d] = bits / 16.0
        pairs[d] = number
    return total, pairs
