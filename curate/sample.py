"""Draw a sample: of all rows, or so many of each kind."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import polars as pl
from pydantic import Field, field_validator, model_validator

from curate.mixing.amount import Unit, amount, check_sizes, common_unit
from curate.mixing.census import census, stratum_of
from curate.mixing.draw import DrawnTask, draw, drawn
from curate.mixing.shares import whole_numbers
from seimai.errors import SeimaiError
from seimai.places import nearest
from seimai.rows import Kind
from seimai.step import Selection

if TYPE_CHECKING:
    from seimai.dataset import Rows
    from seimai.job import Job


class Sample(Selection):
    """Draw rows by chance: a total, a share, or an amount of each stratum.

    A stratum is a value of `strata`: a column (`source`), a key of the reader's `meta` (`meta.year`), or an
    SQL expression over columns (`hiragana_ratio > 0.3`, `substr(url, 1, 20)`). `total` and `share` keep the
    strata's proportions. `each`, `quotas` and `shares` set their own and take all of a stratum that has less;
    rows of strata that `quotas` or `shares` do not name go.

    Amounts are documents, or `chars` or `tokens` where they say so (`total: 2B tokens`). A total is never
    exceeded, and reached exactly unless no exchange of documents reaches it.
    Whether a row is drawn depends on its id and the seed: a larger total holds nearly all of a smaller one.

    Rows that are not drawn have the reason `not_sampled`, those whose size is not known (a null in the
    column) `uncounted`.

    >>> step = Sample(strata="source", quotas={"law": "2M chars", "wiki": "500k chars"})
    >>> step.unit()
    'chars'
    """

    takes: ClassVar[Kind | None] = None

    total: int | str | None = Field(None, description="amount to draw of all: 1000, 2B tokens")
    share: float | None = Field(None, gt=0, le=1, description="share to draw of all")
    each: int | str | None = Field(None, description="amount to draw of each stratum")
    quotas: dict[str, int | str] | None = Field(None, description="amount to draw by stratum")
    shares: dict[str, float] | None = Field(None, description="share to draw by stratum")
    strata: str | None = Field(None, description="a column, meta.KEY or an SQL expression")
    by: Unit | None = Field(None, description="unit of amounts: documents (default), chars or tokens")
    column: str = Field("tokens", description="the column that holds the number of tokens")

    @field_validator("quotas", "shares", mode="before")
    @classmethod
    def _names(cls, given: Any) -> Any:
        """YAML reads `true:`, `null:` and `2024:` as other things than text."""
        if not isinstance(given, dict):
            return given
        named = cast("dict[Any, Any]", given)
        return {
            n if isinstance(n, str) else "null" if n is None else str(n).lower(): v for n, v in named.items()
        }

    @model_validator(mode="after")
    def _fits(self) -> Self:
        ways = ("total", "share", "each", "quotas", "shares")
        if sum(getattr(self, way) is not None for way in ways) != 1:
            raise ValueError(f"give one of {', '.join(ways)}")
        if self.strata is None and not (self.total or self.share):
            raise ValueError("each, quotas and shares need strata: what tells the rows apart")
        if any(not 0 <= share <= 1 for share in (self.shares or {}).values()):
            raise ValueError("shares lie between 0 and 1")
        stratum_of(self.strata)
        self.unit()
        return self

    def unit(self) -> Unit:
        """What amounts are counted in."""
        given = [self.total, self.each, *(self.quotas or {}).values()]
        return common_unit([a for a in given if a is not None], self.by, "documents")

    def select(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        """The rows that go."""
        unit = self.unit()
        check_sizes(rows, unit, self.column, self.path())
        stratum = stratum_of(self.strata)
        self._check(rows, stratum)
        found = census(rows, job, unit, self.column, lambda _: stratum)
        tasks = [*draw(found, self._targets(found.amounts()), job)]
        shards = [s for s in rows.shards if s.rows]
        bar = job.bar("drawing", len(rows), "rows")
        first = 0
        for shard, frame in zip(shards, job.executor.map(verdicts, tasks), strict=True):
            yield frame.with_columns(pl.col("row") + first)
            first += shard.rows
            bar.advance(shard.rows)

    def _check(self, rows: "Rows", stratum: pl.Expr) -> None:
        for shard in rows.shards:
            columns = pl.read_parquet_schema(shard.path)
            for name in stratum.meta.root_names():
                if name not in columns:
                    raise SeimaiError(
                        f"curate.sample: strata: the rows have no column {name!r}{nearest(name, columns)}"
                    )

    def _targets(self, there: dict[str, int]) -> dict[str, int]:
        """The amount to draw of each stratum that there is."""
        named = self.quotas or self.shares or {}
        for name in named:
            if name not in there:
                raise SeimaiError(f"curate.sample: no row has the stratum {name!r}{nearest(name, there)}")
        if self.quotas is not None:
            return {name: min(there[name], amount(a)[0]) for name, a in self.quotas.items()}
        if self.each is not None:
            return {name: min(has, amount(self.each)[0]) for name, has in there.items()}
        if self.shares is not None:
            return {name: round(share * there[name]) for name, share in self.shares.items()}
        all_ = sum(there.values())
        total = round((self.share or 0) * all_) if self.total is None else amount(self.total)[0]
        if total > all_:
            raise SeimaiError(
                f"curate.sample: a total of {total:,} {self.unit()} cannot be drawn from {all_:,}"
            )
        parts = {name: total * has / max(1, all_) for name, has in there.items()}
        return whole_numbers(parts, total, there)


def verdicts(task: DrawnTask) -> pl.DataFrame:
    """The rows of a shard that are not drawn, numbered from its first."""
    marks = drawn(task).with_row_index("row").filter(~pl.col("drawn"))
    reason = pl.when("known").then(pl.lit("not_sampled")).otherwise(pl.lit("uncounted"))
    return marks.select(pl.col("row").cast(pl.UInt64), reason.alias("reason"))
