"""What is compared: letters, or words named by their letters."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from curate.buffers import Bytes, Integers, utf8
from curate.contamination.letters import Letters, letters_of

Unit = Literal["characters", "words"]


@dataclass(frozen=True)
class Symbols:
    """The symbols of texts, and the letters of each symbol."""

    letters: Letters
    widths: Integers | None = None
    """Letters of each symbol; None: one."""
    spans: Integers | None = None
    """Characters of each symbol from its first letter to its last; None: one."""


def symbols_of(text: pl.Series, unit: Unit) -> Symbols:
    """The symbols of a column of text, with the bytes they stand at.

    Words are those of Sudachi (mode A), as the signals count them; each is named by a hash of its letters,
    and those without letters are left out.

    Raises:
        SeimaiError: for words, if SudachiPy or its dictionary is missing.
    """
    buffers = utf8(text)
    if unit == "characters":
        return Symbols(letters_of(buffers.data, buffers.offsets))
    return _words(text, buffers.data, buffers.offsets)


def _words(text: pl.Series, data: Bytes, offsets: Integers) -> Symbols:
    from curate.contamination.kernels.words import names
    from curate.signals.text import batches
    from curate.words.tokens import words_of

    nothing = np.zeros(0, np.int64)
    first, end, spans, count = [nothing], [nothing], [nothing], [nothing]
    at = int(offsets[0])
    for batch in batches(text):
        words = words_of(batch)
        points = batch.points
        sizes = 1 + (points >= 0x80).astype(np.int64) + (points >= 0x800) + (points >= 0x10000)
        byte = at + np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        first.append(byte[words.first])
        end.append(byte[words.end])
        spans.append(words.end - words.first)
        count.append(np.diff(words.offsets))
        at += int(batch.bytes.sum())
    begins, ends = np.concatenate(first), np.concatenate(end)
    # Words and what stands between them as texts of their own: a word's letters depend on nothing else.
    bounds = np.append(np.stack([begins, ends], axis=1).reshape(-1), at)
    pieces = letters_of(data, bounds)
    symbols, widths = names(pieces.symbols, pieces.starts)
    good = widths > 0
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.concatenate(count))])
    kept = np.concatenate([np.zeros(1, np.int64), np.cumsum(good, dtype=np.int64)])
    where = (begins[good] - offsets[0]).astype(np.uint32)
    return Symbols(Letters(symbols[good], kept[starts], where), widths[good], np.concatenate(spans)[good])
