"""The cheapest path through the words that a line may consist of, as Sudachi finds it."""

import numpy as np
import numpy.typing as npt
from numba import int16, int32, int64, njit, types, uint8, uint32, uint64

_SPACE = 1 << 1
_ALPHABETS = np.uint32(1 << 5 | 1 << 9 | 1 << 10)
_NOT_FIRST = 1 << 30
_NOT_LAST = np.uint32(1 << 31)
_TIES = 20
"""Bits below a path's cost that hold its place among the paths to the same end: the first wins a tie."""
_SLOTS = 128
"""Paths to one place with different right numbers; a line that needs more is left to SudachiPy."""
_LEFTS = 256

Paths = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.uint8]]


@njit
def _starts(
    categories: npt.NDArray[np.uint32],
    first: int,
    size: int,
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
def _step(trie: npt.NDArray[np.uint32], state: int, point: int) -> tuple[int, int]:
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
def _words_at(
    normal: npt.NDArray[np.uint32],
    categories: npt.NDArray[np.uint32],
    first: int,
    size: int,
    p: int,
    begins_word: npt.NDArray[np.uint8],
    run: npt.NDArray[np.int64],
    trie: npt.NDArray[np.uint32],
    first_state: npt.NDArray[np.uint32],
    first_form: npt.NDArray[np.int32],
    form_words: npt.NDArray[np.int32],
    words: npt.NDArray[np.uint64],
    unknown: npt.NDArray[np.int64],
    stop: npt.NDArray[np.int32],
    value: npt.NDArray[np.uint64],
    which: npt.NDArray[np.int32],
) -> int:
    """All words that may begin at a place, in Sudachi's order; how many they are.

    Beside the dictionary's there are unknown ones: runs of a category, its first characters, or else one
    character.
    """
    n = np.int64(0)
    point = np.int64(normal[first + p])
    if point < 0x10000:
        state = np.int64(first_state[point])
        form = np.int64(first_form[point])
    else:
        root = np.int64(trie[0])
        state, form = _step(trie, (root >> 10) << ((root & 512) >> 6), point)
    q = p + 1
    while True:
        if form >= 0 and begins_word[q]:
            for w in range(form_words[form], form_words[form + 1]):
                if n < stop.size:
                    stop[n], value[n], which[n] = q, words[w], w
                n += 1
        if state == 0 or q == size:
            break
        state, form = _step(trie, state, np.int64(normal[first + q]))
        q += 1
    known = n > 0
    category = np.int64(categories[first + p])
    last = unknown.shape[0] - 1
    if not category & _NOT_FIRST and (p == 0 or not categories[first + p - 1] & _NOT_LAST):
        for row in range(last):
            if not category & unknown[row, 0] or (known and not unknown[row, 3]):
                continue
            single = run[p]
            if unknown[row, 4]:
                if n < stop.size:
                    stop[n], value[n], which[n] = p + run[p], np.uint64(unknown[row, 1]), -1 - row
                n += 1
                single -= 1
            for length in range(1, min(single, unknown[row, 5]) + 1):
                if n < stop.size:
                    stop[n], value[n], which[n] = p + length, np.uint64(unknown[row, 1]), -1 - row
                n += 1
    if n == 0:
        q = p + 1
        while not begins_word[q]:
            q += 1
        stop[0], value[0], which[0] = q, np.uint64(unknown[last, 1]), -1 - last
        n = np.int64(1)
    return n


@njit
def _trace(
    node: int,
    end: int,
    first: int,
    begin: npt.NDArray[np.int32],
    previous: npt.NDArray[np.int32],
    word: npt.NDArray[np.int32],
    node_end: npt.NDArray[np.int64],
    node_word: npt.NDArray[np.int32],
    filled: int,
) -> int:
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
        uint32[::1], uint32[::1], int64[::1], int64[::1], uint8[::1], int16[:, ::1], int32[:, ::1],
        uint32[::1], uint32[::1], int32[::1], int32[::1], uint64[::1], int64[:, ::1], int64,
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
    form_words: npt.NDArray[np.int32],
    words: npt.NDArray[np.uint64],
    unknown: npt.NDArray[np.int64],
    boundary: int,
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
    rights = np.empty((longest + 1) * _SLOTS, np.int32)
    keys = np.empty((longest + 1) * _SLOTS, np.int64)
    last = np.empty((longest + 1) * _SLOTS, np.int32)
    room = 64 * longest + 1024
    begin = np.empty(room, np.int32)
    previous = np.empty(room, np.int32)
    word = np.empty(room, np.int32)
    stop = np.empty(1024, np.int32)
    value = np.empty(1024, np.uint64)
    which = np.empty(1024, np.int32)
    lefts = np.empty(_LEFTS, np.int64)
    left_key = np.empty(_LEFTS, np.int64)
    left_node = np.empty(_LEFTS, np.int32)

    for n in range(line_first.size):
        offsets[n] = filled
        if flags[n] & 4:
            continue
        first = line_first[n]
        size = line_end[n] - first
        _starts(categories, first, size, begins_word, run)
        kept[: size + 1] = 0
        arrivals[: size + 1] = 0
        kept[0] = 1
        rights[0] = boundary >> 16 & 0xFFFF if flags[n] & 1 else 0
        keys[0] = 0
        last[0] = -1
        nodes = np.int64(0)
        for p in range(size + 1):
            live = np.int64(kept[p])
            if live == 0:
                continue
            at = p * _SLOTS
            if live > 1:
                bar = np.int64(1) << 62
                for x in range(at, at + live):
                    bar = min(bar, (keys[x] >> _TIES) + reach[1, rights[x]])
                k = at
                for x in range(at, at + live):
                    if (keys[x] >> _TIES) + reach[0, rights[x]] <= bar:
                        rights[k], keys[k], last[k] = rights[x], keys[x], last[x]
                        k += 1
                live = k - at
            if p == size:
                count = np.int64(1)
                value[0] = np.uint64(boundary & 0xFFFF if flags[n] & 2 else 0)
            else:
                count = _words_at(
                    normal, categories, first, size, p, begins_word, run, trie, first_state, first_form,
                    form_words, words, unknown, stop, value, which,
                )  # fmt: skip
                if count > stop.size or nodes + count > room:
                    flags[n] |= np.uint8(4)
                    break
            known = np.int64(0)
            for w in range(count):
                left = np.int64(value[w] & np.uint64(0xFFFF))
                k = np.int64(0)
                while k < known and lefts[k] != left:
                    k += 1
                if k == known or known == _LEFTS:
                    best = np.int64(1) << 62
                    node = np.int32(-1)
                    for x in range(at, at + live):
                        key = keys[x] + (np.int64(matrix[left, rights[x]]) << _TIES)
                        if key < best:
                            best = key
                            node = last[x]
                    if known < _LEFTS:
                        lefts[known] = left
                        left_key[known] = best
                        left_node[known] = node
                        known += 1
                else:
                    best = left_key[k]
                    node = left_node[k]
                if p == size:
                    filled += _trace(
                        np.int64(node), line_end[n], first, begin, previous, word, node_end, node_word, filled
                    )
                    break
                right = np.int32((value[w] >> np.uint64(16)) & np.uint64(0xFFFF))
                cost = (best >> _TIES) + np.int64(np.int16((value[w] >> np.uint64(32)) & np.uint64(0xFFFF)))
                q = np.int64(stop[w])
                there = q * _SLOTS
                x = there
                while x < there + kept[q] and rights[x] != right:
                    x += 1
                arrival = np.int64(arrivals[q])
                arrivals[q] += 1
                if x == there + kept[q]:
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
