"""Signals of Japanese text: `SIGNALS` says what there is, `measure` computes what is named.

One family of signals a file: its definitions and a `measure` over code points that were decoded once for
all families. Importing the package compiles and loads nothing; a family's kernel is loaded when one of its
signals is named.
"""

from collections.abc import Collection, Mapping
from typing import Final, Protocol

import numpy as np
import polars as pl

from curate.signals import (
    boilerplate,
    brackets,
    c4,
    characters,
    compression,
    damage,
    fineweb,
    hojichar,
    hojichar_bbs,
    hojichar_morphemes,
    language,
    lines,
    llmjp,
    markup,
    ngrams,
    paragraphs,
    sentences,
    swallow,
    words,
)
from curate.signals.text import Text, Values, batches
from seimai.errors import SeimaiError
from seimai.signal import Signal


class OfPoints(Protocol):
    """A family whose signals come from loops over code points."""

    @property
    def SIGNALS(self) -> Mapping[str, Signal]:
        """Names and definitions."""
        ...

    def measure(self, text: Text, names: Collection[str]) -> dict[str, Values]:
        """The named signals of each document."""
        ...


class OfText(Protocol):
    """A family whose signals come from the column of text: models, tokenisers, regular expressions."""

    @property
    def SIGNALS(self) -> Mapping[str, Signal]:
        """Names and definitions."""
        ...

    def measure(self, text: pl.Series, names: Collection[str]) -> dict[str, pl.Series]:
        """Those of the named signals that are this family's; loads nothing if none is."""
        ...


_OF_POINTS: Final[tuple[OfPoints, ...]] = (
    characters, sentences, lines, paragraphs, ngrams, markup, boilerplate, damage,
    swallow, language, hojichar, fineweb,
    brackets,
)  # fmt: skip
_OF_TEXT: Final[tuple[OfText, ...]] = (compression, hojichar_bbs, hojichar_morphemes, llmjp, words, c4)

SIGNALS: Final[Mapping[str, Signal]] = {
    name: signal for family in (*_OF_POINTS, *_OF_TEXT) for name, signal in family.SIGNALS.items()
}


def measure(rows: pl.DataFrame, names: Collection[str]) -> pl.DataFrame:
    """The named signals of the column `text`, in the order of the names; null where the text is null.

    Raises:
        SeimaiError: if a name is no signal.

    >>> rows = pl.DataFrame({"text": ["精米は、米を磨く。", "ﾃｽﾄ", None]})
    >>> measure(rows, ["chars", "hiragana_ratio"]).rows()
    [(9, 0.3333333333333333), (3, 0.0), (None, None)]
    """
    names = list(dict.fromkeys(names))
    if unknown := [name for name in names if name not in SIGNALS]:
        raise SeimaiError(f"no signal is called {unknown[0]!r}; there are {', '.join(SIGNALS)}")
    text = rows["text"]
    columns = _over_code_points(text, names)
    for family in _OF_TEXT:
        columns |= family.measure(text, names)
    known = text.is_not_null()
    frame = pl.DataFrame([columns[name].alias(name) for name in names])
    return frame if known.all() else frame.select(pl.when(known).then(pl.col(names)))


def _over_code_points(text: pl.Series, names: Collection[str]) -> dict[str, pl.Series]:
    wanted = [(f, [n for n in names if n in f.SIGNALS]) for f in _OF_POINTS]
    wanted = [(family, own) for family, own in wanted if own]
    parts: dict[str, list[Values]] = {name: [] for _, own in wanted for name in own}
    if wanted:
        for batch in batches(text):
            for family, own in wanted:
                for name, values in family.measure(batch, own).items():
                    parts[name].append(values)
    return {
        name: pl.Series(name, np.concatenate(p) if p else [], dtype=SIGNALS[name].dtype)
        for name, p in parts.items()
    }
