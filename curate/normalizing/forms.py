"""Unicode's normalisation forms as a table: right for every text without characters that compose."""

import unicodedata
from functools import cache
from typing import Literal

from curate.normalizing import classes
from curate.normalizing.table import Table, table

_PLANES = 0x30000
"""Beyond plane 2 nothing decomposes and nothing composes."""


def form_table(form: Literal["NFKC", "NFC"]) -> Table:
    """What each character becomes by itself, with the documents flagged in which that is not all."""
    points = [chr(c) for c in range(0x80, _PLANES) if not 0xD800 <= c < 0xE000]
    folds = {c: new for c in points if (new := unicodedata.normalize(form, c)) != c}
    # A composing character that changes is flagged by what it becomes.
    flags = composing() - set(map(ord, folds))
    if form == "NFKC":
        pairs = classes.folds("halfwidth_kana").items()
        folds |= {pair: new for pair, new in pairs if len(pair) == 2}
    return table(folds, flags)


@cache
def composing() -> frozenset[int]:
    """Characters that reorder, or compose with one before them."""
    # Hangul composes by arithmetic: its vowels and finals.
    found = {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}
    for point in range(0x300, _PLANES):
        c = chr(point)
        if unicodedata.combining(c):
            found.add(point)
        elif unicodedata.decomposition(c)[:1].isalnum() and unicodedata.normalize("NFC", c) == c:
            # The first letter of a decomposition stands alone; all that follow composed with it.
            found.update(map(ord, unicodedata.normalize("NFD", c)[1:]))
    return frozenset(found)
