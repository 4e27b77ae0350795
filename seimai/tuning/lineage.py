"""The steps that a dataset went through, built anew from the manifests of its entry's passes.

A *place* is where rows can end: neighbouring filters that decide together, a transform on which a row
fails, or a whole-dataset step that chooses. Rows that a `Rewrite` made begin there.
"""

import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from seimai.chain import READER_COLUMNS
from seimai.dataset import Dataset, open_dataset
from seimai.errors import SeimaiError
from seimai.find import step_class
from seimai.rows import Kind, schema
from seimai.signal import Signal, named
from seimai.step import Filter, Rewrite, Step, Transform


@dataclass(frozen=True)
class Place:
    """Where rows of an entry can end."""

    stage: int
    """Number of the pass in its entry."""
    steps: tuple[Step, ...]
    """Neighbouring filters, or one other step."""

    @property
    def filters(self) -> tuple[Filter, ...]:
        """The filters that decide here; none for another kind of step."""
        return tuple(s for s in self.steps if isinstance(s, Filter))

    @property
    def paths(self) -> tuple[str, ...]:
        """The steps' names."""
        return tuple(s.path() for s in self.steps)

    def touches(self, column: str, *, signal: bool) -> bool:
        """Whether a column's values are others after this place."""
        if self.filters:
            return False
        changes = self.steps[0].adds()
        return column in changes or (signal and "text" in changes)


@dataclass(frozen=True)
class Entry:
    """One entry of a recipe as its finished dataset tells it."""

    dataset: Dataset
    name: str
    kind: Kind
    places: tuple[Place, ...]
    first_stage: int
    """Rows of earlier passes were replaced by a `Rewrite` and are not looked at."""
    signals: Mapping[str, int]
    """Signals that the rows had when they came in, with their versions."""

    def filters(self) -> list[Filter]:
        """All filters, in order."""
        return [f for place in self.places for f in place.filters]

    def with_filter(self, place: int, number: int, new: Filter) -> "Entry":
        """The entry with one filter replaced."""
        steps = (*self.places[place].steps[:number], new, *self.places[place].steps[number + 1 :])
        places = (*self.places[:place], replace(self.places[place], steps=steps), *self.places[place + 1 :])
        return replace(self, places=places)


def open_entry(path: Path) -> Entry:
    """The entry whose last pass (or one before it) is the dataset at `path`.

    Raises:
        SeimaiError: if it is no dataset of rows with filters, a pass of it is gone, or a step of it has
            another version or other rules today.
    """
    dataset = open_dataset(path)
    if dataset.kind == "model":
        raise SeimaiError(f"{path} is a model: it has no filters")
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))  # a user's own steps beside the recipe
    passes = _passes(dataset)
    places: list[Place] = []
    first = 0
    for number, made in enumerate(passes):
        for step in (_step(call, path) for call in made.manifest["steps"]):
            if isinstance(step, Rewrite):
                places, first = [], number
            elif isinstance(step, Filter) and places and places[-1].filters and places[-1].stage == number:
                places[-1] = Place(number, (*places[-1].steps, step))
            else:
                places.append(Place(number, (step,)))
    if not any(p.filters for p in places):
        after = " after the step that made its rows" if first else ""
        raise SeimaiError(f"{path} has no filters{after}: there is no threshold to move")
    incoming = {} if first else _incoming(passes[0])
    entry = Entry(dataset, dataset.manifest["name"], dataset.kind, tuple(places), first, incoming)
    _check_signals(entry, passes)
    return entry


def _passes(last: Dataset) -> list[Dataset]:
    """The passes of a dataset's entry, from the first."""
    found = [last]
    while parents := _parents(found[0], own=True):
        (parent,) = parents
        at = _place_of(parent, last.path)
        if at is None:
            name = f"{parent['name']}-{parent['hash'][:8]}"
            raise SeimaiError(
                f"{last.path} was made from the pass {name}, which is gone: its filters cannot be told; "
                "make it again (delete the dataset and run the recipe)"
            )
        found.insert(0, Dataset(at))
    return found


def _parents(dataset: Dataset, *, own: bool) -> list[dict[str, Any]]:
    """The parents that are passes of the same entry, or those that are not."""
    name = dataset.manifest["name"]
    return [p for p in dataset.manifest["parents"] if (p["name"].partition(".")[0] == name) == own]


def _place_of(parent: Mapping[str, Any], beside: Path) -> Path | None:
    folder = beside.resolve().parent
    out = folder.parent if folder.name == "passes" else folder
    name = f"{parent['name']}-{parent['hash'][:8]}"
    return next((p for p in (out / "passes" / name, out / name) if Dataset.is_whole(p)), None)


def _incoming(first: Dataset) -> dict[str, int]:
    """Signals that all parents' rows have; nothing is claimed about parents that are gone."""
    places = [_place_of(p, first.path) for p in _parents(first, own=False)]
    if not places or None in places:
        return {}
    known = [Dataset(p).manifest["signals"] for p in places if p]
    return {n: v for n, v in known[0].items() if all(n in k for k in known)}


def _step(call: Mapping[str, Any], path: Path) -> Step:
    try:
        cls = step_class(call["step"])
    except SeimaiError as e:
        hint = "" if "needs the package" in str(e) else "; call seimai from the folder of the recipe"
        raise SeimaiError(f"{path}: {e}{hint}") from None
    computed = cls.model_computed_fields
    given = {k: v for k, v in call["parameters"].items() if k not in computed}
    if not issubclass(cls, Filter | Transform):
        return cls.model_construct(None, **given)  # what it does is not repeated: `changes` is enough
    if cls.version != call["version"]:
        raise SeimaiError(
            f"{path} was made by version {call['version']} of {call['step']}, and this is version "
            f"{cls.version}: run the recipe again"
        )
    try:
        step = cls.model_validate(given, by_alias=True, by_name=True)
    except ValidationError as e:
        why = e.errors()[0]["msg"]
        raise SeimaiError(f"{path}: {call['step']} does not take its parameters any more: {why}") from None
    if {k: v for k, v in step.shape().items() if k in call["parameters"]} != call["parameters"]:
        raise SeimaiError(
            f"{path} was made by other rules than {call['step']} has today: run the recipe again"
        )
    return step


def signals_of(step: Filter) -> Mapping[str, Signal]:
    """The signals of a filter's module."""
    module: Any = importlib.import_module(step.signals)
    return module.SIGNALS


def signals_named(step: Filter, columns: Sequence[str]) -> dict[str, Signal]:
    """The signals, and not other columns, that a filter names."""
    known = signals_of(step)
    return {n: known[n] for n in sorted(named(step.reasons().values())) if n in known and n not in columns}


def plain_columns(entry: Entry) -> frozenset[str]:
    """Columns that are no signals: those of the rows' kind, and those that steps change or add."""
    added = {c for p in entry.places if not p.filters for c in p.steps[0].adds()}
    return frozenset({*schema(entry.kind), *READER_COLUMNS, *added})


def _check_signals(entry: Entry, passes: Sequence[Dataset]) -> None:
    """Thresholds of today's signals say nothing about values that were measured otherwise."""
    plain = sorted(plain_columns(entry))
    for step in entry.filters():
        for name, signal in signals_named(step, plain).items():
            for made in passes[entry.first_stage :]:
                version = made.manifest["signals"].get(name, signal.version)
                if version != signal.version:
                    raise SeimaiError(
                        f"{entry.dataset.path}: the signal {name!r} was measured as version {version}, and "
                        f"this is version {signal.version}: run the recipe again"
                    )
