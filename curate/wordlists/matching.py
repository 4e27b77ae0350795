"""Finding the words of a list in text: a trie over code points, walked once for all categories.

Polars' Aho-Corasick (`str.find_many`) says where a word begins, not which one nor of which category, so it
needs a pass for each category and cannot look at a word's neighbours. On four lists of 1,730 words the four
passes read 97 MB/s together; this trie does all of them, and what they cannot, in one pass; see
`benchmarks/hojichar_llmjp.py`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.signals.text import batches
from curate.wordlists.reading import CATEGORIES, Category, Word

IN_JAPANESE: Final[tuple[Category, ...]] = ("adult", "discrimination", "violence", "ads")
"""Categories whose words need no space around them."""
_LETTERED: Final = ("adult", "discrimination", "violence")
_KATAKANA: Final = re.compile("[ァ-ヴー]+")

COLUMNS: Final = (
    *(f"ng_{c}" for c in CATEGORIES),
    *(f"ng_{c}_anywhere" for c in IN_JAPANESE),
    "ng_chars",
)
"""What a list is counted as; `curate.ng_words` says what each means."""


@dataclass(frozen=True)
class Matcher:
    """A list, ready to be looked for."""

    trie: tuple[Any, ...]
    """The arrays that the kernel takes after the text."""
    english: str | None
    """A regular expression for English words, None without any."""

    def count(self, text: pl.Series) -> pl.DataFrame:
        """One row a text, with the columns `COLUMNS`; null where the text is null."""
        from curate.signals.kernels.words import words

        parts = [words(batch.points, batch.starts, *self.trie) for batch in batches(text)]
        kinds = len(IN_JAPANESE)
        found = np.concatenate(parts) if parts else np.zeros((0, 2 * kinds + 1), np.int64)
        columns: dict[str, pl.Series] = {
            **{f"ng_{c}": pl.Series(found[:, k]) for k, c in enumerate(IN_JAPANESE)},
            **{f"ng_{c}_anywhere": pl.Series(found[:, kinds + k]) for k, c in enumerate(IN_JAPANESE)},
            "ng_chars": pl.Series(found[:, 2 * kinds]),
            "ng_adult_en": self._english(text),
        }
        frame = pl.DataFrame({name: columns[name].cast(pl.Int64) for name in COLUMNS})
        known = text.is_not_null()
        return frame if known.all() else frame.select(pl.when(known).then(pl.col(COLUMNS)))

    def _english(self, text: pl.Series) -> pl.Series:
        if self.english is None:
            return pl.zeros(len(text), dtype=pl.Int64, eager=True)
        return text.str.count_matches(self.english)


def matcher(words: Sequence[Word]) -> Matcher:
    """Make a list ready to be looked for."""
    return Matcher(_trie([w for w in words if w.category in IN_JAPANESE]), _english(words))


def _english(words: Iterable[Word]) -> str | None:
    """HojiChar's pattern: a word between spaces, commas, full stops and the ends, in any case.

    Whole words cannot lie within others, so a harmless one is no more than struck off the list.
    """
    harmless = {w.text.lower() for w in words if w.category == "adult_en" and w.allow}
    own = [w.text for w in words if w.category == "adult_en" and w.text.lower() not in harmless]
    if not own:
        return None
    return rf"(?i)(?:\A| )(?:{'|'.join(map(re.escape, own))})(?:[ ,.]|\n?\z)"


def _trie(words: Sequence[Word]) -> tuple[Any, ...]:
    edges: dict[tuple[int, int], int] = {}
    at: list[list[int]] = [[]]
    kept: dict[tuple[str, Category, bool], Word] = {(w.text, w.category, w.allow): w for w in reversed(words)}
    entries = list(reversed(kept.values()))  # of equal ones the first stays, in the place that it had
    for number, word in enumerate(entries):
        node = 0
        for point in map(ord, word.text):
            if (node, point) not in edges:
                edges[node, point] = len(at)
                at.append([])
            node = edges[node, point]
        at[node].append(number)
    keys, child = _table(edges)
    first = np.zeros(0x10000, np.bool_)
    first[[point & 0xFFFF for node, point in edges if node == 0]] = True
    order = [n for numbers in at for n in numbers]
    ends = np.cumsum([0, *(len(numbers) for numbers in at)]).astype(np.int32)
    deep = max((len(w.text) for w in words), default=0)
    return (
        first,
        keys,
        child,
        ends,
        np.array([IN_JAPANESE.index(entries[n].category) for n in order], np.int8),
        np.array(order, np.int32),
        np.array([_KATAKANA.fullmatch(entries[n].text) is not None for n in order], np.bool_),
        np.array([entries[n].allow for n in order], np.bool_),
        np.array([c in _LETTERED for c in IN_JAPANESE], np.bool_),
        2 * len(IN_JAPANESE) * deep,
    )


def _table(edges: dict[tuple[int, int], int]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32]]:
    """The edges in a hash table that is at most a quarter full, as the kernel looks them up."""
    size = 4
    while size < 4 * len(edges):
        size *= 2
    keys = np.full(size, 0xFFFFFFFFFFFFFFFF, np.uint64)
    child = np.zeros(size, np.int32)
    for (node, point), to in edges.items():
        key = node << 32 | point
        slot = (((key ^ key >> 29) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF) >> 32) % size
        while keys[slot] != 0xFFFFFFFFFFFFFFFF:
            slot = (slot + 1) % size
        keys[slot], child[slot] = key, to
    return keys, child
