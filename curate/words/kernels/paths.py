"""The cheapest path through the words that a line may consist of, as Sudachi finds it."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import int16, int32, int64, njit, types, uint8, uint64

Whole = Any
"""A whole number: one of NumPy's to a type checker, a machine integer to Numba."""

_MATRIX = types.Array(int16, 2, "C", readonly=True)
"""Lies in a mapped file, which all processes share."""
_FAR = np.int32(0x7FFFFFFF)

Paths = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int32]]


@njit
def _cheapest(
    costs: npt.NDArray[np.int32],
    rights: npt.NDArray[np.uint16],
    flat: npt.NDArray[np.int16],
    row: Whole,
    at: Whole,
    end: Whole,
) -> tuple[Whole, Whole]:
    """The cheapest of the paths to a place with the connections of a row of the matrix, and what it costs.

    Of those that cost as much it is the first, as with Sudachi.
    """
    best = np.int32(_FAR)
    found = at
    x = at
    while x < end:
        cost = costs[x] + np.int32(flat[row + np.uint64(rights[x])])
        if cost < best:
            best = cost
            found = x
        x += np.uint64(1)
    return found, best


@njit
def _trace(
    path: Whole,
    end: Whole,
    origin: Whole,
    begin: npt.NDArray[np.int32],
    previous: npt.NDArray[np.int32],
    word: npt.NDArray[np.int32],
    node_end: npt.NDArray[np.int64],
    node_word: npt.NDArray[np.int32],
    filled: Whole,
) -> Whole:
    """Write the words of a path, from the first on; how many they are."""
    count = np.int64(0)
    x = np.int64(path)
    while previous[x] >= 0:
        count += 1
        x = np.int64(previous[x])
    k = filled + count
    x = np.int64(path)
    while previous[x] >= 0:
        k -= 1
        node_end[k] = end
        node_word[k] = word[x]
        end = origin + begin[x]
        x = np.int64(previous[x])
    return count


@njit(
    types.Tuple((int64[::1], int64[::1], int32[::1]))(
        int64[::1], int64[::1], uint8[::1], int64[::1], int32[::1], uint64[::1], int32[::1], _MATRIX, int64
    ),
    cache=True,
    nogil=True,
)
def paths(
    line_first: npt.NDArray[np.int64],
    line_end: npt.NDArray[np.int64],
    line_flags: npt.NDArray[np.uint8],
    words_at: npt.NDArray[np.int64],
    stop: npt.NDArray[np.int32],
    value: npt.NDArray[np.uint64],
    which: npt.NDArray[np.int32],
    matrix: npt.NDArray[np.int16],
    boundary: Whole,
) -> Paths:
    """The cheapest path of each line: where its words begin among all, each word's end and which it is.

    `words_at`, `stop`, `value` and `which` are what `places` has for these lines. Words with the same left
    number continue the same path: it is looked for once a place.
    """
    origin = line_first[0]
    extent = words_at.size - 1
    # Unsigned numbers as places: Numba would look for places counted from the end otherwise.
    flat = matrix.ravel()
    columns = np.uint64(matrix.shape[1])
    number = np.uint64(0xFFFF)
    one = np.uint64(1)
    # Paths to a place lie together, in the order in which they came; one more at each line's start.
    paths_at = np.zeros(extent + 2, np.uint64)
    for w in range(stop.size):
        paths_at[stop[w] + 1] += one
    for line in range(line_first.size):
        paths_at[line_first[line] - origin + 1] += one
    for p in range(extent + 1):
        paths_at[p + 1] += paths_at[p]
    full = paths_at[: extent + 1].copy()
    costs = np.empty(paths_at[extent + 1], np.int32)
    rights = np.empty(costs.size, np.uint16)
    begin = np.empty(costs.size, np.int32)
    previous = np.empty(costs.size, np.int32)
    word = np.empty(costs.size, np.int32)
    seen_at = np.full(matrix.shape[0], -1, np.int32)
    seen_cost = np.empty(matrix.shape[0], np.int32)
    seen_path = np.empty(matrix.shape[0], np.int32)
    offsets = np.zeros(line_first.size + 1, np.int64)
    node_end = np.empty(extent + 1, np.int64)
    node_word = np.empty(extent + 1, np.int32)
    filled = np.int64(0)
    for line in range(line_first.size):
        offsets[line] = filled
        if line_flags[line] & 4:
            continue
        start = line_first[line] - origin
        end = line_end[line] - origin
        x = full[start]
        full[start] += one
        costs[x] = 0
        rights[x] = boundary >> 16 & 0xFFFF if line_flags[line] & 1 else 0
        previous[x] = -1
        for p in range(start, end):
            at, until = paths_at[p], full[p]
            if at == until:
                continue
            for w in range(words_at[p], words_at[p + 1]):
                packed = value[w]
                left = packed & number
                if seen_at[left] != p:
                    best, cost = _cheapest(costs, rights, flat, left * columns, at, until)
                    seen_at[left] = p
                    seen_path[left] = best
                    seen_cost[left] = cost
                q = np.uint64(stop[w])
                x = full[q]
                full[q] = x + one
                costs[x] = seen_cost[left] + np.int32(np.int16((packed >> np.uint64(32)) & number))
                rights[x] = np.uint16((packed >> np.uint64(16)) & number)
                begin[x] = p
                previous[x] = seen_path[left]
                word[x] = which[w]
        left = np.uint64(boundary & 0xFFFF if line_flags[line] & 2 else 0)
        best, _ = _cheapest(costs, rights, flat, left * columns, paths_at[end], full[end])
        filled += _trace(best, line_end[line], origin, begin, previous, word, node_end, node_word, filled)
    offsets[line_first.size] = filled
    return offsets, node_end[:filled], node_word[:filled]
