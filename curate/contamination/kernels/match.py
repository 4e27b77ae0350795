"""From windows that a text shares with benchmarks to matches, compared letter by letter."""

import numpy as np
import numpy.typing as npt
from numba import boolean, float64, int32, int64, njit, types, uint32

Number = int | np.int64
Integers = npt.NDArray[np.int64]
Symbols = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.int32]

# An index is mapped from its files and read-only.
_SYMBOLS = types.Array(uint32, 1, "C", readonly=True)
_PLACES = types.Array(int64, 1, "C", readonly=True)
_NUMBERS = types.Array(int32, 1, "C", readonly=True)
_WEIGHTS = types.Array(float64, 1, "C", readonly=True)


_LONGEST_NEAR = 64
"""Symbols of the longest text that is looked for by edits: bits of a word."""
_LOOK_BACK = 64
"""Runs before a run that it may follow in a chain."""
_RUNS = 512
"""Most runs of one stretch: longer ones are cut."""


@njit(int64(_SYMBOLS, int64, int64, _SYMBOLS, int64, int64), cache=True, nogil=True)
def _edits(
    symbols: Symbols, first: Number, end: Number, pattern: Symbols, start: Number, length: Number
) -> Number:  # fmt: skip
    """The least edits between `length` (up to 64) symbols of `pattern` and any stretch of symbols[first:end].

    Myers' bit-parallel search (J. ACM 46(3), 1999): a column of the table of edits in one word.
    """
    keys = np.zeros(256, np.uint32)
    masks = np.zeros(256, np.uint64)
    for k in range(length):
        c = pattern[start + k]
        slot = np.int64(c * np.uint32(2654435761) >> np.uint32(24)) & 255
        while masks[slot] != 0 and keys[slot] != c:
            slot = (slot + 1) & 255
        keys[slot] = c
        masks[slot] |= np.uint64(1) << np.uint64(k)
    one = np.uint64(1)
    top = one << np.uint64(length - 1)
    up, down = ~np.uint64(0), np.uint64(0)
    score = best = length
    for i in range(first, end):
        c = symbols[i]
        slot = np.int64(c * np.uint32(2654435761) >> np.uint32(24)) & 255
        while masks[slot] != 0 and keys[slot] != c:
            slot = (slot + 1) & 255
        equal = masks[slot]
        x = equal | down
        d = ((x & up) + up) ^ up | x
        right_up = down | ~(d | up)
        right_down = up & d
        if right_up & top:
            score += 1
        elif right_down & top:
            score -= 1
        # Nothing is shifted in: a stretch may begin anywhere.
        right_up <<= one
        right_down <<= one
        up = right_down | ~(d | right_up)
        down = right_up & d
        best = min(best, score)
    return best


@njit(
    types.UniTuple(int64, 3)(_SYMBOLS, int64, int64, int64, _SYMBOLS, int64, int64, int64),
    cache=True, nogil=True,
)  # fmt: skip
def _extended(
    symbols: Symbols, low: Number, high: Number, p: Number, text: Symbols, start: Number, length: Number,
    q: Number,
) -> tuple[Number, Number, Number]:  # fmt: skip
    """The run of equal symbols around p in symbols[low:high] and q in a benchmark text, and its length."""
    a = np.int64(0)
    while q + a < length and p + a < high and symbols[p + a] == text[start + q + a]:
        a += 1
    while a > 0 and q > 0 and p > low and symbols[p - 1] == text[start + q - 1]:
        q -= 1
        p -= 1
        a += 1
    return p, q, a


@njit(int64(int64[:, ::1], int64, int64, int64, int64), cache=True, nogil=True)
def _put(runs: Integers, count: Number, p: Number, q: Number, a: Number) -> Number:
    """Put a run among those before it, by its first symbol; how many there are now."""
    r = count
    while r > 0 and runs[r - 1, 0] > p:
        runs[r] = runs[r - 1]
        r -= 1
    runs[r, 0] = p
    runs[r, 1] = q
    runs[r, 2] = a
    return count + 1


@njit(boolean(int64[:, ::1], int64, int64, int64), cache=True, nogil=True)
def _covered(runs: Integers, count: Number, p: Number, q: Number) -> bool:
    """Whether a window lies in a run that is known."""
    for r in range(count - 1, max(-1, count - 1 - _LOOK_BACK), -1):
        if runs[r, 0] - runs[r, 1] == p - q and runs[r, 0] <= p and p < runs[r, 0] + runs[r, 2]:
            return True
    return False


@njit(
    int64(int64[:, ::1], int64, int64, int64, _WEIGHTS, _PLACES, float64[::1], int64[:, ::1]),
    cache=True, nogil=True,
)  # fmt: skip
def _chained(
    runs: Integers, count: Number, start: Number, gap: Number, weights: npt.NDArray[np.float64],
    letters: Integers, best: npt.NDArray[np.float64], held: Integers,
) -> Number:  # fmt: skip
    """The last run of the heaviest chain: runs that follow one another in both texts, without wide gaps.

    `best` is the weight of the heaviest chain that ends in each run, `held` its letters, the run before (-1)
    and the first run. What two runs of a chain share counts once.
    """
    top = 0
    for r in range(count):
        a = start + runs[r, 1]
        weight = weights[a + runs[r, 2]] - weights[a]
        own = letters[a + runs[r, 2]] - letters[a]
        best[r] = weight
        held[r, 0] = own
        held[r, 1] = r
        for s in range(max(0, r - _LOOK_BACK), r):
            apart = runs[r, 0] - runs[s, 0] - runs[s, 2]
            shared = max(np.int64(0), -apart, runs[s, 1] + runs[s, 2] - runs[r, 1])
            if runs[s, 0] >= runs[r, 0] or runs[s, 1] >= runs[r, 1] or shared >= runs[r, 2] or apart > gap:
                continue
            both = best[s] + weight - (weights[a + shared] - weights[a])
            if both > best[r]:
                best[r] = both
                held[r, 0] = held[s, 0] + own - (letters[a + shared] - letters[a])
                held[r, 1] = held[s, 1]
        if best[r] > best[top]:
            top = r
    return top


@njit(
    int64(
        _SYMBOLS, int64, int64, int64, int64, int64[:, ::1], int64, _SYMBOLS, _PLACES, _WEIGHTS, _PLACES,
        int64, float64, int64, int64, float64, float64, int64[:, ::1], float64[::1], int64,
        float64[::1], int64[:, ::1],
    ),
    cache=True, nogil=True,
)  # fmt: skip
def _settled(
    symbols: Symbols, d: Number, low: Number, high: Number, text: Number, runs: Integers, count: Number,
    text_symbols: Symbols, text_starts: Integers, weights: npt.NDArray[np.float64], letters: Integers,
    gap: Number, least_share: float, part: Number, whole: Number, whole_share: float, edits: float,
    out: Integers, shares: npt.NDArray[np.float64], n: Number,
    best: npt.NDArray[np.float64], held: Integers,
) -> Number:  # fmt: skip
    """Write the matches that the runs of one stretch make, the heaviest first; how many there are now."""
    start = text_starts[text]
    length = text_starts[text + 1] - start
    total = weights[start + length] - weights[start]
    of = letters[start + length] - letters[start]
    while count > 0 and n < shares.size:
        top = _chained(runs, count, start, gap, weights, letters, best, held)
        head = held[top, 1]
        first = runs[head, 0]
        end = runs[top, 0] + runs[top, 2]
        share = best[top] / total
        found = held[top, 0]
        alone = found == of and high - low == length
        good = alone or (share >= whole_share and found >= whole) or (share >= least_share and found >= part)
        if found < of and length <= _LONGEST_NEAR and of >= part and 3 * found >= of:
            most = np.int64(edits * length)
            before = first - runs[head, 1]
            after = end + length - runs[top, 1] - runs[top, 2]
            near, far = max(low, before - most), min(high, after + most)
            wrong = _edits(symbols, near, far, text_symbols, start, length)
            if wrong <= most:
                good = True
                first = max(low, before)
                end = min(high, after)
                share = max(share, 1.0 - wrong / length)
                found = max(found, of * (length - wrong) // length)
        if not good:
            break
        out[n, 0] = d
        out[n, 1] = text
        out[n, 2] = first
        out[n, 3] = end
        out[n, 4] = found
        out[n, 5] = alone
        shares[n] = share
        n += 1
        left = 0
        for r in range(count):
            if runs[r, 0] + runs[r, 2] <= first or runs[r, 0] >= end:
                runs[left] = runs[r]
                left += 1
        count = left
    return n


@njit(
    types.Tuple((int64[:, ::1], float64[::1]))(
        _SYMBOLS, _PLACES, _PLACES, _NUMBERS, _PLACES, _NUMBERS, _NUMBERS,
        _SYMBOLS, _PLACES, _WEIGHTS, _PLACES, _NUMBERS,
        int64, float64, int64, int64, float64, float64,
    ),
    cache=True, nogil=True,
)  # fmt: skip
def matches(
    symbols: Symbols, starts: Integers, at: Integers, gram: Numbers,
    posts: Integers, post_text: Numbers, post_place: Numbers,
    text_symbols: Symbols, text_starts: Integers, weights: npt.NDArray[np.float64], letters: Integers,
    least_hits: Numbers,
    ngram: Number, least_share: float, part: Number, whole: Number, whole_share: float, edits: float,
) -> tuple[Integers, npt.NDArray[np.float64]]:  # fmt: skip
    """Matches: (text searched, benchmark text, first symbol, end symbol, letters, alone), and their shares.

    `at` and `gram` are the windows found; a benchmark text of which fewer than `least_hits` are in a text is
    passed over there.
    """
    out = np.empty((256, 6), np.int64)
    shares = np.empty(256, np.float64)
    n = 0
    texts = text_starts.size - 1
    seen = np.full(texts, -1, np.int32)  # the last text searched in which a benchmark text had a window
    head = np.empty(texts, np.int32)
    tail = np.empty(texts, np.int32)
    hits = np.empty(texts, np.int32)
    room = 1024
    follows = np.empty(room, np.int32)
    place = np.empty((room, 2), np.int64)
    touched = np.empty(room, np.int32)
    runs = np.empty((_RUNS, 3), np.int64)
    best = np.empty(_RUNS, np.float64)
    held = np.empty((_RUNS, 2), np.int64)
    h = 0
    for d in range(starts.size - 1):
        low = starts[d]
        high = starts[d + 1]
        count = 0
        some = 0
        while h < at.size and at[h] < high:
            here = posts[gram[h] + 1] - posts[gram[h]]
            if count + here > room:
                room = 2 * room + here
                follows = np.concatenate((follows, np.empty(room - follows.size, np.int32)))
                touched = np.concatenate((touched, np.empty(room - touched.size, np.int32)))
                place = np.concatenate((place, np.empty((room - place.shape[0], 2), np.int64)))
            for x in range(posts[gram[h]], posts[gram[h] + 1]):
                text = post_text[x]
                place[count, 0] = at[h]
                place[count, 1] = post_place[x]
                follows[count] = -1
                if seen[text] != d:
                    seen[text] = d
                    head[text] = count
                    hits[text] = 0
                    touched[some] = text
                    some += 1
                else:
                    follows[tail[text]] = count
                tail[text] = count
                hits[text] += 1
                count += 1
            h += 1
        for t in range(some):
            text = np.int64(touched[t])
            if hits[text] < least_hits[text]:
                continue
            start = text_starts[text]
            length = text_starts[text + 1] - start
            gap = max(np.int64(32), length // 2)
            k = np.int64(head[text])
            while k >= 0:
                known = 0
                reach = np.int64(-1)
                while k >= 0 and known < _RUNS and (known == 0 or place[k, 0] <= reach + gap):
                    if not _covered(runs, known, place[k, 0], place[k, 1]):
                        p, q, a = _extended(
                            symbols, low, high, place[k, 0], text_symbols, start, length, place[k, 1]
                        )
                        if a >= ngram:  # and no other window of the same hash
                            known = _put(runs, known, p, q, a)
                            reach = max(reach, p + a)
                    k = np.int64(follows[k])
                if n + known > shares.size:
                    out = np.concatenate((out, np.empty((shares.size + known, 6), np.int64)))
                    shares = np.concatenate((shares, np.empty(shares.size + known, np.float64)))
                n = _settled(
                    symbols, d, low, high, text, runs, known, text_symbols, text_starts, weights, letters,
                    gap, least_share, part, whole, whole_share, edits, out, shares, n, best, held,
                )  # fmt: skip
    return out[:n], shares[:n]
