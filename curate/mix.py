"""Mix datasets: so much of each, by weight, temperature or epochs."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from curate.mixing.amount import Unit, amount, check_sizes, common_unit
from curate.mixing.census import census
from curate.mixing.columns import common_schema, fitted
from curate.mixing.repeat import account, entry_of, epochs, one_epoch, take
from curate.mixing.shares import mixture, proportions
from seimai.dataset import write_atomically
from seimai.errors import SeimaiError
from seimai.places import nearest
from seimai.rows import Kind
from seimai.step import Rewrite

if TYPE_CHECKING:
    from seimai.dataset import Rows
    from seimai.job import Job


class Mix(Rewrite):
    """Take so much of each dataset that the entry is made from, and no more.

    `weights` name the entries in `from`, or those that the one entry there joined; without them, datasets
    weigh what they hold. Weights are raised to the power 1 / `temperature`: above 1, small datasets get more
    than their share. `total` is never exceeded, and reached exactly unless no exchange of documents reaches
    it; without it, the mixture is as large as the weights allow. `epochs` says by hand how often each dataset
    is read, in place of all this.

    Datasets that are smaller than their part are repeated, at most `max_epochs` times: up to four epochs are
    nearly as good as new text (Muennighoff et al. 2023). A repeated row has a new id, made of the old one and
    the epoch, the old one in `origin.parents`, and the id of the row that it repeats in `copy_of`. `entry`
    and `epoch` (from 0) say where a row comes from. Rows come in the order of the datasets, epoch after
    epoch: `curate.shuffle` mixes them.

    Rows that are not taken have the reason `not_sampled`; those whose size is not known, `uncounted`. What
    was taken of each dataset is written to `captured/mixture.json`.

    >>> Mix(weights={"law": 2, "wiki": 1}, total="100M tokens").unit()
    'tokens'
    """

    takes: ClassVar[Kind | None] = None
    changes: ClassVar[frozenset[str]] = frozenset({"entry", "epoch", "copy_of"})
    keeps_columns: ClassVar[bool] = True

    weights: dict[str, float] | None = Field(
        None, description="weight of each entry; their sizes if left out"
    )
    temperature: float = Field(1, gt=0, description="weights are raised to the power 1 / temperature")
    total: int | str | None = Field(None, description="amount of the mixture: 100M chars, 2B tokens")
    epochs: dict[str, float] | None = Field(
        None, description="how often each entry is read: {law: 3, wiki: 0.5}"
    )
    max_epochs: float = Field(1, gt=0, le=1000, description="how often an entry is read at most")
    when_short: Literal["stop", "fill"] = Field(
        "stop", description="when an entry cannot give its share: stop, or have the others fill its place"
    )
    by: Unit | None = Field(None, description="unit of amounts: chars (default), tokens or documents")
    column: str = Field("tokens", description="the column that holds the number of tokens")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.epochs is not None and self.model_fields_set & {
            "weights",
            "total",
            "temperature",
            "max_epochs",
        }:
            raise ValueError("epochs stand in place of weights, total, temperature and max_epochs")
        if any(not 0 < value < 1e12 for value in (self.weights or {}).values()):
            raise ValueError("weights are numbers above 0")
        if any(not 0 <= value <= 1000 for value in (self.epochs or {}).values()):
            raise ValueError("epochs lie between 0 and 1000")
        if self.when_short == "fill" and self.total is None:
            raise ValueError("when_short: fill needs a total to fill")
        self.unit()
        return self

    def unit(self) -> Unit:
        """What amounts are counted in."""
        return common_unit([] if self.total is None else [self.total], self.by, "chars")

    def note(self) -> str | None:
        """The shares that follow from the weights."""
        if self.weights is None:
            return None
        shares = proportions(self.weights, self.temperature)
        return ", ".join(f"{100 * share:.3g} % {name}" for name, share in shares.items())

    def rewrite(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        """The rows of each dataset, epoch after epoch; in the first, those that are not taken too."""
        unit = self.unit()
        check_sizes(rows, unit, self.column, self.path())
        found = census(rows, job, unit, self.column, lambda shard: pl.lit(entry_of(shard, job)))
        there = {entry_of(shard, job): 0 for shard in rows.shards if shard.rows} | found.amounts()
        every = take(rows, job, found, self._targets(there))
        job.out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(account(every, there, unit), ensure_ascii=False, indent=1)
        write_atomically(job.out / "mixture.json", text.encode())
        schema = common_schema(rows)
        reads = [*epochs(every)]
        bar = job.bar("mixing", sum(taken.shard.rows for taken, _ in reads), "rows")
        for taken, epoch in reads:
            frame = pl.read_parquet(taken.shard.path, hive_partitioning=False)
            yield one_epoch(fitted(frame, schema), taken, epoch, job.seed)
            bar.advance(taken.shard.rows)

    def _targets(self, there: Mapping[str, int]) -> dict[str, int]:
        """The amount to take of each entry."""
        for named in (self.weights, self.epochs):
            self._check_names(named, there)
        if self.epochs is not None:
            return {name: round(times * there[name]) for name, times in self.epochs.items()}
        if empty := [name for name, has in there.items() if not has]:
            raise SeimaiError(f"curate.mix: {empty[0]} has no {self.unit()} to take")
        shares = proportions(self.weights or there, self.temperature)
        total = None if self.total is None else amount(self.total)[0]
        try:
            return mixture(there, shares, total, self.max_epochs, fill=self.when_short == "fill")
        except SeimaiError as e:
            raise SeimaiError(f"curate.mix, in {self.unit()}: {e}") from None

    def _check_names(self, named: Mapping[str, float] | None, there: Mapping[str, int]) -> None:
        if named is None:
            return
        for name in named:
            if name not in there:
                raise SeimaiError(
                    f"curate.mix: no rows come from an entry {name!r}{nearest(name, there)}; "
                    f"here are {', '.join(there)}"
                )
        if missing := [name for name in there if name not in named]:
            raise SeimaiError(f"curate.mix: {', '.join(missing)} has no weight: name every entry of `from`")
