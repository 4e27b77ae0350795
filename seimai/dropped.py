"""Rows that another entry dropped, as what an entry is made from: to ask again, to look at, to save.

    again:
      from: {dropped: candidates, reasons: [failed]}
      steps: [generate.respond: {model: base, timeout: 1200}]
    all:
      from: [candidates, again]

A reason is written as the funnel shows it (`generate.respond.failed`), as a step (`curate.rules`: all that
it dropped) or as the adjective alone (`failed`, of any step). The rows come as the step that dropped them
got them, without what was measured on them.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from seimai.errors import SeimaiError
from seimai.places import nearest
from seimai.rows import Kind, schema

if TYPE_CHECKING:
    from seimai.plan import Pass


class Dropped(BaseModel):
    """The `from:` mapping of an entry that is made from dropped rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dropped: str = Field(description="the entry that dropped the rows")
    reasons: tuple[str, ...] = Field((), description="for which reasons; all, if none is named")

    def kind(self, passes: Iterable["Pass"]) -> Kind:
        """The kind of the rows: that which the named steps take.

        Raises:
            SeimaiError: if no step of the entry can have given such a reason, or steps that take rows of
                different kinds.
        """
        takes = dict(_steps(passes))
        for reason in self.reasons:
            if "." in reason and not any(_may_give(path, reason) for path in takes):
                raise SeimaiError(
                    f"{self.dropped} has no step that drops for {reason}{nearest(reason, takes)}"
                )
        kinds = set[Kind]()
        for path, kind in takes.items():
            if not self.reasons or any(_may_give(path, reason) for reason in self.reasons):
                kinds.add(kind)
        if len(kinds) != 1:
            message = f"steps of {self.dropped} that take {', '.join(sorted(kinds))} drop for these reasons"
            raise SeimaiError(f"{message}: name the step, as in {next(iter(takes))}.failed")
        return kinds.pop()

    def taken(self, rows: pl.DataFrame, kind: Kind) -> pl.DataFrame:
        """Those of a frame of dropped rows that are named, with the columns of their kind.

        >>> from seimai.rows import schema
        >>> rows = pl.DataFrame({"id": ["a", "b"], "text": ["お米", "精米"],
        ...     "dropped_by": ["curate.rules.too_short", "curate.read.failed"]})
        >>> Dropped(dropped="corpus", reasons=("too_short",)).taken(rows, "documents")["text"].to_list()
        ['お米']
        """
        by = pl.col("dropped_by")
        named = [(by == r) | by.str.starts_with(f"{r}.") | by.str.ends_with(f".{r}") for r in self.reasons]
        rows = rows.filter(pl.any_horizontal(named)) if named else rows
        columns = schema(kind)
        return rows.select(
            pl.col(c) if c in rows.columns else pl.lit(None, t).alias(c) for c, t in columns.items()
        )


def read_dropped(path: Path, spec: Dropped, kind: Kind) -> pl.DataFrame:
    """The named rows of one shard of a dropped side."""
    return spec.taken(pl.read_parquet(path, hive_partitioning=False), kind)


def _steps(passes: Iterable["Pass"]) -> Iterator[tuple[str, Kind]]:
    """The steps of an entry, and the kind of rows that each takes."""
    for made in passes:
        kind = made.incoming
        if made.source:
            yield "curate.read", kind
        for step in made.steps:
            yield step.path(), kind
            kind = step.makes(kind)


def _may_give(path: str, reason: str) -> bool:
    return "." not in reason or reason == path or reason.startswith(f"{path}.")
