"""Word n-grams: the commonest, and those that were met before.

The words of a document stand one after another in `letters`, without what is between them; `at` says where
each starts, and one more. Tables are probed by a polynomial hash of an n-gram's letters; what a table finds
is compared letter by letter.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import int64, njit, types, uint8, uint32, uint64

Whole = Any
"""A whole number: one of NumPy's to a type checker, a machine integer to Numba."""


@njit(types.Tuple((uint32[::1], int64[::1]))(uint32[::1], int64[::1], int64[::1]), cache=True, nogil=True)
def joined(
    points: npt.NDArray[np.uint32], first: npt.NDArray[np.int64], end: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """The letters of all words, and where each word starts among them."""
    at = np.zeros(first.size + 1, np.int64)
    for w in range(first.size):
        at[w + 1] = at[w] + end[w] - first[w]
    letters = np.empty(at[first.size], np.uint32)
    for w in range(first.size):
        for i in range(first[w], end[w]):
            letters[at[w] + i - first[w]] = points[i]
    return letters, at


@njit(types.Tuple((uint64[::1], uint64[::1]))(uint32[::1], uint64), cache=True, nogil=True)
def prefixes(
    letters: npt.NDArray[np.uint32], factor: Whole
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Hashes of all beginnings of the letters, and powers of the factor, from which spans are hashed."""
    sums = np.zeros(letters.size + 1, np.uint64)
    powers = np.ones(letters.size + 1, np.uint64)
    for i in range(letters.size):
        sums[i + 1] = sums[i] * factor + np.uint64(letters[i]) + np.uint64(1)
        powers[i + 1] = powers[i] * factor
    return sums, powers


@njit
def _hash(sums: npt.NDArray[np.uint64], powers: npt.NDArray[np.uint64], start: Whole, stop: Whole) -> Whole:
    h = sums[stop] - sums[start] * powers[stop - start]
    h ^= h >> np.uint64(31)
    h *= np.uint64(0x9E3779B97F4A7C15)
    return h ^ (h >> np.uint64(29))


@njit
def _longest(offsets: npt.NDArray[np.int64]) -> Whole:
    most = np.int64(0)
    for d in range(offsets.size - 1):
        most = max(most, offsets[d + 1] - offsets[d])
    slots = np.int64(4)
    while slots < 2 * most:
        slots *= 2
    return slots


@njit
def _slots(words: Whole) -> Whole:
    slots = np.int64(4)
    while slots < 2 * words:
        slots *= 2
    return slots


@njit(uint8[::1](int64[::1], int64[::1], uint64[::1], uint64[::1], int64), cache=True, nogil=True)
def repeated_starts(
    offsets: npt.NDArray[np.int64],
    at: npt.NDArray[np.int64],
    sums: npt.NDArray[np.uint64],
    powers: npt.NDArray[np.uint64],
    size: Whole,
) -> npt.NDArray[np.uint8]:
    """Whether the letters from each word on, this many, may also stand at the start of another word.

    An n-gram of at least so many letters that begins with others is met once: it need not be looked up.
    Two hashes that happen to be equal only cost a look.
    """
    found = np.zeros(at.size - 1, np.uint8)
    slots = _longest(offsets)
    keys = np.empty(slots, np.uint64)
    place = np.empty(slots, np.int64)
    owner = np.full(slots, -1, np.int64)
    for d in range(offsets.size - 1):
        mask = np.uint64(_slots(offsets[d + 1] - offsets[d]) - 1)
        stop = at[offsets[d + 1]]
        for w in range(offsets[d], offsets[d + 1]):
            if at[w] + size > stop:
                break
            key = _hash(sums, powers, at[w], at[w] + size)
            slot = np.int64(key & mask)
            while owner[slot] == d and keys[slot] != key:
                slot = np.int64((np.uint64(slot) + np.uint64(1)) & mask)
            if owner[slot] == d:
                found[place[slot]] = 1
                found[w] = 1
            else:
                owner[slot], keys[slot], place[slot] = d, key, w
    return found


@njit(
    int64[::1](uint32[::1], int64[::1], int64[::1], uint64[::1], uint64[::1], uint8[::1], int64),
    cache=True,
    nogil=True,
)
def duplicated(
    letters: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    at: npt.NDArray[np.int64],
    sums: npt.NDArray[np.uint64],
    powers: npt.NDArray[np.uint64],
    may_repeat: npt.NDArray[np.uint8],
    n: Whole,
) -> npt.NDArray[np.int64]:
    """Letters of n-grams that were met before, read from the start on, past each that is found.

    Two n-grams are the same if their letters are, however they are cut into words.
    """
    found = np.zeros(offsets.size - 1, np.int64)
    slots = _longest(offsets)
    keys = np.empty(slots, np.uint64)
    place = np.empty(slots, np.int64)
    owner = np.full(slots, -1, np.int64)
    for d in range(offsets.size - 1):
        mask = np.uint64(_slots(offsets[d + 1] - offsets[d]) - 1)
        w = offsets[d]
        while w + n <= offsets[d + 1]:
            if not may_repeat[w]:
                w += 1
                continue
            size = at[w + n] - at[w]
            key = _hash(sums, powers, at[w], at[w + n])
            slot = np.int64(key & mask)
            while owner[slot] == d:
                other = place[slot]
                if keys[slot] == key and at[other + n] - at[other] == size:
                    k = np.int64(0)
                    while k < size and letters[at[other] + k] == letters[at[w] + k]:
                        k += 1
                    if k == size:
                        break
                slot = np.int64((np.uint64(slot) + np.uint64(1)) & mask)
            if owner[slot] == d:
                found[d] += size
                w += n
            else:
                owner[slot], keys[slot], place[slot] = d, key, w
                w += 1
    return found


@njit
def _same(
    letters: npt.NDArray[np.uint32], at: npt.NDArray[np.int64], one: Whole, other: Whole, n: Whole
) -> Whole:
    for k in range(1, n + 1):
        if at[one + k] - at[one] != at[other + k] - at[other]:
            return False
    size = at[one + n] - at[one]
    k = np.int64(0)
    while k < size and letters[at[one] + k] == letters[at[other] + k]:
        k += 1
    return k == size


@njit(
    int64[::1](uint32[::1], int64[::1], int64[::1], uint64[::1], uint64[::1], int64, int64),
    cache=True,
    nogil=True,
)
def commonest(
    letters: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    at: npt.NDArray[np.int64],
    sums: npt.NDArray[np.uint64],
    powers: npt.NDArray[np.uint64],
    n: Whole,
    as_datatrove: Whole,
) -> npt.NDArray[np.int64]:
    """Letters of the n-gram that takes most of each document.

    As datatrove has it: of those that occur most often, if only once, the one met first, with a space
    between its words. Otherwise: of those that occur twice or more without overlapping themselves, the one
    that takes most.
    """
    found = np.zeros(offsets.size - 1, np.int64)
    slots = _longest(offsets)
    keys = np.empty(slots, np.uint64)
    place = np.empty(slots, np.int64)
    times = np.empty(slots, np.int64)
    passed = np.empty(slots, np.int64)
    owner = np.full(slots, -1, np.int64)
    for d in range(offsets.size - 1):
        mask = np.uint64(_slots(offsets[d + 1] - offsets[d]) - 1)
        most = np.int64(0)
        earliest = np.int64(1) << 62
        for w in range(offsets[d], offsets[d + 1] - n + 1):
            size = at[w + n] - at[w]
            key = _hash(sums, powers, at[w], at[w + n])
            slot = np.int64(key & mask)
            while owner[slot] == d:
                if keys[slot] == key and _same(letters, at, place[slot], w, n):
                    break
                slot = np.int64((np.uint64(slot) + np.uint64(1)) & mask)
            if owner[slot] != d:
                owner[slot], keys[slot], place[slot], times[slot], passed[slot] = d, key, w, 0, -1
            if as_datatrove:
                times[slot] += 1
                if times[slot] > most or (times[slot] == most and place[slot] < earliest):
                    most, earliest = times[slot], place[slot]
                    found[d] = most * (size + n - 1)
            elif w >= passed[slot]:
                times[slot] += 1
                passed[slot] = w + n
                if times[slot] > 1:
                    found[d] = max(found[d], times[slot] * size)
    return found
