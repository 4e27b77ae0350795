"""Split into train, valid and test; near-duplicates stay on one side."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Self

import polars as pl
from pydantic import Field, model_validator

from curate.mixing.amount import has_column
from curate.mixing.parts import found_groups, known_groups, part_of
from seimai.errors import SeimaiError
from seimai.places import nearest
from seimai.rows import Kind
from seimai.step import Selection

if TYPE_CHECKING:
    from seimai.dataset import Rows
    from seimai.job import Job


class Split(Selection):
    """Assign rows to parts, and keep one part or all of them.

    A test document whose near-duplicate was trained on measures memory. So whole clusters of near-duplicates
    go to one part: those of `curate.near_dedup` when the rows carry them (`cluster`, `similarity`), else
    those that the same search finds here, at a similarity of 0.8. A `threshold` that is given has them
    searched in any case: 0.5 keeps together what a deduplication at 0.8 lets pass. Rows that `curate.mix`
    repeats stay together.

    The part follows from a hash of the cluster's first id and `seed`, not from the entry: `train` and `test`
    entries with equal `shares` fit together, and rows that are added move no other row but those of a cluster
    that they join to an earlier one. Shares are met on average.

    With `shares` and no `part` all rows stay, with their part in the column `part`; entries made from that
    one then take theirs with `part` alone. Rows of another part have the reason `in_` and its name. `group`
    is the id that decided.

    >>> from curate.mixing.parts import part_of
    >>> parts = part_of(pl.Series([f"米{n}" for n in range(1000)]), {"train": 0.9, "test": 0.1}, 0)
    >>> (parts == "test").sum()
    85
    """

    takes: ClassVar[Kind | None] = None
    changes: ClassVar[frozenset[str]] = frozenset({"part", "group"})

    part: str | None = Field(None, description="the part to keep; all of them if left out")
    shares: dict[str, float] | None = Field(
        None, description="share of each part; left out: the rows have a column `part` already"
    )
    threshold: float | None = Field(
        None, gt=0, le=1, description="least similarity of near-duplicates, to search for them in any case"
    )
    ngram: int = Field(5, ge=1, le=64, description="characters of a shingle, for the search")
    seed: int = Field(0, ge=0, description="another one gives another split; the same in all entries of one")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.shares is None:
            if self.part is None:
                raise ValueError("give shares, or the part to keep of rows that have one")
            if extra := self.model_fields_set & {"threshold", "ngram", "seed"}:
                raise ValueError(f"{min(extra)} needs shares: without them the parts are settled")
            return self
        if any(share <= 0 for share in self.shares.values()) or abs(sum(self.shares.values()) - 1) > 1e-6:
            raise ValueError("shares are above 0 and add up to 1")
        if self.part is not None and self.part not in self.shares:
            raise ValueError(f"no part {self.part!r}{nearest(self.part, self.shares)}")
        return self

    def select(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        """The part of every row; the rows of other parts than the one asked for go."""
        first = 0
        frames = self._settled(rows) if self.shares is None else self._assigned(rows, job)
        for frame in frames:
            numbers = pl.Series("row", range(first, first + frame.height), pl.UInt64)
            other = pl.lit(None, pl.String)
            if self.part is not None:
                other = pl.when(pl.col("part") != self.part).then(pl.lit("in_") + pl.col("part"))
            yield frame.select(numbers, other.alias("reason"), pl.all())
            first += frame.height

    def _settled(self, rows: "Rows") -> Iterator[pl.DataFrame]:
        if not has_column(rows, "part"):
            raise SeimaiError("curate.split: the rows have no column 'part'; give shares to split them here")
        yield from rows.frames(["part", "group"])

    def _assigned(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        clustered = has_column(rows, "cluster") and has_column(rows, "similarity")
        search = self.threshold is not None or (has_column(rows, "text") and not clustered)
        groups = found_groups(rows, job, self.ngram, self.threshold or 0.8) if search else known_groups(rows)
        for group in groups:
            part = part_of(group, self.shares or {}, self.seed)
            yield pl.DataFrame({"part": part, "group": group})
