"""What lines look like: rows of tables, lines of code."""

import numpy as np
import numpy.typing as npt
from numba import boolean, int64, njit, uint8, uint32

# Numbers of curate.signals.classes.
HIRAGANA, KATAKANA, KANJI, SPACE = 1, 2, 3, 10


@njit(boolean[:, ::1](uint32[::1], uint8[::1], int64[::1], int64[::1]), cache=True, nogil=True)
def shapes(
    points: npt.NDArray[np.uint32],
    classes: npt.NDArray[np.uint8],
    first: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
) -> npt.NDArray[np.bool_]:
    """Per line: whether it looks like a row of a table, whether it looks like code."""
    found = np.zeros((first.size, 2), np.bool_)
    code = np.zeros(128, np.bool_)
    for mark in "{}()[];=<>$\\&#":
        code[ord(mark)] = True
    for n in range(first.size):
        bars = 0
        gaps = 0
        marks = 0
        japanese = False
        tab = False
        for i in range(first[n], end[n]):
            p = points[i]
            kind = classes[i]
            japanese |= kind in (HIRAGANA, KATAKANA, KANJI)
            if p < 128:
                marks += code[p]
                tab |= p == 0x09
                bars += p == 0x7C
            else:
                bars += p == 0xFF5C or p == 0x2502
            if kind == SPACE and classes[i - 1] == SPACE and classes[i + 1] != SPACE:
                gaps += 1
        found[n, 0] = tab or bars >= 2 or gaps >= 2
        found[n, 1] = marks >= 2 and not japanese
    return found
