"""The first half of packing: the ids of each shard of the input, in scratch files.

A part is two flat files, `<number>.ids` and `<number>.lengths`; the second is written last, so a part that
has it is whole.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate.counting.tokenizer import Ids, batches, open_tokenizer
from seimai.dataset import write_atomically

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class PartTask:
    """One shard of the input and where its ids go."""

    number: int
    shard: Path
    folder: Path
    tokenizer: str
    end: int
    """The end-of-text token's id."""
    ids: str
    """Type of an id, as numpy names it."""

    @property
    def data(self) -> Path:
        """All ids, document after document."""
        return self.folder / f"{self.number:05d}.ids"

    @property
    def lengths(self) -> Path:
        """How many ids each row has, as int32: 0 for a row without text."""
        return self.folder / f"{self.number:05d}.lengths"


def write_part(task: PartTask) -> int:
    """Encode a shard's texts, each with the end-of-text token behind it; returns the number of rows."""
    if task.lengths.exists():
        return task.lengths.stat().st_size // 4
    tokenizer = open_tokenizer(task.tokenizer)
    texts = pl.read_parquet(task.shard, columns=["text"], hive_partitioning=False)["text"].fill_null("")
    lengths: list[Ids] = []
    with task.data.open("wb") as file:
        for some in batches(texts.to_list()):
            ids, counts = tokenizer.encode(some)
            joined, sizes = with_ends(ids, counts, task.end)
            file.write(joined.astype(task.ids).tobytes())
            lengths.append(sizes)
        file.flush()
        os.fsync(file.fileno())
    rows = np.concatenate([np.zeros(0, np.int32), *lengths])
    write_atomically(task.lengths, rows.tobytes())
    return len(rows)


def with_ends(ids: Ids, counts: Ids, end: int) -> tuple[Ids, Ids]:
    """Ids with `end` behind each document's, and the new lengths; an empty document stays empty.

    >>> ids, lengths = with_ends(np.array([5, 6, 7], np.int32), np.array([2, 0, 1], np.int32), 9)
    >>> ids.tolist(), lengths.tolist()
    ([5, 6, 9, 7, 9], [3, 0, 2])
    """
    full = counts > 0
    sizes = counts + full
    joined = np.empty(int(sizes.sum()), np.int32)
    ends = np.cumsum(sizes)[full] - 1
    text: NDArray[Any] = np.ones(joined.size, np.bool_)
    text[ends] = False
    joined[ends] = end
    joined[text] = ids
    return joined, sizes
