"""Boilerplate: the words of menus, footers and shops that stand around the text of a page.

The list (boilerplate.txt) is short and of words that prose hardly has: 著作権, 広告 and メニュー are left
out, because laws and novels have them too. A corpus's own boilerplate is found by how often its lines repeat
instead.
"""

from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Final

import numpy as np
import numpy.typing as npt

from curate.signals.text import Text, Values, ratio
from seimai.signal import Signal

SIGNALS: Final[Mapping[str, Signal]] = {
    "boilerplate_ratio": Signal(
        "code points of the words of menus, footers and shops in curate/signals/boilerplate.txt, among those "
        "that are not white space",
        "share",
    ),
    "boilerplate_line_ratio": Signal("lines of which such words are half or more, among lines", "share"),
}


def _words() -> set[str]:
    text = files("curate.signals").joinpath("boilerplate.txt").read_text("utf-8")
    return {line for line in text.splitlines() if not line.startswith("#")}


@cache
def _tables() -> tuple[
    npt.NDArray[np.uint32], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint8]
]:
    """The words' letters, where each begins, the words of each group, and the group of each first letter."""
    ordered = sorted(_words(), key=lambda word: (word[0], -len(word)))
    letters = np.array([ord(c) for word in ordered for c in word], np.uint32)
    words = np.concatenate([[0], np.cumsum([len(word) for word in ordered])])
    firsts = [(first, len(list(same))) for first, same in groupby(ordered, key=lambda word: word[0])]
    groups = np.concatenate([[0, 0], np.cumsum([number for _, number in firsts])])
    group = np.zeros(0x10000, np.uint8)
    for g, (first, _) in enumerate(firsts, 1):
        group[[ord(first), ord(first.upper())]] = g
    return letters, words.astype(np.int64), groups.astype(np.int64), group


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family."""
    from curate.signals.kernels.boilerplate import find_words

    place, length = find_words(text.points, text.starts, *_tables())
    values: dict[str, Values] = {
        "boilerplate_ratio": ratio(_within(place, length, text.starts[:-1]), text.visible)
    }
    if "boilerplate_line_ratio" in names:
        lines = text.lines
        values["boilerplate_line_ratio"] = lines.share(2 * _within(place, length, lines.first) >= lines.chars)
    return {name: values[name] for name in names}


def _within(place: Values, length: Values, first: Values) -> Values:
    """Code points of words in each piece of the text, by where the pieces begin."""
    return np.bincount(np.searchsorted(first, place, side="right") - 1, length, len(first))
