"""UTF-8 to code points and character classes, for all documents of a batch at once."""

import numpy as np
import numpy.typing as npt
from numba import int64, njit, types, uint8, uint32

# Arrow's buffers are read-only.
_BYTES = types.Array(uint8, 1, "C", readonly=True)
_OFFSETS = types.Array(int64, 1, "C", readonly=True)


@njit(
    types.Tuple((uint32[::1], uint8[::1], int64[::1]))(_BYTES, _OFFSETS, uint8[::1]), cache=True, nogil=True
)
def decode(
    data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], table: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Code points, their classes, and where each document starts among them.

    `data[offsets[i]:offsets[i + 1]]` is document i; valid UTF-8 is trusted, as Arrow promises it.
    """
    documents = offsets.size - 1
    points = np.empty(offsets[documents] - offsets[0], np.uint32)
    classes = np.empty(points.size, np.uint8)
    starts = np.empty(documents + 1, np.int64)
    starts[0] = 0
    n = 0
    for d in range(documents):
        i = offsets[d]
        end = offsets[d + 1]
        while i < end:
            b = np.uint32(data[i])
            if b < 0x80:
                c = b
                i += 1
            elif b >= 0xE0 and b < 0xF0:
                c = (b & np.uint32(0x0F)) << np.uint32(12)
                c |= (np.uint32(data[i + 1]) & np.uint32(0x3F)) << np.uint32(6)
                c |= np.uint32(data[i + 2]) & np.uint32(0x3F)
                i += 3
            elif b < 0xE0:
                c = ((b & np.uint32(0x1F)) << np.uint32(6)) | (np.uint32(data[i + 1]) & np.uint32(0x3F))
                i += 2
            else:
                c = (b & np.uint32(0x07)) << np.uint32(18)
                c |= (np.uint32(data[i + 1]) & np.uint32(0x3F)) << np.uint32(12)
                c |= (np.uint32(data[i + 2]) & np.uint32(0x3F)) << np.uint32(6)
                c |= np.uint32(data[i + 3]) & np.uint32(0x3F)
                i += 4
            points[n] = c
            if c < 0x10000:
                classes[n] = table[c]
            elif c >= 0x20000 and c < 0x40000:
                classes[n] = 3  # KANJI: the ideographic planes
            elif c >= 0x1B000 and c < 0x1B170:
                classes[n] = 1  # HIRAGANA: hentaigana and archaic kana
            elif c >= 0x1F000 and c < 0x1FC00:
                classes[n] = 12  # SYMBOL: emoji and pictographs
            elif c < 0x1F000:
                classes[n] = 9  # LETTER: historic scripts, mathematical alphabets
            else:
                classes[n] = 0
            n += 1
        starts[d + 1] = n
    return points[:n], classes[:n], starts
