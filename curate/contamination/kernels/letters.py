"""UTF-8 to letters, with the bytes that each came from."""

import numpy as np
import numpy.typing as npt
from numba import int32, int64, njit, types, uint8, uint32

_BYTES = types.Array(uint8, 1, "C", readonly=True)
_OFFSETS = types.Array(int64, 1, "C", readonly=True)
_TABLE = types.Array(int32, 1, "C", readonly=True)
_SEVERAL = types.Array(uint32, 1, "C", readonly=True)


@njit(
    int64(_BYTES, _OFFSETS, _TABLE, _SEVERAL, uint32[::1], uint32[::1], int64[::1]),
    cache=True,
    nogil=True,
)
def letters(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    letter: npt.NDArray[np.int32],
    several: npt.NDArray[np.uint32],
    symbols: npt.NDArray[np.uint32],
    first: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
) -> np.int64:
    """Fill in the letters, the byte (from the first text's on) of each, and where each text's letters start.

    Returns their number; -1 if there is no room for them. Bytes that are no UTF-8 are passed over one by one,
    so that no text is read beyond its end.
    """
    base = offsets[0]
    room = symbols.size
    n = np.int64(0)
    for d in range(offsets.size - 1):
        starts[d] = n
        i = offsets[d]
        end = offsets[d + 1]
        while i < end:
            at = i
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
                i += 4
            else:
                c = np.uint32(0)
                i += 1
            if c < np.uint32(letter.size):
                to = letter[c]
            else:
                to = np.int32(c) if c < np.uint32(0xE0000) else np.int32(0)
            if n >= room:
                return np.int64(-1)
            # A place is written before it is known whether it counts: most do, and a branch costs more.
            symbols[n] = np.uint32(to)
            first[n] = np.uint32(at - base)
            n += to > 0
            if to < 0:
                count = np.int64(several[-to])
                if n + count > room:
                    return np.int64(-1)
                for k in range(count):
                    symbols[n + k] = several[k + 1 - to]
                    first[n + k] = np.uint32(at - base)
                n += count
    starts[offsets.size - 1] = n
    return n
