"""What two texts are compared by: their characters, or their words.

A word becomes one symbol of four bytes, laid out like a character of UTF-8, so that everything behind, from
signatures to the exact comparison, takes it for a character. It has 21 bits: of two different words 1 in 2
million pairs look equal, and of two shingles of two words 1 in 4 billion.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.buffers import Utf8
from curate.minhash.comparable import comparable

Shingles = Literal["characters", "words"]

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_BITS = 21


def compared(text: pl.Series, shingles: Shingles) -> Utf8:
    """The documents as they are compared; for words, those without a word by their characters.

    Raises:
        SeimaiError: for words, if SudachiPy or its dictionary is missing.
    """
    if shingles == "characters":
        return comparable(text)
    from curate.contamination.symbols import symbols_of

    found = symbols_of(text, "words").letters
    sizes = 4 * np.diff(found.starts)
    wordless = sizes == 0
    others = comparable(text.filter(pl.Series(wordless)))
    sizes[wordless] = np.diff(others.offsets)
    offsets = np.zeros(len(text) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    data = np.empty(int(offsets[-1]), np.uint8)
    of_others = np.repeat(wordless, sizes)
    data[of_others] = others.data
    data[~of_others] = _letters(found.symbols).reshape(-1)
    return Utf8(data, offsets)


def _letters(names: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Four bytes a word: 3 bits in the first, 6 in each of the others."""
    bits = names.astype(np.uint64) * _FACTOR >> np.uint64(64 - _BITS)
    parts = [bits >> np.uint64(18) | np.uint64(0xF0)]
    parts += [bits >> np.uint64(shift) & np.uint64(0x3F) | np.uint64(0x80) for shift in (12, 6, 0)]
    return np.stack(parts, axis=1).astype(np.uint8)
