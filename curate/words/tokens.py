"""Words of a batch of documents, as spans of code points.

The words are those of datatrove's Japanese tokeniser (0.10.1, after spaCy's `ja`): Sudachi's short units
(mode A) of texts of at most 40,000 bytes, without white space. Numba kernels find them on Sudachi's own
dictionary; SudachiPy itself analyses the lines that its input plugins would rewrite to another length
(… to three dots, ㌔, runs of ー, readings in brackets).
"""

import importlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from curate.signals.text import Text
from curate.words.dictionary import lexicon, system

CHUNK_BYTES: Final = 40_000
"""datatrove's limit for one analysis; Sudachi's own is 49,149."""
_LEFT_TO_SUDACHI: Final = 4
_TOGETHER: Final = 1 << 14
"""Characters of the lines that are analysed together."""

Array = npt.NDArray[Any]
Spans = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Words:
    """Words of all documents of a batch, one document after another."""

    offsets: Spans
    """Where each document's words start in the next two; one more than there are documents."""
    first: Spans
    end: Spans
    """Code points of the batch that each word spans."""


def words_of(text: Text) -> Words:
    """The words of each document.

    Raises:
        SeimaiError: if SudachiPy or its dictionary is missing.
    """
    from curate.words.kernels.joining import short_words
    from curate.words.kernels.lines import lines
    from curate.words.kernels.numbers import join_numbers

    lex = lexicon()
    table = lex.characters
    normal, categories, place, line_first, line_end, flags = lines(
        text.points, _chunks(text), table.normal, table.longer, table.categories, table.pairs,
        table.pair_values,
    )  # fmt: skip
    nodes, node_end, node_word = _cheapest(normal, categories, line_first, line_end, flags)
    nodes, node_end, node_word, flags = join_numbers(
        normal, categories, line_first, line_end, flags, nodes, node_end, node_word, lex.words, lex.unknown
    )
    first, end = short_words(
        text.points, normal, categories, place, line_first, line_end, flags, nodes, node_end, node_word,
        lex.trie, lex.words, lex.units_at, lex.units, lex.unknown, _spaces(),
    )  # fmt: skip
    left = np.flatnonzero(flags & _LEFT_TO_SUDACHI)
    if left.size:
        more = [
            _analysed(text.points, int(place[line_first[n]]), int(place[line_end[n]]), int(flags[n]))
            for n in left
        ]
        extra = np.array([span for line in more for span in line], np.int64).reshape(-1, 2)
        at = np.searchsorted(first, extra[:, 0])
        first, end = np.insert(first, at, extra[:, 0]), np.insert(end, at, extra[:, 1])
    return Words(np.searchsorted(first, text.starts), first, end)


def _cheapest(
    normal: Array, categories: Array, line_first: Spans, line_end: Spans, flags: Array
) -> tuple[Spans, Spans, Array]:
    """The words of each line's cheapest path: where they begin among all, their ends, which they are.

    Some lines at a time, so that what may be a word there stays in a cache.
    """
    from curate.words.kernels.paths import paths
    from curate.words.kernels.places import places

    lex = lexicon()
    counts, ends, which = [np.zeros(1, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.int32)]
    a = 0
    while a < len(line_first):
        limit = int(line_first[a]) + _TOGETHER
        b = max(int(np.searchsorted(line_end, limit, side="right")), a + 1)
        some = (line_first[a:b], line_end[a:b], flags[a:b])
        at, stop, value, word = places(
            normal, categories, *some, lex.trie, lex.first_state, lex.first_form, lex.words, lex.unknown
        )
        offsets, end, path = paths(*some, at, stop, value, word, lex.matrix, lex.boundary)
        counts.append(np.diff(offsets))
        ends.append(end)
        which.append(path)
        a = b
    return np.cumsum(np.concatenate(counts)), np.concatenate(ends), np.concatenate(which)


def _analysed(points: npt.NDArray[np.uint32], first: int, end: int, flags: int) -> list[tuple[int, int]]:
    """Words of one line by SudachiPy, between the newlines that stand around it."""
    line = points[first:end].astype("<u4").tobytes().decode("utf-32-le")
    before, after = "\n" * (flags & 1), "\n" * (flags >> 1 & 1)
    found: list[tuple[int, int]] = []
    for morpheme in _tokenizer().tokenize(before + line + after):
        surface = morpheme.surface()
        inner = surface.strip()
        if inner:
            start = first + morpheme.begin() - len(before) + len(surface) - len(surface.lstrip())
            found.append((start, start + len(inner)))
    return found


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    return system().tokenizer(importlib.import_module("sudachipy").SplitMode.A)


@lru_cache(maxsize=1)
def _spaces() -> npt.NDArray[np.uint8]:
    """White space as `str.strip` has it."""
    return np.array([chr(c).isspace() for c in range(1 << 16)], np.uint8)


def _chunks(text: Text) -> Spans:
    """Ends of the texts that are analysed by themselves, after a 0."""
    long = np.flatnonzero(text.bytes > CHUNK_BYTES)
    if not long.size:
        return text.starts
    cuts = [np.array(_cuts(text, int(d)), np.int64) for d in long]
    return np.unique(np.concatenate([text.starts, *cuts]))


def _cuts(text: Text, document: int) -> list[int]:
    """Where datatrove cuts a long text: it guesses a length in characters and corrects it ten at a time."""
    start, stop = int(text.starts[document]), int(text.starts[document + 1])
    points = text.points[start:stop]
    sizes = 1 + (points >= 0x80).astype(np.int64) + (points >= 0x800) + (points >= 0x10000)
    upto = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    length = stop - start
    guess = int(max(CHUNK_BYTES * (length / int(upto[-1])) - 10, 1))
    cuts: list[int] = []
    at = 0
    while at < length:
        while upto[min(at + guess, length)] - upto[at] > CHUNK_BYTES:
            guess = max(guess - 10, 1)
        end, passed = at + guess, min(at + guess, length)
        while upto[passed] - upto[at] < CHUNK_BYTES and passed < length:
            end = passed = min(length, end + 10)
        if upto[passed] - upto[at] > CHUNK_BYTES:
            end -= 10
        at = min(end, length)
        cuts.append(start + at)
    return cuts
