"""Sentences and lines as spans of code points, and how much of them repeats."""

import numpy as np
import numpy.typing as npt
from numba import int64, njit, types, uint8, uint32

Spans = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint32]]
"""Per document: where its spans start in the next arrays. Per span: first, end, last visible code point."""

_SPANS = types.Tuple((int64[::1], int64[::1], int64[::1], uint32[::1]))


@njit(_SPANS(uint32[::1], uint8[::1], int64[::1]), cache=True, nogil=True)
def sentences(
    points: npt.NDArray[np.uint32], classes: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64]
) -> Spans:
    """Runs without a terminator or newline, each with the one terminator that follows."""
    first = np.empty(points.size, np.int64)
    end = np.empty(points.size, np.int64)
    last = np.empty(points.size, np.uint32)
    offsets = np.zeros(starts.size, np.int64)
    n = 0
    for d in range(starts.size - 1):
        begun = np.int64(-1)
        seen = np.uint32(0)
        for i in range(starts[d], starts[d + 1]):
            kind = classes[i]
            c = points[i]
            newline = kind == 11
            terminator = kind == 4 or c == 0x21 or c == 0x3F
            if begun < 0:
                if not (newline or terminator):
                    begun = i
                    seen = c if kind != 10 else np.uint32(0)
            elif newline or terminator:
                first[n] = begun
                end[n] = i + 1 if terminator else i
                last[n] = c if terminator else seen
                n += 1
                begun = -1
            elif kind != 10:
                seen = c
        if begun >= 0:
            first[n] = begun
            end[n] = starts[d + 1]
            last[n] = seen
            n += 1
        offsets[d + 1] = n
    return offsets, first[:n], end[:n], last[:n]


@njit(_SPANS(uint32[::1], uint8[::1], int64[::1]), cache=True, nogil=True)
def lines(
    points: npt.NDArray[np.uint32], classes: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64]
) -> Spans:
    """Lines that are not blank, without the white space around them."""
    first = np.empty(points.size, np.int64)
    end = np.empty(points.size, np.int64)
    last = np.empty(points.size, np.uint32)
    offsets = np.zeros(starts.size, np.int64)
    n = 0
    for d in range(starts.size - 1):
        begun = np.int64(-1)
        stop = np.int64(-1)
        for i in range(starts[d], starts[d + 1] + 1):
            if i == starts[d + 1] or classes[i] == 11:
                if begun >= 0:
                    first[n] = begun
                    end[n] = stop
                    last[n] = points[stop - 1]
                    n += 1
                begun = -1
            elif classes[i] != 10:
                if begun < 0:
                    begun = i
                stop = i + 1
        offsets[d + 1] = n
    return offsets, first[:n], end[:n], last[:n]


@njit(
    types.Tuple((int64[::1], int64[::1]))(uint32[::1], int64[::1], int64[::1], int64[::1]),
    cache=True,
    nogil=True,
)
def repeats(
    points: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Per document: spans equal to an earlier span of it, and their code points.

    Spans are compared by a 64-bit hash.
    """
    documents = offsets.size - 1
    most = np.int64(0)
    for d in range(documents):
        most = max(most, offsets[d + 1] - offsets[d])
    slots = np.int64(4)
    while slots < 2 * most:
        slots *= 2
    keys = np.empty(slots, np.uint64)
    owner = np.full(slots, -1, np.int64)  # the document that last wrote the slot: nothing to clear
    spans = np.zeros(documents, np.int64)
    letters = np.zeros(documents, np.int64)
    for d in range(documents):
        size = np.int64(4)
        while size < 2 * (offsets[d + 1] - offsets[d]):
            size *= 2
        for s in range(offsets[d], offsets[d + 1]):
            h = np.uint64(14695981039346656037)
            for i in range(first[s], end[s]):
                h = (h ^ np.uint64(points[i])) * np.uint64(0x9E3779B97F4A7C15)
                h ^= h >> np.uint64(29)
            slot = np.int64(h & np.uint64(size - 1))
            while owner[slot] == d and keys[slot] != h:
                slot = (slot + 1) & (size - 1)
            if owner[slot] == d:
                spans[d] += 1
                letters[d] += end[s] - first[s]
            else:
                owner[slot] = d
                keys[slot] = h
    return spans, letters
