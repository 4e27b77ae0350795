"""Sudachi's dictionary file, unpacked: lists of words, short units, the trie's first steps."""

import numpy as np
import numpy.typing as npt
from numba import int16, int32, int64, njit, types, uint8, uint16, uint32, uint64

_FILE = types.Array(uint8, 1, "C", readonly=True)
"""Bytes of a mapped file."""
_MATRIX = types.Array(int16, 2, "C", readonly=True)


FORM_BITS = 22
"""A form is the number of its first word, and above these bits how many words it has."""
_MOST = 511


@njit(types.Tuple((uint32[::1], uint32[::1]))(_FILE), cache=True, nogil=True)
def word_lists(
    data: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Lists of words: the form whose list starts at each byte, and the words' entries.

    The words that no text can have are one long list at the end.
    """
    forms = np.zeros(data.size, np.uint32)
    entries = np.empty(data.size, np.uint32)
    words = np.int64(0)
    at = np.int64(0)
    while at < data.size:
        start = at
        first = words
        left = np.int64(-1)  # how many words are left; -1: the number itself comes first
        entry = np.int64(0)
        while left != 0:
            value = np.int64(0)
            shift = np.int64(0)
            while True:
                byte = np.int64(data[at])
                at += 1
                value |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    break
            if left < 0:
                left = value
            else:
                entry += value
                entries[words] = entry
                words += 1
                left -= 1
        forms[start] = first | min(words - first, _MOST) << FORM_BITS
    return forms, entries[:words].copy()


@njit(types.Tuple((int32[::1], uint16[::1]))(_FILE, int64[::1]), cache=True, nogil=True)
def short_units(
    data: npt.NDArray[np.uint8], entries: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint16]]:
    """For each word where its short units stand (0: it is one), and of each its number of units and bytes.

    A length of -1 says that the units are those of the next longer kind.
    """
    where = np.zeros(entries.size, np.int32)
    units = np.zeros(entries.size * 4 + 16, np.uint16)
    used = np.int64(1)
    for w in range(entries.size):
        start = entries[w] * 8
        c = np.int64(np.int8(data[start + 26]))
        b = np.int64(np.int8(data[start + 27]))
        a = np.int64(np.int8(data[start + 28]))
        if a >= 0:
            at = start + 32 + 4 * (c + max(b, 0))
            count = a
        elif b >= 0:
            at = start + 32 + 4 * c
            count = b
        else:
            at = start + 32
            count = c
        if count < 2 or used + count + 1 > units.size:
            continue
        where[w] = used
        units[used] = count
        for k in range(count):
            unit = np.int64(data[at]) | np.int64(data[at + 1]) << 8 | np.int64(data[at + 2]) << 16
            unit |= (np.int64(data[at + 3]) & 0x0F) << 24
            size = np.int64(data[unit * 8 + 24]) | np.int64(data[unit * 8 + 25]) << 8
            units[used + 1 + k] = size
            at += 4
        used += count + 1
    return where, units[:used].copy()


@njit(types.Tuple((uint32[::1], int32[::1]))(uint32[::1]), cache=True, nogil=True)
def first_states(
    trie: npt.NDArray[np.uint32],
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int32]]:
    """The place in the trie after each code point of the first plane, and the form that it is by itself."""
    states = np.zeros(0x10000, np.uint32)
    forms = np.full(0x10000, -1, np.int32)
    bytes_ = np.empty(3, np.uint32)
    root = (trie[0] >> np.uint32(10)) << ((trie[0] & np.uint32(512)) >> np.uint32(6))
    for point in range(0x10000):
        c = np.uint32(point)
        if c < 0x80:
            size = 1
            bytes_[0] = c
        elif c < 0x800:
            size = 2
            bytes_[0] = np.uint32(0xC0) | (c >> np.uint32(6))
            bytes_[1] = np.uint32(0x80) | (c & np.uint32(0x3F))
        else:
            size = 3
            bytes_[0] = np.uint32(0xE0) | (c >> np.uint32(12))
            bytes_[1] = np.uint32(0x80) | ((c >> np.uint32(6)) & np.uint32(0x3F))
            bytes_[2] = np.uint32(0x80) | (c & np.uint32(0x3F))
        at = root
        unit = np.uint32(0)
        alive = True
        for k in range(size):
            at ^= bytes_[k]
            unit = trie[at]
            if unit & np.uint32(0x800000FF) != bytes_[k]:
                alive = False
                break
            at ^= (unit >> np.uint32(10)) << ((unit & np.uint32(512)) >> np.uint32(6))
        if alive:
            states[point] = at
            if (unit >> np.uint32(8)) & np.uint32(1):
                forms[point] = np.int32(trie[at] & np.uint32(0x7FFFFFFF))
    return states, forms


@njit(
    types.Tuple((uint64[::1], int64[::1], int64[::1]))(uint64[::1], int64[::1], int64[::1], _MATRIX),
    cache=True,
    nogil=True,
)
def useful_first(
    words: npt.NDArray[np.uint64],
    forms: npt.NDArray[np.int64],
    alone: npt.NDArray[np.int64],
    matrix: npt.NDArray[np.int16],
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Words of each form, those first that a cheapest path may have: words, old places, how many they are.

    A word is of no use beside one of the same form and numbers that costs less, or as much and comes first.
    For the forms in `alone` it is of no use either if another, after whatever and before whatever, makes a
    cheaper path: if it costs less by more than the most by which its connections may cost more.
    """
    order = np.arange(words.size)
    useful = np.zeros(forms.size, np.int64)
    is_alone = np.zeros(forms.size, np.uint8)
    for k in range(alone.size):
        is_alone[alone[k]] = 1
    number = np.uint64(0xFFFF)
    for f in range(forms.size):
        first = forms[f] & (1 << FORM_BITS) - 1
        size = forms[f] >> FORM_BITS
        kept = np.int64(0)
        idle = np.empty(size, np.int64)
        idles = np.int64(0)
        for i in range(first, first + size):
            left, right = words[i] & number, (words[i] >> np.uint64(16)) & number
            cost = np.int64(np.int16((words[i] >> np.uint64(32)) & number))
            needed = True
            for j in range(first, first + size):
                other = np.int64(np.int16((words[j] >> np.uint64(32)) & number))
                if other > cost or (other == cost and j >= i) or left == number:
                    continue
                left_j, right_j = words[j] & number, (words[j] >> np.uint64(16)) & number
                if left == left_j and right == right_j:
                    needed = False
                elif is_alone[f] and left_j != number:
                    more = other - cost
                    dearer = np.int64(-(1 << 20))
                    for k in range(matrix.shape[1]):
                        dearer = max(dearer, np.int64(matrix[left_j, k]) - np.int64(matrix[left, k]))
                    more += dearer
                    dearer = np.int64(-(1 << 20))
                    if more < 1 << 14:
                        for k in range(matrix.shape[0]):
                            dearer = max(dearer, np.int64(matrix[k, right_j]) - np.int64(matrix[k, right]))
                        needed = needed and more + dearer >= 0
                if not needed:
                    break
            if needed:
                order[first + kept] = i
                kept += 1
            else:
                idle[idles] = i
                idles += 1
        for k in range(idles):
            order[first + kept + k] = idle[k]
        useful[f] = kept
    return words[order], order, useful
