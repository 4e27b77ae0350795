"""One set of columns for rows that come from several datasets."""

import polars as pl

from seimai.dataset import Rows


def common_schema(rows: Rows) -> pl.DataFrame:
    """An empty frame with the columns of all shards, in types that hold the values of each."""
    schemas: list[pl.Schema] = []
    for shard in rows.shards:
        schema = pl.Schema(pl.read_parquet_schema(shard.path))
        if schema not in schemas:
            schemas.append(schema)
    return pl.concat([pl.DataFrame(schema=s) for s in schemas], how="diagonal_relaxed")


def fitted(frame: pl.DataFrame, to: pl.DataFrame) -> pl.DataFrame:
    """The rows with all columns of the schema, in its order; what a row lacks is null.

    >>> fitted(pl.DataFrame({"b": [1]}), pl.DataFrame(schema={"a": pl.String, "b": pl.Int64})).row(0)
    (None, 1)
    """
    return pl.concat([to.clear(), frame], how="diagonal_relaxed")
