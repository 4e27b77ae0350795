"""What to replace, compiled for the loop over UTF-8."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_FLAG = 1
_ANY_FLAGGED, _NEWLINE = 1, 2


@dataclass(frozen=True)
class Table:
    """A two-level table from code points to actions.

    Code point c has `actions[pages[c >> 6] * 64 + (c & 63)]`: 0 leaves it; 1 leaves it and flags the
    document; any other number a is a replacement, the first row of `choices` from `firsts[a]` on that fits.
    A row is (action that must have been written just before, or 0 for any; first and end of the new bytes
    in `pool`; 1: flags the document, 2: the new text is a newline).
    """

    skips: npt.NDArray[np.uint8]
    """For a first byte of UTF-8, the length of a character that starts with it, if all of those stay."""
    pages: npt.NDArray[np.uint16]
    actions: npt.NDArray[np.uint16]
    choices: npt.NDArray[np.int64]
    firsts: npt.NDArray[np.int64]
    pool: npt.NDArray[np.uint8]


def table(folds: Mapping[str, str], flags: Collection[int] = (), *, lines: bool = False) -> Table:
    r"""Compile replacements of one character, or of two that stand together, and characters to flag.

    A character that both lists name is flagged. `lines` gives every newline to the layout of lines, those
    that come of a replacement as well. Two characters stand together also when what lay between them is
    replaced by nothing.
    """
    flagged = frozenset(map(chr, flags))
    folds = {**folds, "\n": "\n"} if lines else folds
    characters = dict.fromkeys(key[-1] for key in folds if key not in flagged)
    numbers = {c: n for n, c in enumerate(characters, start=2)}
    pairs: dict[str, list[str]] = {}
    for key in folds:
        if len(key) == 2:
            pairs.setdefault(key[1], []).append(key)
    pool = bytearray()
    rows: list[tuple[int, int, int, int]] = []
    firsts = [0, 0]
    for c in characters:
        firsts.append(len(rows))
        for key in (*pairs.get(c, ()), c):
            new = folds.get(key, c)
            marks = (_ANY_FLAGGED if flagged.intersection(new) else 0) | (
                _NEWLINE if lines and new == "\n" else 0
            )
            before = numbers[key[0]] if len(key) == 2 else 0
            rows.append((before, len(pool), len(pool) + len(new.encode()), marks))
            pool += new.encode()
    actions = np.zeros(0x110000, np.uint16)
    for c, n in numbers.items():
        actions[ord(c)] = n
    actions[[ord(c) for c in flagged]] = _FLAG
    # Blocks of 64 characters, as the last byte of UTF-8 has them; most blocks are the empty one.
    blocks = actions.reshape(-1, 64)
    used = np.flatnonzero(blocks.any(axis=1))
    pages = np.zeros(len(blocks), np.uint16)
    pages[used] = np.arange(1, len(used) + 1)
    return Table(
        _skips(actions),
        pages,
        np.concatenate([np.zeros((1, 64), np.uint16), blocks[used]]).ravel(),
        np.array(rows or [(0, 0, 0, 0)], np.int64),
        np.array(firsts, np.int64),
        np.frombuffer(bytes(pool), np.uint8).copy(),
    )


def _skips(actions: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
    skips = np.zeros(256, np.uint8)
    for first, length, most in ((0, 1, 0x80), (0xC0, 2, 0x20), (0xE0, 3, 0x10), (0xF0, 4, 0x05)):
        share = 64 ** (length - 1)
        for k in range(most):
            if not actions[k * share : (k + 1) * share].any():
                skips[first + k] = length
    return skips
