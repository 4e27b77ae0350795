"""UTF-8 to code points and character classes, for all documents of a batch at once."""

import numpy as np
import numpy.typing as npt
from numba import int64, njit, types, uint8, uint32

# Arrow's buffers are read-only.
_BYTES = types.Array(uint8, 1, "C", readonly=True)
_OFFSETS = types.Array(int64, 1, "C", readonly=True)


@njit(
    types.Tuple((uint32[::1], uint8[::1], int64[::1], int64[:, ::1]))(_BYTES, _OFFSETS, uint8[::1], int64),
    cache=True,
    nogil=True,
)
def decode(
    data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], table: npt.NDArray[np.uint8], kinds: int
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Code points, their classes, where each document starts among them, and how often it has each class.

    `data[offsets[i]:offsets[i + 1]]` is document i. Arrow promises valid UTF-8; where a buffer breaks the
    promise, no byte of another document is read, and a sequence that is cut off, a stray byte and a number
    beyond U+10FFFF become U+FFFD.
    """
    documents = offsets.size - 1
    points = np.empty(offsets[documents] - offsets[0], np.uint32)
    classes = np.empty(points.size, np.uint8)
    starts = np.empty(documents + 1, np.int64)
    counts = np.zeros((documents, kinds), np.int64)
    # Four counters side by side: neighbours of the same class would wait for each other's increment.
    lanes = np.zeros((4, kinds), np.int64)
    replacement = np.uint32(0xFFFD)
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
            elif b >= 0xE0 and b < 0xF0 and i + 3 <= end:
                c = (b & np.uint32(0x0F)) << np.uint32(12)
                c |= (np.uint32(data[i + 1]) & np.uint32(0x3F)) << np.uint32(6)
                c |= np.uint32(data[i + 2]) & np.uint32(0x3F)
                i += 3
            elif b >= 0xC0 and b < 0xE0 and i + 2 <= end:
                c = ((b & np.uint32(0x1F)) << np.uint32(6)) | (np.uint32(data[i + 1]) & np.uint32(0x3F))
                i += 2
            elif b >= 0xF0 and i + 4 <= end:
                c = (b & np.uint32(0x07)) << np.uint32(18)
                c |= (np.uint32(data[i + 1]) & np.uint32(0x3F)) << np.uint32(12)
                c |= (np.uint32(data[i + 2]) & np.uint32(0x3F)) << np.uint32(6)
                c |= np.uint32(data[i + 3]) & np.uint32(0x3F)
                c = c if c < np.uint32(0x110000) else replacement
                i += 4
            else:
                c = replacement
                i += 1
            kind = table[c] if c < 0x10000 else table[0x10000 + (c >> np.uint32(8))]
            points[n] = c
            classes[n] = kind
            lanes[n & 3, kind] += 1
            n += 1
        starts[d + 1] = n
        for k in range(kinds):
            counts[d, k] = lanes[0, k] + lanes[1, k] + lanes[2, k] + lanes[3, k]
            lanes[0, k] = lanes[1, k] = lanes[2, k] = lanes[3, k] = 0
    return points[:n], classes[:n], starts, counts
