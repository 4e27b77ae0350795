"""Sentences and lines as spans of code points, and which of them repeat."""

import numpy as np
import numpy.typing as npt
from numba import int64, njit, types, uint8, uint32, uint64

Longs = npt.NDArray[np.int64]

# Numbers of curate.signals.classes.
KUTEN, SPACE, NEWLINE, EXCLAMATION = 4, 10, 11, 23

_LONGS = int64[::1]


@njit(types.UniTuple(_LONGS, 5)(uint8[::1], _LONGS), cache=True, nogil=True)
def sentences(classes: npt.NDArray[np.uint8], starts: Longs) -> tuple[Longs, Longs, Longs, Longs, Longs]:
    """Runs without a terminator or newline, each with the one terminator that follows.

    Per document: where its sentences start in the next two. Per sentence: first, end. Per document: where its
    lines, blank ones included, start in the last. Per line: where its sentences start.
    """
    first = np.empty(classes.size // 2 + starts.size, np.int64)
    end = np.empty(first.size, np.int64)
    line = np.empty(classes.size + starts.size, np.int64)
    offsets = np.zeros(starts.size, np.int64)
    line_offsets = np.zeros(starts.size, np.int64)
    stops = np.zeros(256, np.bool_)
    stops[KUTEN] = stops[NEWLINE] = stops[EXCLAMATION] = True
    n = 0
    lines = 0
    for d in range(starts.size - 1):
        i = starts[d]
        stop = starts[d + 1]
        line[lines] = n
        lines += 1
        while i < stop:
            if stops[classes[i]]:
                if classes[i] == NEWLINE:
                    line[lines] = n
                    lines += 1
                i += 1
                continue
            first[n] = i
            while i < stop and not stops[classes[i]]:
                i += 1
            if i < stop and classes[i] != NEWLINE:
                i += 1
            end[n] = i
            n += 1
        offsets[d + 1] = n
        line_offsets[d + 1] = lines
    line[lines] = n
    return offsets, first[:n], end[:n], line_offsets, line[: lines + 1]


@njit(types.UniTuple(_LONGS, 4)(uint8[::1], _LONGS), cache=True, nogil=True)
def lines(classes: npt.NDArray[np.uint8], starts: Longs) -> tuple[Longs, Longs, Longs, Longs]:
    """Lines that are not blank, without the white space around them.

    Per document: where its lines start in the next. Per line: first, end, newlines since the line before
    (two: they are neighbours but for a blank line; the first line of a document has none).
    """
    size = classes.size // 2 + starts.size
    first = np.empty(size, np.int64)
    end = np.empty(size, np.int64)
    newlines = np.empty(size, np.int64)
    offsets = np.zeros(starts.size, np.int64)
    n = 0
    for d in range(starts.size - 1):
        i = starts[d]
        stop = starts[d + 1]
        passed = 0
        while i < stop:
            kind = classes[i]
            if kind in (NEWLINE, SPACE):
                passed += kind == NEWLINE
                i += 1
                continue
            first[n] = i
            newlines[n] = passed if n > offsets[d] else 0
            while i < stop and classes[i] != NEWLINE:
                i += 1
            passed = 0
            last = i
            while classes[last - 1] == SPACE:
                last -= 1
            end[n] = last
            n += 1
        offsets[d + 1] = n
    return offsets, first[:n], end[:n], newlines[:n]


@njit(uint64(uint32[::1], int64), cache=True, nogil=True)
def _two(symbols: npt.NDArray[np.uint32], i: np.int64) -> np.uint64:
    return (np.uint64(symbols[i]) << np.uint64(32)) | np.uint64(symbols[i + 1])


@njit(uint32[::1](uint32[::1], _LONGS, _LONGS, _LONGS, uint64), cache=True, nogil=True)
def name_spans(
    symbols: npt.NDArray[np.uint32], offsets: Longs, first: Longs, end: Longs, factor: np.uint64
) -> npt.NDArray[np.uint32]:
    """Name each span by the first of its document with the same symbols, counted from the document's start.

    `factor` (odd, random) spreads spans over a hash table; what it finds is compared symbol by symbol.
    """
    documents = offsets.size - 1
    most = np.int64(0)
    for d in range(documents):
        most = max(most, offsets[d + 1] - offsets[d])
    slots = np.int64(4)
    while slots < 2 * most:
        slots *= 2
    table = np.full(slots, -1, np.int64)
    name = np.empty(first.size, np.uint32)
    hashes = np.empty(first.size, np.uint64)
    for d in range(documents):
        size = np.int64(4)
        while size < 2 * (offsets[d + 1] - offsets[d]):
            size *= 2
        for s in range(offsets[d], offsets[d + 1]):
            # Two lanes: one multiplication need not wait for the other.
            h = np.uint64(end[s] - first[s])
            g = factor
            i = first[s]
            while i + 4 <= end[s]:
                h = (h ^ _two(symbols, i)) * factor
                g = (g ^ _two(symbols, i + 2)) * factor
                h ^= h >> np.uint64(31)
                g ^= g >> np.uint64(31)
                i += 4
            while i < end[s]:
                h = (h ^ np.uint64(symbols[i])) * factor
                h ^= h >> np.uint64(31)
                i += 1
            h = (h ^ (g >> np.uint64(7))) * factor
            hashes[s] = h
            slot = np.int64(((h * factor) >> np.uint64(20)) & np.uint64(size - 1))
            while True:
                other = table[slot]
                if other < offsets[d]:  # empty, or of a document before
                    table[slot] = other = s
                    break
                if hashes[other] == h and end[other] - first[other] == end[s] - first[s]:
                    k = np.int64(0)
                    while first[s] + k < end[s] and symbols[first[other] + k] == symbols[first[s] + k]:
                        k += 1
                    if first[s] + k == end[s]:
                        break
                slot = (slot + 1) & (size - 1)
            name[s] = np.uint32(other - offsets[d])
    return name
