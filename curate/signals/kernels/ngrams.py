"""How often character n-grams occur in each document, for a row of sizes at once."""

import numpy as np
import numpy.typing as npt
from numba import boolean, int64, njit, uint32, uint64, void

Numbers = npt.NDArray[np.uint32]
Longs = npt.NDArray[np.uint64]

_NUMBERS = uint32[::1]
_LONGS = uint64[::1]
_ALONE = 1 << 31
_LARGE = 1 << 16
_MIXER = np.uint64(0xD6E8FEB86659FD93)
_PLACE = np.uint64(32)
_NAME = np.uint64(0xFFFFFFFF)


@njit(int64(int64), cache=True, nogil=True)
def _slots(count: int) -> int:
    """Slots for `count` n-grams, a power of two: many, so that few meet another one where they belong.

    Above what a cache holds, fewer: a large document's table must not take more memory than it has to.
    """
    room = 8 if count < _LARGE else 2
    slots = np.int64(4)
    while slots < room * count:
        slots *= 2
    return int(slots)


@njit(
    int64(_NUMBERS, int64, int64, _NUMBERS, int64, uint64, uint64, _NUMBERS, _NUMBERS), cache=True, nogil=True
)
def _name_long(
    points: Numbers,
    n: int,
    count: int,
    table: Numbers,
    base: int,
    shift: np.uint64,
    factor: np.uint64,
    name: Numbers,
    times: Numbers,
) -> int:
    """Name the n-gram at each of `count` places by the first place where it occurs; the number of kinds."""
    last = (np.int64(1) << np.int64(np.uint64(64) - shift)) - 1
    leaving = np.uint64(1)
    rolling = np.uint64(0)
    for i in range(n - 1):
        leaving *= factor
        rolling = rolling * factor + np.uint64(points[i])
    kinds = 0
    for i in range(count):
        rolling = rolling * factor + np.uint64(points[i + n - 1])
        slot = np.int64((rolling * _MIXER) >> shift)
        rolling -= leaving * np.uint64(points[i])
        while True:
            number = np.int64(table[slot]) - base
            if number < 0:
                table[slot] = np.uint32(base + i)
                times[i] = np.uint32(1)
                name[i] = np.uint32(i)
                kinds += 1
                break
            k = np.int64(0)
            while k < n and points[number + k] == points[i + k]:
                k += 1
            if k == n:
                times[number] += np.uint32(1)
                name[i] = np.uint32(number)
                break
            slot = (slot + 1) & last
    return kinds


@njit(
    int64(_NUMBERS, int64, int64, _LONGS, _NUMBERS, int64, uint64, uint64, _NUMBERS, _NUMBERS),
    cache=True,
    nogil=True,
)
def _name_short(
    points: Numbers,
    n: int,
    count: int,
    key: Longs,
    table: Numbers,
    base: int,
    shift: np.uint64,
    factor: np.uint64,
    name: Numbers,
    times: Numbers,
) -> int:
    """The same for two or three code points, which fit a number: 21 bits each."""
    last = (np.int64(1) << np.int64(np.uint64(64) - shift)) - 1
    kinds = 0
    for j in range(count):
        k = (np.uint64(points[j]) << np.uint64(21)) | np.uint64(points[j + 1])
        if n == 3:
            k = (k << np.uint64(21)) | np.uint64(points[j + 2])
        key[j] = k
        slot = np.int64((k * factor) >> shift)
        # An empty slot reads as the key itself, so that new and known ones take the same way: which of them
        # comes cannot be foretold, and a wrong guess costs more than all else here.
        while True:
            there = np.int64(table[slot]) - base
            number = there if there >= 0 else j
            if key[number] == k:
                break
            slot = (slot + 1) & last
        kinds += int(there < 0)
        table[slot] = np.uint32(base + number)
        times[number] += np.uint32(1)
        name[j] = np.uint32(number)
    return kinds


@njit(
    int64(int64, _LONGS, _LONGS, _NUMBERS, int64, uint64, uint64, _NUMBERS, _NUMBERS), cache=True, nogil=True
)
def _name_pairs(
    count: int,
    entry: Longs,
    key: Longs,
    table: Numbers,
    base: int,
    shift: np.uint64,
    factor: np.uint64,
    name: Numbers,
    times: Numbers,
) -> int:
    """Name the pairs of names at each place and the next, the same way; the number of kinds."""
    last = (np.int64(1) << np.int64(np.uint64(64) - shift)) - 1
    kinds = 0
    entry[count] = np.uint64(0)
    here = entry[0]
    for j in range(count):
        # Without a neighbour there is no pair: a name that nothing else has.
        after = entry[j + 1]
        neighbours = (after >> _PLACE) == (here >> _PLACE) + np.uint64(1)
        k = (here << np.uint64(32)) | (after & _NAME if neighbours else np.uint64(_ALONE | j))
        here = after
        key[j] = k
        slot = np.int64((k * factor) >> shift)
        while True:
            there = np.int64(table[slot]) - base
            number = there if there >= 0 else j
            if key[number] == k:
                break
            slot = (slot + 1) & last
        kinds += int(there < 0)
        table[slot] = np.uint32(base + number)
        times[number] += np.uint32(1)
        name[j] = np.uint32(number)
    return kinds


@njit(void(int64, _NUMBERS, int64[::1]), cache=True, nogil=True)
def _sum_up(count: int, times: Numbers, own: npt.NDArray[np.int64]) -> None:
    """Kinds that occur more than once, their occurrences, and the occurrences of the commonest."""
    kinds = np.int64(0)
    occurrences = np.int64(0)
    commonest = np.uint32(1)
    for k in range(count):
        again = times[k] > np.uint32(1)
        kinds += np.int64(again)
        occurrences += np.int64(times[k]) if again else np.int64(0)
        commonest = max(commonest, times[k])
    own[1] = kinds
    own[2] = occurrences
    own[3] = np.int64(commonest)


@njit(int64(int64, _NUMBERS, _NUMBERS, _LONGS, boolean), cache=True, nogil=True)
def _keep_repeated(count: int, name: Numbers, times: Numbers, entry: Longs, first: bool) -> int:  # noqa: FBT001
    """Move what occurs more than once to the front of the list of places and names; how many there are.

    What occurs once is part of no longer n-gram that repeats.
    """
    kept = 0
    for j in range(count):
        k = name[j]
        place = np.uint64(j) << _PLACE if first else entry[j] & ~_NAME
        # Written for what is not kept, too, and then written over: no branch to guess wrong.
        entry[kept] = place | np.uint64(k)
        kept += int(times[k] > np.uint32(1))
    return kept


@njit(int64[:, :, ::1](_NUMBERS, int64[::1], int64, int64, uint64), cache=True, nogil=True)
def ngrams(
    points: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    smallest: int,
    largest: int,
    factor: np.uint64,
) -> npt.NDArray[np.int64]:
    """Count n-grams of sizes `smallest` (at least 2) to `largest`, exactly: equal means equal code points.

    Per document and size: kinds, kinds that occur more than once, the occurrences of those, and the
    occurrences of the commonest. `factor` (odd, random) spreads the n-grams over a hash table; no count
    depends on it. Documents have fewer than 2^31 code points.

    An n-gram can occur twice only if both (n-1)-grams in it do. So after the smallest size only places whose
    (n-1)-gram and whose next place's (n-1)-gram repeat are looked at; all others are kinds of their own, and
    their number follows by subtraction. An n-gram is named by the first place where it occurs, and the names
    of the two (n-1)-grams in it tell it from all others: no longer text is compared.
    """
    documents = starts.size - 1
    found = np.zeros((documents, largest - smallest + 1, 4), np.int64)
    most = 0
    for d in range(documents):
        most = max(most, int(starts[d + 1] - starts[d]))
    # A slot holds `base` plus the number of an n-gram; what an earlier count left is below `base`, so that
    # nothing has to be cleared until the numbers run out.
    table = np.zeros(max(_slots(most), _slots(min(most, _LARGE - 1))), np.uint32)
    base = 1
    entry = np.empty(most + 1, np.uint64)  # place and name of an n-gram that repeats
    key = np.empty(most, np.uint64)
    name = np.empty(most, np.uint32)
    times = np.empty(most, np.uint32)
    for d in range(documents):
        here = points[starts[d] : starts[d + 1]]
        count = max(here.size - smallest + 1, 0)
        for n in range(smallest, min(largest, here.size) + 1):
            if base + count >= 0xFFFFFFFF:
                table[:] = 0
                base = 1
            times[:count] = 0
            shift = np.uint64(64 - np.int64(np.log2(_slots(count))))
            if n > smallest:
                kinds = _name_pairs(count, entry, key, table, base, shift, factor, name, times)
            elif n > 3:
                kinds = _name_long(here, n, count, table, base, shift, factor, name, times)
            else:
                kinds = _name_short(here, n, count, key, table, base, shift, factor, name, times)
            base += count
            own = found[d, n - smallest]
            own[0] = here.size - n + 1 - count + kinds
            _sum_up(count, times, own)
            if n < largest:
                count = _keep_repeated(count, name, times, entry, n == smallest)
    return found
