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

    def by_license(self) -> dict[str | None, Totals]:
        """Totals by licence, most rows first."""
        found: dict[str | None, Totals] = {}
        for (_, license), totals in self.groups.items():
            found.setdefault(license, Totals()).merge(totals)
        return _largest_first(found)

    def by_source(self, most: int) -> "tuple[dict[str | None, Totals], dict[str | None, set[str | None]]]":
        """Totals by source, most rows first, and the licences of each.

        Sources that are paths or URLs are joined by their first parts when there are more than `most`:
        `site/lang/a.md` and `site/lang/b.md` are `site/lang/…`.
        """
        depth = max((source.count("/") for source, _ in self.groups if source), default=0) + 1
        while depth > 1 and len({_cut(source, depth) for source, _ in self.groups}) > most:
            depth -= 1
        found: dict[str | None, Totals] = {}
        licenses: dict[str | None, set[str | None]] = {}
        for (source, license), totals in self.groups.items():
            name = _cut(source, depth)
            found.setdefault(name, Totals()).merge(totals)
            licenses.setdefault(name, set()).add(license)
        return _largest_first(found), licenses


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


def _cut(source: str | None, depth: int) -> str | None:
    """The first parts of a source that has more.

    >>> _cut("github:site/lang/a.md", 2), _cut("github:site", 2)
    ('github:site/lang/…', 'github:site')
    """
    if source is None or source.count("/") < depth:
        return source
    return "/".join([*source.split("/")[:depth], "…"])


def _largest_first(groups: dict[str | None, Totals]) -> dict[str | None, Totals]:
    return dict(sorted(groups.items(), key=lambda item: (-item[1].rows, item[0] or "")))
