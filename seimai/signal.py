"""Signals: numbers about a document that filters name and the runner computes on demand.

A signals module (ours is `curate.signals`) has two names, and nothing else is asked of it:

    SIGNALS: Mapping[str, Signal]
    def measure(rows: pl.DataFrame, names: Collection[str]) -> pl.DataFrame

`measure` returns exactly the named columns, one value a row, in one pass over the text.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import polars as pl


@dataclass(frozen=True)
class Signal:
    """What a signal is; enough to read its column without reading its code."""

    definition: str
    unit: str
    source: str = "seimai"
    dtype: type[pl.DataType] = pl.Float64
    version: int = 1
    costly: bool = False
    """Measured only for rows that nothing cheaper decides; null for all others (a tokeniser's signals)."""


class SignalModule(Protocol):
    """The two names that a signals module has."""

    SIGNALS: Mapping[str, Signal]

    def measure(self, rows: pl.DataFrame, names: Collection[str]) -> pl.DataFrame:
        """The named signals of each row, as columns."""
        ...


def named(expressions: Iterable[pl.Expr]) -> set[str]:
    """The columns that expressions name.

    >>> sorted(named([pl.col("hiragana_ratio") < 0.2, pl.col("chars") > pl.col("lines")]))
    ['chars', 'hiragana_ratio', 'lines']
    """
    return {name for e in expressions for name in e.meta.root_names()}
