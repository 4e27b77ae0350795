"""Which windows of a block are equal, by its suffix array, and a hash of each.

Suffixes that begin with the same window stand side by side in the array. Whether two neighbours share a
window is known from their longest common prefix, which is found for all places of the text in linear time
(Kärkkäinen, Manzini and Puglisi, "Permuted longest-common-prefix array", 2009), so that a text of one letter
costs no more than any other.
"""

import numpy as np
import numpy.typing as npt
from numba import int32, int64, njit, types, uint8, uint64

from curate.suffixes.corpus import Bytes
from seimai.errors import SeimaiError

Places = npt.NDArray[np.int32]

_READ = types.Array(uint8, 1, "C", readonly=True)


def suffix_array(text: Bytes) -> Places:
    """The places of a text in the order of its suffixes.

    Raises:
        SeimaiError: if pydivsufsort is not installed.
    """
    try:
        from pydivsufsort import divsufsort  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
    except ModuleNotFoundError:
        raise SeimaiError(
            "curate.substring_dedup needs the package 'pydivsufsort': pip install 'seimai[substrings]'"
        ) from None
    if not text.size:
        return np.zeros(0, np.int32)
    return np.asarray(divsufsort(text if text.flags.writeable else text.copy()), np.int32)


@njit(int32[::1](_READ, int64, int64), cache=True, nogil=True)
def window_bytes(text: Bytes, starts: int, window: int) -> Places:
    """Bytes of the window of `window` characters at each of the first places; 0 where none begins.

    None begins within a character, nor where the document (ended by 0xFF) has too few characters left.
    """
    widths = np.zeros(starts, np.int32)
    characters, end = np.int64(0), np.int64(0)
    for begin in range(starts):
        if text[begin] & 0xC0 == 0x80:
            continue
        if text[begin] == 0xFF:
            characters, end = np.int64(0), np.int64(begin + 1)
            continue
        if end < begin:
            end = begin  # the block began within a character
        while characters < window and end < text.size and text[end] != 0xFF:
            end += 1
            while end < text.size and text[end] & 0xC0 == 0x80:
                end += 1
            characters += 1
        if characters == window:
            widths[begin] = end - begin
        characters -= 1
    return widths


@njit(int32[::1](_READ, int32[::1]), cache=True, nogil=True)
def common_prefixes(text: Bytes, order: Places) -> Places:
    """For each place how many bytes its suffix shares with the one before it in the order."""
    found = np.empty(text.size, np.int32)
    if not text.size:
        return found
    found[order[0]] = -1
    for i in range(1, text.size):
        found[order[i]] = order[i - 1]
    shared = np.int64(0)
    for place in range(text.size):
        before = np.int64(found[place])
        if before < 0:
            shared = np.int64(0)
            found[place] = 0
            continue
        while (
            place + shared < text.size
            and before + shared < text.size
            and text[place + shared] == text[before + shared]
        ):
            shared += 1
        found[place] = shared
        shared = max(shared - 1, np.int64(0))
    return found


@njit(int32[::1](int32[::1], int32[::1], int32[::1]), cache=True, nogil=True)
def leaders(order: Places, prefixes: Places, widths: Places) -> Places:
    """For each place with a window the first place of the text with the same window; -1 without one."""
    found = np.full(widths.size, -1, np.int32)
    lowest = np.empty(order.size, np.int32)  # at the first of a run in the order: the least place of the run
    run, shared = np.int64(-1), np.int64(0)
    for turn in range(2):
        run = np.int64(-1)
        for i in range(order.size):
            place = order[i]
            shared = np.int64(prefixes[place]) if run < 0 else min(shared, np.int64(prefixes[place]))
            if place >= widths.size or widths[place] == 0:
                continue
            if run < 0 or shared < widths[place]:
                run = i
                if turn == 0:
                    lowest[run] = place
            elif turn == 0:
                lowest[run] = min(lowest[run], place)
            if turn == 1:
                found[place] = lowest[run]
            shared = np.int64(2147483647)
    return found


@njit(uint64[::1](_READ, int32[::1], int32[::1]), cache=True, nogil=True)
def window_hashes(text: Bytes, widths: Places, wanted: Places) -> npt.NDArray[np.uint64]:
    """A rolling hash of the windows at some places, in ascending order.

    Equal windows have equal hashes; different ones with equal hashes are told apart afterwards.
    """
    base = np.uint64(0x9E3779B97F4A7C15)
    found = np.empty(wanted.size, np.uint64)
    powers = np.empty(1, np.uint64)
    begin, end = np.int64(0), np.int64(0)
    h, power = np.uint64(0), np.uint64(1)
    for n in range(wanted.size):
        place = np.int64(wanted[n])
        stop = place + np.int64(widths[place])
        if place >= end:  # nothing of the last window is in this one
            h, begin, end = np.uint64(0), place, place
        while end < stop:
            h = h * base + np.uint64(text[end]) + np.uint64(1)
            end += 1
        # What stands before the window leaves: its weight is the base to the power of the bytes behind it.
        while begin < place:
            exponent = end - begin - 1
            if exponent >= powers.size:
                grown = np.empty(2 * exponent + 2, np.uint64)
                grown[0] = np.uint64(1)
                for k in range(1, grown.size):
                    grown[k] = grown[k - 1] * base
                powers = grown
            power = powers[exponent] if exponent else np.uint64(1)
            h -= (np.uint64(text[begin]) + np.uint64(1)) * power
            begin += 1
        mixed = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        found[n] = mixed ^ (mixed >> np.uint64(31))
    return found
