"""What C4's rules count, as datatrove has it for Japanese.

They were made for English: a line that ends in 。 is none that they keep.
"""

import unicodedata
from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Final

import polars as pl

from curate.cleaning.c4 import page
from curate.signals.fineweb import TERMINAL
from curate.signals.text import batches
from seimai.signal import Signal

C4: Final = "C4 (Raffel et al. 2020) by datatrove 0.10.1, language jpn_Jpan"
MC4: Final = "mC4 (Xue et al. 2021) by datatrove 0.10.1"

_NOT_SPACYS: Final = (
    0x61D, 0x61E, 0x837, 0x839, 0x83D, 0x83E, 0x17D4, 0x17D5, 0x17D6, 0x17D9, 0x17DA, 0x1B7D, 0x1B7E,
    0x2E53, 0x2E54, *range(0x10F55, 0x10F5A), *range(0x10F86, 0x10F8A), 0x11944, 0x11946, 0x11EF7, 0x11EF8,
    0x11F43, 0x11F44, 0x16E98,
)  # fmt: skip
"""Ends of sentences that datatrove knows and spaCy's sentencizer does not."""
_END_MARKS: Final = frozenset(
    chr(c) for first, last in TERMINAL for c in range(first, last + 1) if c not in _NOT_SPACYS
)

SIGNALS: Final[Mapping[str, Signal]] = {
    "c4_filler_lines": Signal(
        "1 if a line that C4 would keep has “lorem ipsum”, else 0", "lines", C4, pl.Int64
    ),
    "c4_bracket_lines": Signal("1 if a line that C4 would keep has a {, else 0", "lines", C4, pl.Int64),
    "c4_sentences": Signal(
        "sentences of the lines that C4 keeps (curate.c4_lines), cut as spaCy's sentencizer does",
        "sentences",
        C4,
        pl.Int64,
        costly=True,
    ),
    "third_longest_line": Signal("length of the third longest line", "code points", MC4, pl.Int64),
}


def measure(text: pl.Series, names: Collection[str]) -> dict[str, pl.Series]:
    """Those of the named signals that are this family's; loads nothing if none is.

    Raises:
        SeimaiError: if sentences are named, and SudachiPy or its dictionary is missing.
    """
    found: dict[str, pl.Series] = {}
    if {"c4_filler_lines", "c4_bracket_lines", "c4_sentences"} & set(names):
        pages = [page(one or "") for one in text]
        found["c4_filler_lines"] = pl.Series([int(p.filler) for p in pages], dtype=pl.Int64)
        found["c4_bracket_lines"] = pl.Series([int(p.bracket) for p in pages], dtype=pl.Int64)
        if "c4_sentences" in names:
            found["c4_sentences"] = _sentences([p.kept for p in pages])
    if "third_longest_line" in names:
        lengths = text.fill_null("").str.split("\n").list.eval(pl.element().str.len_chars())
        third = lengths.list.sort(descending=True).list.get(2, null_on_oob=True)
        found["third_longest_line"] = third.fill_null(0).cast(pl.Int64)
    return {name: values for name, values in found.items() if name in names}


def _sentences(pages: list[tuple[str, ...]]) -> pl.Series:
    """Sentences of each page's lines, all lines analysed together."""
    from curate.words.tokens import words_of

    lines = [line for kept in pages for line in kept]
    counts: list[int] = []
    for batch in batches(pl.Series(lines, dtype=pl.String)):
        words = words_of(batch)
        for d in range(len(batch.starts) - 1):
            line, start = lines[len(counts)], int(batch.starts[d])
            own = slice(*words.offsets[d : d + 2].tolist())
            spans = zip((words.first[own] - start).tolist(), (words.end[own] - start).tolist(), strict=True)
            counts.append(_starts(line, list(spans)))
    ends = [0]
    for kept in pages:
        ends.append(ends[-1] + len(kept))
    return pl.Series([sum(counts[a:b]) for a, b in pairwise(ends)], dtype=pl.Int64)


def _starts(line: str, spans: list[tuple[int, int]]) -> int:
    """How many sentences a line has: one starts with each word behind an end mark that is no punctuation.

    White space is a word of its own but for one space behind a word, as spaCy has it.
    """
    count, ended, at = 1, False, 0
    for first, end in spans:
        gap = line[at:first].removeprefix(" ") if at else line[:first]
        word = line[first:end]
        if ended and gap:
            count, ended = count + 1, False
        marks = word in _END_MARKS
        if ended and not marks and not all(unicodedata.category(c)[0] == "P" for c in word):
            count, ended = count + 1, False
        elif marks:
            ended = True
        at = end
    return count
