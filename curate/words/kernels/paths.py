"""The cheapest path through the words that a line may consist of, as Sudachi finds it."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import int16, int32, int64, njit, types, uint8, uint32, uint64

Whole = Any
"""A whole number: one of NumPy's to a type checker, a machine integer to Numba."""

_MATRIX = types.Array(int16, 2, "C", readonly=True)
"""Lies in a mapped file, which all processes share."""
_ALPHABETS = np.uint32(1 << 5 | 1 << 9 | 1 << 10)
_NOT_FIRST = 1 << 30
_NOT_LAST = np.uint32(1 << 31)
_TIES = 20
"""Bits below a path's cost that hold its place among the paths to the same end: the first wins a tie."""
_FORM_BITS = 22
_FIRST_WORD = (1 << _FORM_BITS) - 1
_SLOTS = 128
"""Paths to one place with different right numbers; a line that needs more is left to SudachiPy."""
_LEFTS = 256

Paths = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.uint8]]


@njit
def _starts(
    categories: npt.NDArray[np.uint32],
    first: Whole,
    size: Whole,
    begins_word: npt.NDArray[np.uint8],
    run: npt.NDArray[np.int64],
) -> None:
    """Where a word may begin, and for how long the categories of a place go on."""
    left = np.int64(0)
    before = np.uint32(0)
    for p in range(size):
        own = categories[first + p]
        begins_word[p] = np.uint8(not (own & _ALPHABETS) or not (own & before))
        before = own
        if left > 1:
            left -= 1
        else:
            left = 1
            common = own
            while p + left < size:
                common &= categories[first + p + left]
                if not common:
                    break
                left += 1
        run[p] = left
    begins_word[size] = 1


@njit
def _step(trie: npt.NDArray[np.uint32], state: Whole, point: Whole) -> tuple[Whole, Whole]:
    """The place in the trie after a code point (0: no headword goes on so), and the form that ends there."""
    if point < 0x80:
        shift = np.int64(0)
        byte = point
    elif point < 0x800:
        shift = np.int64(6)
        byte = 0xC0 | point >> 6
    elif point < 0x10000:
        shift = np.int64(12)
        byte = 0xE0 | point >> 12
    else:
        shift = np.int64(18)
        byte = 0xF0 | point >> 18
    while True:
        state ^= byte
        unit = np.int64(trie[state])
        if unit & 0x800000FF != byte:
            return np.int64(0), np.int64(-1)
        state ^= (unit >> 10) << ((unit & 512) >> 6)
        if shift == 0:
            break
        shift -= 6
        byte = 0x80 | (point >> shift & 0x3F)
    if unit >> 8 & 1:
        return state, np.int64(trie[state]) & 0x7FFFFFFF
    return state, np.int64(-1)


@njit
def _find_forms(
    normal: npt.NDArray[np.uint32],
    first: Whole,
    size: Whole,
    begins_word: npt.NDArray[np.uint8],
    trie: npt.NDArray[np.uint32],
    first_state: npt.NDArray[np.uint32],
    first_form: npt.NDArray[np.int32],
    place: npt.NDArray[np.int32],
    state: npt.NDArray[np.int64],
    found_at: npt.NDArray[np.int32],
    found_stop: npt.NDArray[np.int32],
    found_form: npt.NDArray[np.int32],
) -> Whole:
    """Headwords at all places of a line, the shorter before the longer; how many they are.

    All places go one character further together, so that the memory answers for many at a time.
    """
    found = np.int64(0)
    going = np.int64(0)
    for p in range(size):
        point = np.int64(normal[first + p])
        if point < 0x10000:
            at = np.int64(first_state[point])
            form = np.int64(first_form[point])
        else:
            root = np.int64(trie[0])
            at, form = _step(trie, (root >> 10) << ((root & 512) >> 6), point)
        if form >= 0 and begins_word[p + 1]:
            found_at[found], found_stop[found], found_form[found] = p, p + 1, form
            found += 1
        if at != 0 and p + 1 < size:
            place[going], state[going] = p, at
            going += 1
    depth = np.int64(1)
    while going > 0:
        still = np.int64(0)
        for k in range(going):
            p = np.int64(place[k])
            stop = p + depth + 1
            at, form = _step(trie, state[k], np.int64(normal[first + p + depth]))
            if form >= 0 and begins_word[stop] and found < found_at.size:
                found_at[found], found_stop[found], found_form[found] = p, stop, form
                found += 1
            if at != 0 and stop < size:
                place[still], state[still] = p, at
                still += 1
        going = still
        depth += 1
    return found


@njit
def _unknown_words(
    unknown: npt.NDArray[np.int64],
    category: Whole,
    bound: Whole,
    run: Whole,
    known: Whole,
    beside: Whole,
    p: Whole,
    begins_word: npt.NDArray[np.uint8],
    n: Whole,
    stop: npt.NDArray[np.int32],
    value: npt.NDArray[np.uint64],
    which: npt.NDArray[np.int32],
) -> Whole:
    """Write the unknown words of a place: runs of a category, its first characters, or else one character.

    `bound` says that no unknown word may begin here, `known` how many others do, `beside` what categories
    have unknown words then. How many words there are in the end; those without room are only counted.
    """
    last = unknown.shape[0] - 1
    begun = n
    if not bound and (not known or category & beside):
        for row in range(last):
            if not category & unknown[row, 0] or (known and not unknown[row, 3]):
                continue
            single = run
            if unknown[row, 4]:
                if n < stop.size:
                    stop[n], value[n], which[n] = p + run, np.uint64(unknown[row, 1]), -1 - row
                n += 1
                single -= 1
            for length in range(1, min(single, unknown[row, 5]) + 1):
                if n < stop.size:
                    stop[n], value[n], which[n] = p + length, np.uint64(unknown[row, 1]), -1 - row
                n += 1
    if n == begun and not known:
        q = p + 1
        while not begins_word[q]:
            q += 1
        if n < stop.size:
            stop[n], value[n], which[n] = q, np.uint64(unknown[last, 1]), -1 - last
        n += 1
    return n


@njit
def _all_words(
    categories: npt.NDArray[np.uint32],
    first: Whole,
    size: Whole,
    begins_word: npt.NDArray[np.uint8],
    run: npt.NDArray[np.int64],
    found: Whole,
    found_at: npt.NDArray[np.int32],
    found_stop: npt.NDArray[np.int32],
    found_form: npt.NDArray[np.int32],
    words: npt.NDArray[np.uint64],
    unknown: npt.NDArray[np.int64],
    words_at: npt.NDArray[np.int64],
    ends_at: npt.NDArray[np.int64],
    stop: npt.NDArray[np.int32],
    value: npt.NDArray[np.uint64],
    which: npt.NDArray[np.int32],
) -> Whole:
    """Write the words that may begin at each place of a line, in Sudachi's order; how many they are.

    Known words come first, those of shorter headwords before others.
    """
    beside = np.int64(0)
    for row in range(unknown.shape[0]):
        if unknown[row, 3]:
            beside |= unknown[row, 0]
    ends_at[:size] = 0
    for k in range(found):
        ends_at[found_at[k]] += found_form[k] >> _FORM_BITS
    n = np.int64(0)
    for p in range(size):
        known = ends_at[p]
        words_at[p] = n
        ends_at[p] = n
        n += known
        category = np.int64(categories[first + p])
        bound = category & _NOT_FIRST or (p > 0 and categories[first + p - 1] & _NOT_LAST)
        n = _unknown_words(
            unknown, category, bound, run[p], known, beside, p, begins_word, n, stop, value, which
        )
    words_at[size] = n
    if n > stop.size:
        return n
    for k in range(found):
        p = found_at[k]
        form = found_form[k]
        at = ends_at[p]
        w = np.int64(form & _FIRST_WORD)
        for _ in range(form >> _FORM_BITS):
            stop[at], value[at], which[at] = found_stop[k], words[w], w
            at += 1
            w += 1
        ends_at[p] = at
    return n


@njit
def _worth(
    keys: npt.NDArray[np.int64],
    rights: npt.NDArray[np.uint16],
    last: npt.NDArray[np.int32],
    reach: npt.NDArray[np.int32],
    at: Whole,
    end: Whole,
) -> Whole:
    """Leave only the paths to a place that may be part of the cheapest whole; where they end then."""
    one = np.uint64(1)
    if end - at == one:
        return end
    bar = np.int64(1) << 62
    x = at
    while x < end:
        bar = min(bar, (keys[x] >> _TIES) + reach[1, rights[x]])
        x += one
    k = at
    x = at
    while x < end:
        if (keys[x] >> _TIES) + reach[0, rights[x]] <= bar:
            rights[k], keys[k], last[k] = rights[x], keys[x], last[x]
            k += one
        x += one
    return k


@njit
def _cheapest(
    keys: npt.NDArray[np.int64],
    rights: npt.NDArray[np.uint16],
    flat: npt.NDArray[np.int16],
    row: Whole,
    at: Whole,
    end: Whole,
) -> Whole:
    """Which of the paths to a place is the cheapest with the connections of a row of the matrix."""
    best = np.int64(1) << 62
    found = at
    x = at
    while x < end:
        key = keys[x] + (np.int64(flat[row + np.uint64(rights[x])]) << _TIES)
        if key < best:
            best = key
            found = x
        x += np.uint64(1)
    return found


@njit
def _trace(
    node: Whole,
    end: Whole,
    first: Whole,
    begin: npt.NDArray[np.int32],
    previous: npt.NDArray[np.int32],
    word: npt.NDArray[np.int32],
    node_end: npt.NDArray[np.int64],
    node_word: npt.NDArray[np.int32],
    filled: Whole,
) -> Whole:
    """Write the nodes of the path that ends with a node, from the first on; how many they are."""
    count = np.int64(0)
    x = node
    while x >= 0:
        count += 1
        x = np.int64(previous[x])
    k = filled + count
    x = node
    while x >= 0:
        k -= 1
        node_end[k] = end
        node_word[k] = word[x]
        end = first + begin[x]
        x = np.int64(previous[x])
    return count


@njit(
    types.Tuple((int64[::1], int64[::1], int32[::1], uint8[::1]))(
        uint32[::1], uint32[::1], int64[::1], int64[::1], uint8[::1], _MATRIX, int32[:, ::1],
        uint32[::1], uint32[::1], int32[::1], uint64[::1], int64[:, ::1], int64,
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def paths(
    normal: npt.NDArray[np.uint32],
    categories: npt.NDArray[np.uint32],
    line_first: npt.NDArray[np.int64],
    line_end: npt.NDArray[np.int64],
    line_flags: npt.NDArray[np.uint8],
    matrix: npt.NDArray[np.int16],
    reach: npt.NDArray[np.int32],
    trie: npt.NDArray[np.uint32],
    first_state: npt.NDArray[np.uint32],
    first_form: npt.NDArray[np.int32],
    words: npt.NDArray[np.uint64],
    unknown: npt.NDArray[np.int64],
    boundary: Whole,
) -> Paths:
    """Nodes of all lines: where each line's begin, each node's end and word; the lines' flags.

    A word below 0 is unknown: -1 minus its row. A line that needs too much room gets the flag 4.

    Three things are saved against a lattice that keeps all, and none can change the result. Of the paths
    that end at one place with the same right number only the cheapest can be part of the cheapest whole.
    Words with the same left number continue the same path. And a path is given up when another to the same
    place is cheaper whatever follows: even after the dearest connection of its right number (`reach`, row 1)
    the other costs less than this one after the cheapest of its own (row 0).
    """
    longest = np.int64(0)
    total = np.int64(0)
    for n in range(line_first.size):
        if not line_flags[n] & 4:
            longest = max(longest, line_end[n] - line_first[n])
            total += line_end[n] - line_first[n]
    flags = line_flags.copy()
    offsets = np.zeros(line_first.size + 1, np.int64)
    node_end = np.empty(total, np.int64)
    node_word = np.empty(total, np.int32)
    filled = np.int64(0)

    begins_word = np.empty(longest + 1, np.uint8)
    run = np.empty(longest + 1, np.int64)
    kept = np.empty(longest + 1, np.int32)
    arrivals = np.empty(longest + 1, np.int32)
    rights = np.empty((longest + 1) * _SLOTS, np.uint16)
    keys = np.empty((longest + 1) * _SLOTS, np.int64)
    last = np.empty((longest + 1) * _SLOTS, np.int32)
    room = 64 * longest + 1024
    begin = np.empty(room, np.int32)
    previous = np.empty(room, np.int32)
    word = np.empty(room, np.int32)
    stop = np.empty(room, np.int32)
    value = np.empty(room, np.uint64)
    which = np.empty(room, np.int32)
    place = np.empty(longest + 1, np.int32)
    state = np.empty(longest + 1, np.int64)
    found_at = np.empty(16 * longest + 64, np.int32)
    found_stop = np.empty(16 * longest + 64, np.int32)
    found_form = np.empty(16 * longest + 64, np.int32)
    words_at = np.empty(longest + 2, np.int64)
    ends_at = np.empty(longest + 1, np.int64)
    lefts = np.empty(_LEFTS, np.uint64)
    left_key = np.empty(_LEFTS, np.int64)
    left_path = np.empty(_LEFTS, np.uint64)
    # Unsigned numbers as places: Numba would look for places counted from the end otherwise.
    flat = matrix.ravel()
    columns = np.uint64(matrix.shape[1])
    slots = np.uint64(_SLOTS)
    number = np.uint64(0xFFFF)
    zero = np.uint64(0)
    one = np.uint64(1)

    for n in range(line_first.size):
        offsets[n] = filled
        if flags[n] & 4:
            continue
        first = line_first[n]
        size = line_end[n] - first
        _starts(categories, first, size, begins_word, run)
        found = _find_forms(
            normal, first, size, begins_word, trie, first_state, first_form, place, state, found_at,
            found_stop, found_form,
        )  # fmt: skip
        possible = _all_words(
            categories, first, size, begins_word, run, found, found_at, found_stop, found_form,
            words, unknown, words_at, ends_at, stop, value, which,
        )  # fmt: skip
        if found == found_at.size or possible > room:
            flags[n] |= np.uint8(4)
            continue
        kept[: size + 1] = 0
        arrivals[: size + 1] = 0
        kept[0] = 1
        rights[0] = boundary >> 16 & 0xFFFF if flags[n] & 1 else 0
        keys[0] = 0
        last[0] = -1
        nodes = np.int64(0)
        for p in range(size + 1):
            live = np.uint64(kept[p])
            if live == zero:
                continue
            at = np.uint64(p) * slots
            live = _worth(keys, rights, last, reach, at, at + live)
            if p == size:
                words_at[size], words_at[size + 1] = 0, 1
                value[0] = np.uint64(boundary & 0xFFFF if flags[n] & 2 else 0)
            known = np.int64(0)
            for w in range(words_at[p], words_at[p + 1]):
                left = value[w] & number
                k = np.int64(0)
                while k < known and lefts[k] != left:
                    k += 1
                if k == known:
                    k = min(known, _LEFTS - 1)
                    lefts[k] = left
                    left_path[k] = _cheapest(keys, rights, flat, left * columns, at, live)
                    left_key[k] = keys[left_path[k]] + (
                        np.int64(flat[left * columns + np.uint64(rights[left_path[k]])]) << _TIES
                    )
                    known = k + 1
                best = left_key[k]
                node = last[left_path[k]]
                if p == size:
                    filled += _trace(
                        np.int64(node), line_end[n], first, begin, previous, word, node_end, node_word, filled
                    )
                    break
                right = np.uint16((value[w] >> np.uint64(16)) & number)
                cost = (best >> _TIES) + np.int64(np.int16((value[w] >> np.uint64(32)) & number))
                q = np.uint64(stop[w])
                x = q * slots
                full = x + np.uint64(kept[q])
                while x < full and rights[x] != right:
                    x += one
                arrival = np.int64(arrivals[q])
                arrivals[q] += 1
                if x == full:
                    if kept[q] == _SLOTS:
                        flags[n] |= np.uint8(4)
                        break
                    kept[q] += 1
                    rights[x] = right
                elif cost >= keys[x] >> _TIES:
                    continue
                keys[x] = (cost << _TIES) | arrival
                last[x] = nodes
                begin[nodes] = p
                previous[nodes] = node
                word[nodes] = which[w]
                nodes += 1
            if flags[n] & 4:
                break
    offsets[line_first.size] = filled
    return offsets, node_end[:filled].copy(), node_word[:filled].copy(), flags
