"""The kinds of steps: frozen parameters and one method each.

A step's name in a recipe is the path of its module: `curate.near_dedup` is the one step class that
`curate/near_dedup.py` defines, and a user's `mycompany.steps.strip_ids` works the same way.

| kind | sees | gives |
|---|---|---|
| `Transform` | a frame | the same rows, changed |
| `Filter` | signals | a reason for each row that must go |
| `Selection` | the whole dataset | a verdict for rows that must go |
| `Rewrite` | the whole dataset | new rows made from the old ones |
| `Training` | the whole dataset | a model |

Changing what a step computes bumps its `version`, which enters the hash of all that follows.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import polars as pl
from pydantic import BaseModel, ConfigDict

from seimai.rows import Kind

if TYPE_CHECKING:
    from seimai.dataset import Rows
    from seimai.job import Job


@dataclass(frozen=True)
class Reference:
    """Marks a parameter that names something outside the step: another entry, a path or a hub id.

    The runner resolves it in that order; what it finds enters the hash (an entry by its hash, files by
    their content, a hub id by its name). `Job.locate` gives the place; a row-wise step, which has no job,
    finds the place in the parameter itself.
    """

    shipped: Callable[[], Mapping[str, Path]] | None = None
    """Files that come with seimai, by the short names that recipes use (prompt templates): such a parameter
    names one of them or a file, and neither an entry nor a hub id."""
    check: Callable[[Path], object] | None = None
    """Raises a `SeimaiError` if a file cannot be used: asked before any work."""


Ref = Annotated[str, Reference()]


@dataclass(frozen=True)
class Aside:
    """Marks a parameter that says how the work is done and not what comes of it (a server's address).

    It enters neither hash nor manifest: another value makes no other dataset.
    """


class Step(BaseModel, ABC):
    """Frozen, validated parameters: the part that all kinds of steps share."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)

    version: ClassVar[int] = 1
    takes: ClassVar[Kind | None] = "documents"
    """The kind of rows the step takes; None: any."""
    gives: ClassVar[Kind | None] = None
    """The kind of rows the step gives; None: the kind it took."""
    changes: ClassVar[frozenset[str]] = frozenset()
    """Columns whose values the step changes or adds: signals measured on the old text are forgotten."""

    @classmethod
    def path(cls) -> str:
        """The step's name in a recipe, also inside its own process (`python -m train.dpo`)."""
        spec = sys.modules["__main__"].__spec__ if cls.__module__ == "__main__" else None
        return spec.name if spec else cls.__module__

    def shape(self) -> dict[str, Any]:
        """The parameters that shape what the step makes, as JSON: those that are not marked `Aside`."""
        fields = type(self).model_fields.items()
        aside = {name for name, f in fields if any(isinstance(m, Aside) for m in f.metadata)}
        return self.model_dump(mode="json", exclude=aside)

    def accepts(self, kind: Kind) -> bool:
        """Whether the step works on rows of a kind: `takes`, unless it says otherwise."""
        return self.takes in (None, kind)

    def makes(self, kind: Kind) -> Kind:
        """The kind of rows the step gives for rows of a kind: `gives`, unless it says otherwise."""
        return self.gives or kind

    def plain(self) -> frozenset[str]:
        """The `Ref` parameters that, as the others stand, name nothing here: a model on a server."""
        return frozenset()

    def adds(self) -> frozenset[str]:
        """The columns the step, with its parameters, changes or adds: `changes`, unless they name one."""
        return self.changes

    def note(self) -> str | None:
        """What follows from the parameters and a user should see before the work: `seimai plan` shows it."""
        return None


class Transform(Step):
    """Maps a frame to a frame with the same rows in the same order.

    A row that cannot be processed gets a text in the column `failed` (the runner drops it with the
    reason `failed` and that text); an exception costs only the rows that raise it.
    """

    changes: ClassVar[frozenset[str]] = frozenset({"text"})

    def check(self) -> None:
        """Raise a `SeimaiError` if a file that a parameter names cannot be used: asked before any work."""

    @abstractmethod
    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows, changed."""


class Filter(Step):
    """Says why a row must go; keeps no state and touches no row.

    The expressions name columns. Those that the rows do not have are signals: the runner has them
    measured by the module `signals` before it decides.
    """

    signals: ClassVar[str] = "curate.signals"

    @abstractmethod
    def reasons(self) -> dict[str, pl.Expr]:
        """From a reason (an adjective: `too_short`) to an expression that is true for bad rows."""


class Selection(Step):
    """Chooses among all rows of a dataset: duplicates, samples, splits."""

    @abstractmethod
    def select(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        """Yield frames of verdicts: `row` (number of the row in dataset order), `reason` (null keeps it).

        Rows come in ascending order, each at most once; those that are not named are kept. Other columns
        are joined to the rows they name, kept or dropped (a near-duplicate's `duplicate_of`). A column of
        the rows' kind (`text`) is their new value; null leaves it. A step that changes texts so has `text`
        among what it `adds`, and signals measured on the old ones are forgotten. Files that it writes into
        `job.out` stay in the dataset.
        """


class Rewrite(Step):
    """Makes new rows from all rows of a dataset: candidates from prompts, pairs from candidates."""

    asks_people: ClassVar[bool] = False
    """Whether people decide: `--labels judge` then makes another dataset than waiting for them does."""
    keeps_columns: ClassVar[bool] = False
    """Whether the new rows are old ones in another order or number, with all columns as they were: signals
    that were measured on them stay known."""

    @abstractmethod
    def rewrite(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        """Yield frames of new rows.

        `job.metrics["measures"]` is a list of {"step", "measure", "value", "unit"} ("share" is shown in per
        cent) that the runner prints as a table at the end, and `seimai show` with the dataset.

        Each new row keeps the `id` of the row it replaces or names it in `origin.parents`. A row that
        yields nothing is given back with a text in the column `reason`. The runner checks that no row
        of the input is unaccounted for.
        """


class Training(Step):
    """Makes a model in `job.out` from all rows of a dataset."""

    gives: ClassVar[Kind | None] = "model"

    @abstractmethod
    def train(self, rows: "Rows", job: "Job") -> dict[str, Any]:
        """Write the model into `job.out` and return its metrics (JSON) for the manifest.

        `metrics["before_after"]` is a list of {"measure", "on", "before", "after", "better": "lower" |
        "higher"} that the runner prints as one table at the end.
        """
