"""Text as it is compared: its letters and digits alone, without width, case, marks, punctuation and space.

What a page changes in a quotation (full-width digits, line breaks, brackets, missing commas, small capitals)
does not change its letters. Each code point is taken by itself: NFKD, lower case, then letters and digits of
what it comes to. A voiced kana is therefore its unvoiced one (が is か), with which half-width kana (ｶﾞ),
decomposed text (NFD) and whole text need no look at the neighbour; of 15,612 benchmark questions no two are
the same for it that were not the same before.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from curate.buffers import Bytes, Integers

Symbols = npt.NDArray[np.uint32]

_MAPPED_END: Final = 0x30000
"""From here on (CJK extensions G and later) code points are letters, up to the tags in plane 14."""
_SELECTORS: Final = frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0x180B, 0x1810)]))


@dataclass(frozen=True)
class Letters:
    """Texts one after another: text i is `symbols[starts[i]:starts[i + 1]]`."""

    symbols: Symbols
    """Code points of letters, or names of words."""
    starts: Integers
    """Where each text begins in `symbols`; one more than there are texts."""
    first: npt.NDArray[np.uint32]
    """Byte, counted from the first text's, at which the character (the word) of each symbol begins."""


def letters_of(data: Bytes, offsets: Integers) -> Letters:
    """The letters of texts that lie in one buffer; they are overwritten by the next call.

    >>> from curate.buffers import utf8
    >>> import polars as pl
    >>> text = utf8(pl.Series(["㈱ﾊﾟﾝ、Ａ－１！", "がっこう　で"]))
    >>> found = letters_of(text.data, text.offsets)
    >>> "".join(map(chr, found.symbols[: found.starts[1]]))
    '株ハンa1'
    >>> "".join(map(chr, found.symbols[found.starts[1] :]))
    'かっこうて'
    """
    from curate.contamination.kernels.letters import letters

    size = int(offsets[-1] - offsets[0])
    starts = np.zeros(offsets.size, np.int64)
    while True:
        symbols, first = _room(1 << max(16, size.bit_length()))
        count = letters(data, offsets, *_table(), symbols, first, starts)
        if count >= 0:
            return Letters(symbols[:count], starts, first[:count])
        size *= 2


@cache
def _room(size: int) -> tuple[Symbols, npt.NDArray[np.uint32]]:
    """Room for so many letters, kept: memory that is new to a process costs ten times the work on it."""
    return np.zeros(size, np.uint32), np.zeros(size, np.uint32)


@cache
def _table() -> tuple[npt.NDArray[np.int32], Symbols]:
    """Per code point its letter, 0 for none, or minus the place of its letters, after their number."""
    letter = np.arange(_MAPPED_END, dtype=np.int32)
    several: list[int] = [0]
    for c in range(_MAPPED_END):
        found = _letters_of(chr(c)) if not 0xD800 <= c < 0xE000 else []
        if len(found) == 1:
            letter[c] = found[0]
        elif found:
            letter[c] = -len(several)
            several += [len(found), *found]
        else:
            letter[c] = 0
    return letter, np.array(several, np.uint32)


def _letters_of(character: str) -> list[int]:
    # Lower case before and after: ℌ has none itself, İ comes to i with a dot above.
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return [ord(c) for c in text if _is_letter(c)]


def _is_letter(c: str) -> bool:
    kind = unicodedata.category(c)[0]
    # Marks that combine are dropped, vowel signs (Devanagari, Thai) stay.
    return kind in "LN" or (kind == "M" and not unicodedata.combining(c) and c not in _SELECTORS)
