"""Which responses stand on which side, over all rows: each counts once, and none is both good and bad."""

from typing import Any

import polars as pl

from generate.engine import Message
from generate.seeds import canonical
from seimai.rows import row_id

SCHEMA = pl.Schema({"key": pl.String(), "label": pl.Boolean(), "parent": pl.String()})


def key_of(prompt: list[Message], completion: list[Message]) -> str:
    """The name of a response to a prompt: the same whichever row it stands in."""
    return row_id(canonical(prompt), canonical(completion))


class Sides:
    """All responses with their labels; some 100 bytes each are held in memory."""

    def __init__(self) -> None:
        self._parts = [SCHEMA.to_frame()]
        self._settled: pl.DataFrame | None = None

    def add(self, found: list[dict[str, Any]]) -> None:
        """Take note of the responses of a frame: `key`, `label` and `parent`, the row that they stand in."""
        self._parts.append(pl.DataFrame(found, schema=SCHEMA))

    def verdicts(self, keys: list[str]) -> pl.DataFrame:
        """For each key whether the labels contradict, the row that gives it (`owner`), and all its rows.

        The owner is the row with the least id, so that it does not depend on the order of the rows.
        """
        if self._settled is None:
            self._settled = (
                pl.concat(self._parts)
                .group_by("key")
                .agg(
                    contradictory=pl.col("label").n_unique() > 1,
                    owner=pl.col("parent").min(),
                    parents=pl.col("parent").unique().sort(),
                )
            )
            self._parts.clear()
        return pl.DataFrame({"key": keys}, schema={"key": pl.String}).join(
            self._settled, on="key", how="left", maintain_order="left"
        )

    def counts(self) -> tuple[int, int, int]:
        """Good responses, bad ones, and those that are left out because they are both."""
        every = pl.concat(self._parts).unique(["key", "label"])
        both = every.filter(every["key"].is_duplicated())["key"].n_unique()
        good = int(every["label"].sum())
        return good - both, every.height - good - both, both
