"""Brackets without a partner."""

import numpy as np
import numpy.typing as npt
from numba import int8, int64, njit, types, uint32

_DEPTH = 64
"""Brackets open at a time; what is deeper is not sound text, and counts as unmatched."""


@njit(types.UniTuple(int64[::1], 2)(uint32[::1], int64[::1], int8[::1]), cache=True, nogil=True)
def unmatched(
    points: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], kinds: npt.NDArray[np.int8]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Per document: brackets without a partner, and all brackets.

    `kinds` is positive for opening, negative for closing brackets of the Basic Multilingual Plane. A bracket
    that closes an outer one leaves those within it unmatched.
    """
    documents = starts.size - 1
    alone, total = np.zeros(documents, np.int64), np.zeros(documents, np.int64)
    opened = np.empty(_DEPTH, np.int8)
    for d in range(documents):
        depth = np.int64(0)
        for i in range(starts[d], starts[d + 1]):
            if points[i] >= kinds.size or kinds[points[i]] == 0:
                continue
            kind = kinds[points[i]]
            total[d] += 1
            if kind > 0:
                if depth < _DEPTH:
                    opened[depth] = kind
                    depth += 1
                else:
                    alone[d] += 1
                continue
            at = depth - 1
            while at >= 0 and opened[at] != -kind:
                at -= 1
            if at < 0:
                alone[d] += 1
            else:
                alone[d] += depth - 1 - at
                depth = at
        alone[d] += depth
    return alone, total
