"""What a whole-dataset step gets beside its rows: a seed, places, all cores, a progress bar."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Bar(Protocol):
    """A progress bar; `advance` counts in the unit that it was opened with."""

    def advance(self, amount: float = 1) -> None:
        """Count work that was done."""
        ...

    def already(self, amount: float) -> None:
        """Count work that was done before this run: it says nothing about the speed."""
        ...

    def note(self, text: str) -> None:
        """Show a few words beside the bar: a loss, a waiting time."""
        ...


class Executor(Protocol):
    """Runs a function over tasks on all cores."""

    workers: int

    def map(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """Results in the order of the tasks. `work` is a module-level function, tasks are picklable."""
        ...


@dataclass(frozen=True)
class Job:
    """The surroundings of one run of a step.

    `seed` already differs between entries. `work` is a scratch directory that survives a kill: a step
    keeps there what it must not do twice; it goes when the dataset is whole. `out` is the folder for
    files that stay: a model, or answers from outside as they came (a `Rewrite` makes the folder itself).
    """

    entry: str
    seed: int
    work: Path
    out: Path
    executor: Executor
    bar: Callable[[str, float, str], Bar]
    """Opens a progress bar: label, total, unit ("rows", "steps", "bytes")."""
    places: Mapping[str, Path] = field(default_factory=dict[str, Path])
    metrics: dict[str, Any] = field(default_factory=dict[str, Any])
    """What a `Rewrite` measured: JSON that enters the manifest, so the same for the same inputs."""
    times: dict[str, Any] = field(default_factory=dict[str, Any])
    """What differs between equal runs, such as speeds: JSON that enters the ledger."""
    labels: Literal["judge"] | None = None
    """`judge`: a labelling step takes the judge's preference instead of waiting for people."""

    def locate(self, reference: str) -> str:
        """The place a `Ref` parameter stands for: an entry's folder, a path, or the hub id as it is."""
        return str(self.places.get(reference, reference))
