"""What the card says of the rows themselves: totals by source and licence, and distributions of numbers."""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from seimai.exporting.histogram import Histogram


@dataclass
class Totals:
    """What rows of one source and licence add up to."""

    rows: int = 0
    characters: int = 0
    bytes: int = 0
    tokens: dict[str, int] = field(default_factory=dict[str, int])
    """By the column that holds the counts."""
    lengths: Histogram = field(default_factory=Histogram)
    """Characters of a document, or tokens where there is no text."""

    def merge(self, other: "Totals") -> None:
        """Add another one's."""
        self.rows += other.rows
        self.characters += other.characters
        self.bytes += other.bytes
        for name, tokens in other.tokens.items():
            self.tokens[name] = self.tokens.get(name, 0) + tokens
        self.lengths.merge(other.lengths)


Group = tuple[str | None, str | None]
"""Source and licence."""


@dataclass
class Summary:
    """The rows of a dataset, or of a part of it; merging is the same in any order."""

    groups: dict[Group, Totals] = field(default_factory=dict[Group, Totals])
    signals: dict[str, Histogram] = field(default_factory=dict[str, Histogram])

    def merge(self, other: "Summary") -> None:
        """Add another part."""
        for group, totals in other.groups.items():
            self.groups.setdefault(group, Totals()).merge(totals)
        for name, histogram in other.signals.items():
            self.signals.setdefault(name, Histogram()).merge(histogram)

    def total(self) -> Totals:
        """All groups together."""
        every = Totals()
        for totals in self.groups.values():
            every.merge(totals)
        return every

    def by(self, place: int) -> dict[str | None, Totals]:
        """Totals by source (0) or licence (1), largest first."""
        found: dict[str | None, Totals] = {}
        for group, totals in self.groups.items():
            found.setdefault(group[place], Totals()).merge(totals)
        return dict(sorted(found.items(), key=lambda item: (-item[1].rows, item[0] or "")))


def summarize(rows: pl.DataFrame, signals: Collection[str], tokens: Collection[str]) -> Summary:
    """Sum up a frame; `signals` and `tokens` are columns, those that it lacks are passed over."""
    summary = Summary()
    here = [name for name in tokens if name in rows.columns]
    none = pl.lit(None, pl.String)
    text = "text" in rows.columns
    length = pl.col("text").str.len_chars() if text else pl.col(here[0]) if here else none.cast(pl.Int64)
    frame = rows.select(
        *(pl.col(n) if n in rows.columns else none.alias(n) for n in ("source", "license")),
        *(pl.col(n).cast(pl.Int64).alias(f"tokens:{n}") for n in here),
        length=length.cast(pl.Int64),
        bytes=(pl.col("text").str.len_bytes() if text else pl.lit(0)).cast(pl.Int64),
    )
    for (source, license), part in frame.group_by("source", "license"):
        totals = Totals(
            part.height,
            int(part["length"].sum() or 0) if text else 0,
            int(part["bytes"].sum() or 0),
            {n: int(part[f"tokens:{n}"].sum() or 0) for n in here},
        )
        totals.lengths.add(part["length"].drop_nulls().to_numpy().astype(np.float64))
        summary.groups[_name(source), _name(license)] = totals
    for name in sorted(signals):
        if name in rows.columns and rows.schema[name].is_numeric():
            summary.signals[name] = Histogram()
            summary.signals[name].add(rows[name].drop_nulls().cast(pl.Float64).to_numpy())
    return summary


def _name(value: object) -> str | None:
    return None if value is None else str(value)
