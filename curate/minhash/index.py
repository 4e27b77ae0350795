"""An index of a release: what later releases need of its documents to find their duplicates."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.minhash.comparable import characters
from curate.minhash.digest import digests
from curate.minhash.signature import Permutations, signatures
from curate.minhash.wording import Shingles, compared
from seimai.dataset import Rows, Shard, open_dataset
from seimai.errors import SeimaiError


@dataclass(frozen=True)
class IndexTask:
    """One shard to index."""

    shard: Shard
    ngram: int
    shingles: Shingles
    permutations: Permutations


def index(task: IndexTask) -> pl.DataFrame:
    """One row a document: signature (little-endian words), digest (16 bytes) and length."""
    frame = pl.read_parquet(task.shard.path, columns=["id", "origin", "text"], hive_partitioning=False)
    text = compared(frame["text"], task.shingles)
    values = signatures(text, task.ngram, task.permutations).astype("<u4")
    words = digests(text).astype(">u8")
    return frame.select("id", "origin").with_columns(
        pl.Series("minhash", [row.tobytes() for row in values], pl.Binary),
        pl.Series("digest", [row.tobytes() for row in words], pl.Binary),
        pl.Series("chars", characters(text.data, text.offsets).astype(np.int64)),
    )


def index_rows(path: Path, ngram: int, shingles: Shingles, num_perm: int) -> Rows:
    """The rows of an index.

    Raises:
        SeimaiError: if the folder is no index, or one of other shingles or signatures.
    """
    dataset = open_dataset(path)
    steps: list[dict[str, Any]] = dataset.manifest["steps"]
    made = next((s["parameters"] for s in steps if s["step"] == "curate.near_index"), None)
    if made is None:
        raise SeimaiError(f"{path} is no index of curate.near_index")
    for name, wanted in (("ngram", ngram), ("shingles", shingles), ("num_perm", num_perm)):
        if made[name] != wanted:
            raise SeimaiError(
                f"{path} was made with {name}: {made[name]}, and curate.near_dedup has {name}: {wanted}"
            )
    return dataset.kept
