"""From items to the distinct texts that are looked for, and the files that a search works from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.buffers import Integers
from curate.contamination.benchmarks import Item, Role
from curate.contamination.index import build, load
from curate.contamination.letters import Letters
from curate.contamination.rule import LEAST_EVIDENCE, Rule
from curate.contamination.symbols import Symbols, Unit, symbols_of

_MANY_WINDOWS: Final = 8
_SHORT_TEXT: Final = 18
"""Letters of a text of which one window is a third, and enough to compare it by edits."""

Sought = Literal["question", "answer", "either", "both"]
_ROLES: Mapping[Sought, tuple[Role, ...]] = {
    "question": ("question",),
    "answer": ("answer",),
    "either": ("question", "answer"),
    "both": ("question",),
}


@dataclass(frozen=True)
class Benchmarks:
    """The folder of an index and of the items it was made from.

    `items.parquet` has a row an item (`file`, `number`, `name`, `status` and its texts), `owners.parquet`
    one for each text of an item (`text`, `item`, `role`).
    """

    folder: Path
    sought: Sought
    unit: Unit
    rule: Rule

    @property
    def index(self) -> Path:
        """Where the index lies."""
        return self.folder / "index"

    def items(self) -> pl.DataFrame:
        """All items, in the order of their files."""
        return pl.read_parquet(self.folder / "items.parquet")

    def owners(self) -> pl.DataFrame:
        """The items of each text, in the order of the texts."""
        return pl.read_parquet(self.folder / "owners.parquet")

    def write(self, items: Iterable[Item]) -> None:
        """Read the items and index them; what was written is not written again."""
        if (self.folder / "done").exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        every = list(items)
        letters, owners = _distinct(every, _ROLES[self.sought], self.unit)
        files = pl.DataFrame({"file": [i.file for i in every]}).with_row_index("item")
        counted = owners.join(files, on="item").group_by("text", "file").agg(items=pl.col("item").n_unique())
        index = build(letters.letters, letters.widths, counted, self.rule.ngram)
        index.save(self.index)
        owners.write_parquet(self.folder / "owners.parquet")
        length = np.diff(index.letters[index.starts])
        states = pl.DataFrame({"letters": length, "weight": index.weight()}).with_row_index("text")
        _items(every, owners, states, self.rule).write_parquet(self.folder / "items.parquet")
        (self.folder / "done").touch()


@dataclass(frozen=True)
class _Texts:
    letters: Letters
    widths: Integers


def _distinct(items: Sequence[Item], roles: Sequence[Role], unit: Unit) -> tuple[_Texts, pl.DataFrame]:
    """The texts that differ in a letter, in their first order, and the items that have each."""
    item: list[int] = []
    role: list[str] = []
    text: list[str] = []
    for number, one in enumerate(items):
        for which, values in (("question", one.questions), ("answer", one.answers)):
            if which in roles:
                item += [number] * len(values)
                role += [which] * len(values)
                text += values
    found = symbols_of(pl.Series(text, dtype=pl.String), unit)
    keys = [
        found.letters.symbols[a:b].tobytes()
        for a, b in zip(found.letters.starts[:-1], found.letters.starts[1:], strict=True)
    ]
    numbers: dict[bytes, int] = {}
    first: list[int] = []
    texts: list[int] = []
    for n, key in enumerate(keys):
        if key not in numbers:
            numbers[key] = len(numbers)
            first.append(n)
        texts.append(numbers[key])
    owners = pl.DataFrame(
        {"text": texts, "item": item, "role": role},
        schema={"text": pl.UInt32, "item": pl.UInt32, "role": pl.String},
    )
    return _taken(found, first), owners.unique().sort("text", "item", "role")


def _taken(found: Symbols, texts: list[int]) -> _Texts:
    """Some of the texts."""
    letters, starts = found.letters, found.letters.starts
    parts = [np.arange(starts[n], starts[n + 1], dtype=np.int64) for n in texts]
    where = np.concatenate(parts) if parts else np.zeros(0, np.int64)
    new = np.concatenate([np.zeros(1, np.int64), np.cumsum([p.size for p in parts], dtype=np.int64)])
    widths = np.ones(where.size, np.int64) if found.widths is None else found.widths[where]
    return _Texts(Letters(letters.symbols[where], new, letters.first[where]), widths)


def _items(items: Sequence[Item], owners: pl.DataFrame, states: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The items with what becomes of them: `sought`, or why not: no_text, too_short, shared."""
    best = (
        owners.join(states, on="text").group_by("item").agg(pl.col("letters").max(), pl.col("weight").max())
    )
    status = (
        pl.when(pl.col("letters").fill_null(0) == 0)
        .then(pl.lit("no_text"))
        .when(pl.col("letters") < rule.ngram)
        .then(pl.lit("too_short"))
        .when(pl.col("weight") < LEAST_EVIDENCE)
        .then(pl.lit("shared"))
        .otherwise(pl.lit("sought"))
    )
    return (
        pl.DataFrame(
            {
                "file": [i.file for i in items],
                "number": [i.number for i in items],
                "name": [i.name for i in items],
                "question": [i.questions[0] if i.questions else None for i in items],
                "answers": [list(i.answers) for i in items],
            },
            schema_overrides={"question": pl.String, "answers": pl.List(pl.String)},
        )
        .with_row_index("item")
        .join(best, on="item", how="left", maintain_order="left")
        .with_columns(status=status)
        .drop("letters", "weight")
    )


@lru_cache(maxsize=2)
def least_hits(folder: Path) -> npt.NDArray[np.int32]:
    """The windows of each text that must be found before it is looked at: most are found once by chance.

    A text that is there whole shows all its windows, so two are asked of those that have eight; of texts with
    less than the least evidence more than there can be.
    """
    index = load(folder)
    windows = np.bincount(index.post_text, minlength=index.starts.size - 1)
    length = np.diff(index.letters[index.starts])
    few = np.where((windows >= _MANY_WINDOWS) & (length > _SHORT_TEXT), 2, 1)
    return np.where(index.weight() >= LEAST_EVIDENCE, few, np.iinfo(np.int32).max).astype(np.int32)
