"""The words that a line may consist of: those of the dictionary at each place, and unknown ones."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import int32, int64, njit, types, uint8, uint32, uint64

Whole = Any
"""A whole number: one of NumPy's to a type checker, a machine integer to Numba."""

_ALPHABETS = np.uint32(1 << 5 | 1 << 9 | 1 << 10)
_NOT_FIRST = 1 << 30
_NOT_LAST = np.uint32(1 << 31)
_FORM_BITS = 22
_FIRST_WORD = (1 << _FORM_BITS) - 1
_UNKNOWN = 256
"""More unknown words than begin at one place."""

Places = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.uint64], npt.NDArray[np.int32]]


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
    run: Whole,
    known: Whole,
    p: Whole,
    n: Whole,
    stop: npt.NDArray[np.int32],
    value: npt.NDArray[np.uint64],
    which: npt.NDArray[np.int32],
) -> Whole:
    """Write a place's unknown words, runs of a category and its first characters; how many words then."""
    for row in range(unknown.shape[0] - 1):
        if not category & unknown[row, 0] or (known and not unknown[row, 3]):
            continue
        single = run
        if unknown[row, 4]:
            stop[n], value[n], which[n] = p + run, np.uint64(unknown[row, 1]), -1 - row
            n += 1
            single -= 1
        for length in range(1, min(single, unknown[row, 5]) + 1):
            stop[n], value[n], which[n] = p + length, np.uint64(unknown[row, 1]), -1 - row
            n += 1
    return n


@njit
def _larger(stop: npt.NDArray[np.int32], value: npt.NDArray[np.uint64], which: npt.NDArray[np.int32]) -> Any:
    """The same arrays with twice the room."""
    stop_, value_, which_ = (
        np.empty(2 * stop.size, np.int32),
        np.empty(2 * stop.size, np.uint64),
        np.empty(2 * stop.size, np.int32),
    )
    stop_[: stop.size], value_[: stop.size], which_[: stop.size] = stop, value, which
    return stop_, value_, which_


@njit(
    types.Tuple((int64[::1], int32[::1], uint64[::1], int32[::1]))(
        uint32[::1], uint32[::1], int64[::1], int64[::1], uint8[::1], uint32[::1], uint32[::1], int32[::1],
        uint64[::1], int64[:, ::1],
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def places(
    normal: npt.NDArray[np.uint32],
    categories: npt.NDArray[np.uint32],
    line_first: npt.NDArray[np.int64],
    line_end: npt.NDArray[np.int64],
    line_flags: npt.NDArray[np.uint8],
    trie: npt.NDArray[np.uint32],
    first_state: npt.NDArray[np.uint32],
    first_form: npt.NDArray[np.int32],
    words: npt.NDArray[np.uint64],
    unknown: npt.NDArray[np.int64],
) -> Places:
    """Where the words of each place from the first line's start to the last line's end begin; the words.

    Of a word: the place behind it (counted from the first line's start), what `words` has for it, and which
    it is: below 0 an unknown one, -1 minus its row. They are in Sudachi's order: known ones first, those of
    shorter headwords before others.
    """
    origin = line_first[0]
    extent = line_end[line_end.size - 1] - origin
    longest = np.max(line_end - line_first)
    words_at = np.zeros(extent + 2, np.int64)
    room = 8 * extent + 2 * _UNKNOWN
    stop, value, which = np.empty(room, np.int32), np.empty(room, np.uint64), np.empty(room, np.int32)
    begins_word = np.empty(longest + 1, np.uint8)
    run = np.empty(longest + 1, np.int64)
    place = np.empty(longest + 1, np.int32)
    state = np.empty(longest + 1, np.int64)
    found_at = np.empty(16 * longest + 64, np.int32)
    found_stop = np.empty(16 * longest + 64, np.int32)
    found_form = np.empty(16 * longest + 64, np.int32)
    known_at = np.empty(longest + 1, np.int64)
    beside = np.int64(0)
    for row in range(unknown.shape[0]):
        if unknown[row, 3]:
            beside |= unknown[row, 0]
    last = unknown.shape[0] - 1
    n = np.int64(0)
    at = np.int64(0)
    for line in range(line_first.size):
        first = line_first[line]
        size = line_end[line] - first
        while at < first - origin:
            words_at[at] = n
            at += 1
        if line_flags[line] & 4:
            continue
        _starts(categories, first, size, begins_word, run)
        found = _find_forms(
            normal, first, size, begins_word, trie, first_state, first_form, place, state, found_at,
            found_stop, found_form,
        )  # fmt: skip
        known_at[:size] = 0
        for k in range(found):
            known_at[found_at[k]] += found_form[k] >> _FORM_BITS
        for p in range(size):
            known = known_at[p]
            words_at[at] = n
            known_at[p] = n
            at += 1
            n += known
            while n + _UNKNOWN > stop.size:
                stop, value, which = _larger(stop, value, which)
            category = np.int64(categories[first + p])
            bound = category & _NOT_FIRST or (p > 0 and categories[first + p - 1] & _NOT_LAST)
            if not bound and (not known or category & beside):
                n = _unknown_words(unknown, category, run[p], known, at - 1, n, stop, value, which)
            if n == words_at[at - 1]:  # nothing begins here: one character, or up to where a word may
                q = p + 1
                while not begins_word[q]:
                    q += 1
                stop[n], value[n], which[n] = at - 1 + q - p, np.uint64(unknown[last, 1]), -1 - last
                n += 1
        for k in range(np.uint64(found)):
            p = np.uint64(found_at[k])
            form = np.uint64(found_form[k])
            to = np.uint64(known_at[p])
            behind = np.int32(first - origin) + found_stop[k]
            w = form & np.uint64(_FIRST_WORD)
            last_word = w + (form >> np.uint64(_FORM_BITS))
            while w < last_word:
                stop[to], value[to], which[to] = behind, words[w], w
                to += np.uint64(1)
                w += np.uint64(1)
            known_at[p] = to
    while at < words_at.size:
        words_at[at] = n
        at += 1
    return words_at, stop[:n], value[:n], which[:n]
