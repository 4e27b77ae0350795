"""From a recipe to passes: what is to be made, in which order, under which hash.

A *pass* is what runs in one go and ends in one immutable dataset: a chain of row-wise steps over the
shards of its input, or one whole-dataset step. An entry is one pass or several; the last bears the
entry's name, the others lie under `passes/` and make a changed later step cheap.
"""

import importlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import xxhash
from pydantic import ValidationError

from seimai.chain import Chain, compile_chain, grouped
from seimai.dataset import Dataset
from seimai.dropped import Dropped
from seimai.errors import SeimaiError
from seimai.find import located, reference, references
from seimai.fingerprint import Fingerprints
from seimai.outside import find_outside
from seimai.recipe import Entry, Recipe, parameter_error
from seimai.rows import Kind, schema
from seimai.step import Filter, Reference, Rewrite, Selection, Step, Transform

FORMAT = 2
"""Version of the dataset directory; part of every hash."""


@dataclass(frozen=True)
class Source:
    """Files that an entry reads, and the reader's own validated spec."""

    spec: Any
    folder: Path
    files: int

    def tasks(self) -> list[Any]:
        """The tasks that the reader cuts the files into; large files are read for it."""
        read: Any = importlib.import_module("curate.read")
        return read.tasks(self.spec, self.folder)


@dataclass(frozen=True)
class Pass:
    """One dataset to make."""

    entry: str
    name: str
    number: int
    """Of the passes of its entry, from 0."""
    steps: tuple[Step, ...]
    chain: Chain | None
    """The row-wise steps, compiled; None: `steps` is one whole-dataset step."""
    parents: tuple["Pass", ...]
    source: Source | None
    dropped: Dropped | None
    """Which of the rows that the parent dropped the pass reads; None: those that it kept."""
    references: Mapping[str, "Pass | Path"]
    """What `Ref` parameters stand for, by the value in the recipe."""
    incoming: Kind
    kind: Kind
    seed: int
    signals: Mapping[str, int]
    """Signals that the rows have as columns when the pass is done, with their versions."""
    columns: frozenset[str]
    """Other columns that steps added to those of the kind."""
    forget: tuple[str, ...]
    """Columns that only some of the parents have: all shards of a dataset have the same columns."""
    hash: str
    directory: Path

    @property
    def whole(self) -> bool:
        """Whether the dataset exists already."""
        return Dataset.is_whole(self.directory)

    @property
    def may_be_empty(self) -> bool:
        """Whether no rows are no mistake: the good case of an entry that asks again what failed."""
        return self.dropped is not None or any(p.entry == self.entry and p.may_be_empty for p in self.parents)

    def needs(self) -> "Iterable[Pass]":
        """The passes that this one reads."""
        return [*self.parents, *(r for r in self.references.values() if isinstance(r, Pass))]


@dataclass
class Planner:
    """Plans the entries of one recipe below one output folder."""

    recipe: Recipe
    out: Path
    labels: str | None = None
    _made: dict[str, tuple[Pass, ...]] = field(default_factory=dict[str, tuple[Pass, ...]])
    _open: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self._prints = Fingerprints(self.out)

    def plan(self, names: Iterable[str]) -> list[Pass]:
        """The passes of the named entries and of all that they need, in the order in which to make them.

        Raises:
            SeimaiError: for whatever can be known to be wrong before any work is done.
        """
        for name in names:
            self.entry(name)
        self._prints.save()
        return [p for passes in self._made.values() for p in passes]

    def entry(self, name: str) -> tuple[Pass, ...]:
        """The passes of one entry; those of the entries that it needs are planned before."""
        if name in self._made:
            return self._made[name]
        entry = self.recipe.entry(name)
        if name in self._open:
            ring = " -> ".join([*self._open[self._open.index(name) :], name])
            raise self.recipe.places.error((name,), f"is made from itself: {ring}")
        self._open.append(name)
        source = self._source(entry) if entry.files is not None else None
        parents = tuple(self.entry(p)[-1] for p in entry.parents)
        passes: list[Pass] = []
        dropped = entry.dropped
        groups = grouped(entry.steps, reads=not entry.parents or dropped is not None)
        for number, (first, steps) in enumerate(groups):
            last = number == len(groups) - 1
            made = self._pass(entry, number, first, steps, source, parents, dropped, last=last)
            passes.append(made)
            parents, source, dropped = (made,), None, None
        self._open.pop()
        self._made[name] = tuple(passes)
        return self._made[name]

    def _source(self, entry: Entry) -> tuple[Source, Kind, list[list[str]]]:
        read: Any = importlib.import_module("curate.read")
        places = self.recipe.places
        try:
            spec = read.Files.model_validate(entry.files)
        except ValidationError as e:
            raise parameter_error((entry.name, "from"), e, read.Files.model_fields, places) from None
        try:
            found: list[Path] = read.find(spec, self.recipe.folder)
            kind: Kind = read.kind_of(spec, self.recipe.folder)
        except SeimaiError as e:
            raise places.error((entry.name, "from", "files"), str(e)) from None
        prints = [[self._relative(p), self._prints.of_file(p)] for p in found]
        return Source(spec, self.recipe.folder, len(found)), kind, prints

    def _relative(self, path: Path) -> str:
        folder = self.recipe.folder
        return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()

    def _pass(
        self,
        entry: Entry,
        ordinal: int,
        first: int,
        steps: tuple[Step, ...],
        source: tuple[Source, Kind, list[list[str]]] | None,
        parents: tuple[Pass, ...],
        dropped: Dropped | None,
        *,
        last: bool,
    ) -> Pass:
        kinds: set[Kind] = {source[1]} if source else {p.kind for p in parents}
        if dropped:
            kinds = {self._kind_of_dropped(entry, dropped)}
        if len(kinds) > 1:
            raise self.recipe.places.error(
                (entry.name, "from"), f"mixes kinds of rows: {', '.join(sorted(kinds))}"
            )
        kind = incoming = kinds.pop()
        if kind == "model" and not steps:
            message = f"a model has no rows; steps take it as a parameter, such as model: {parents[0].entry}"
            raise self.recipe.places.error((entry.name, "from"), message)
        signals, columns, forget = _shared(() if dropped else parents)
        resolved = dict[str, Pass | Path]()
        identities: list[Any] = []
        for number, step in enumerate(steps, first):
            key = (entry.name, "steps", number)
            if not step.accepts(kind):
                message = f"{step.path()} takes {step.takes}, and here come {kind}"
                raise self.recipe.places.error(key, message)
            kind = step.makes(kind)
            identities.append(self._identity(step, (*key, step.path()), resolved))
        chain, seed = None, 0
        if all(isinstance(s, Transform | Filter) for s in steps):
            placed = self._placed(entry, first, steps, resolved)
            try:
                chain = compile_chain(placed, incoming, signals, columns)
            except SeimaiError as e:
                raise self.recipe.places.error((entry.name, "steps"), str(e)) from None
            signals, columns = chain.signals, columns | chain.added
        else:
            seed = xxhash.xxh32_intdigest(json.dumps([self.recipe.seed, entry.name, first]).encode())
            anew = isinstance(steps[0], Rewrite) and not steps[0].keeps_columns
            if anew or not isinstance(steps[0], Selection | Rewrite):
                signals, columns, forget = {}, frozenset[str](), ()  # new rows, or none
            elif "text" in steps[0].adds():
                signals, forget = {}, (*forget, *sorted(signals))
        if kind != "model":
            columns |= {c for s in steps for c in s.adds()} - set(schema(kind))
        shaped: dict[str, Any] = {
            "format": FORMAT,
            "reader": [importlib.import_module("curate.read").VERSION, source[0].spec.model_dump()]
            if source
            else None,
            "files": source[2] if source else None,
            "parents": [p.hash for p in parents],
            "steps": identities,
            "signals": chain.measured if chain else None,
            "seed": seed,
        }
        if dropped:
            shaped["dropped"] = sorted(dropped.reasons)
        text = json.dumps(shaped, sort_keys=True, ensure_ascii=False)
        digest = xxhash.xxh3_128_hexdigest(text.encode())
        name = entry.name if last else f"{entry.name}.{steps[-1].path()}" if steps else entry.name
        folder = self.out if last else self.out / "passes"
        return Pass(
            entry=entry.name,
            name=name,
            number=ordinal,
            steps=steps,
            chain=chain,
            parents=parents,
            source=source[0] if source else None,
            dropped=dropped,
            references=resolved,
            incoming=incoming,
            kind=kind,
            seed=seed,
            signals=signals,
            columns=columns,
            forget=forget,
            hash=digest,
            directory=folder / f"{name}-{digest[:8]}",
        )

    def _kind_of_dropped(self, entry: Entry, dropped: Dropped) -> Kind:
        try:
            return dropped.kind(self.entry(dropped.dropped))
        except SeimaiError as e:
            raise self.recipe.places.error((entry.name, "from", "reasons"), str(e)) from None

    def _placed(
        self, entry: Entry, first: int, steps: tuple[Step, ...], resolved: Mapping[str, Pass | Path]
    ) -> list[Step]:
        """The row-wise steps with places in their `Ref` parameters, checked unless an entry must be made."""
        places = {v: str(p.directory if isinstance(p, Pass) else p) for v, p in resolved.items()}
        placed = [located(step, places) for step in steps]
        for number, (step, given) in enumerate(zip(placed, steps, strict=True), first):
            values = [v for values in references(given).values() for v in values]
            if isinstance(step, Transform) and not any(isinstance(resolved.get(v), Pass) for v in values):
                try:
                    step.check()
                except SeimaiError as e:
                    key = (entry.name, "steps", number, step.path())
                    raise self.recipe.places.error(key, str(e)) from None
        return placed

    def _identity(
        self, step: Step, key: tuple[str | int, ...], resolved: dict[str, Pass | Path]
    ) -> list[Any]:
        """What of a step enters the hash: path, version, parameters with what they refer to."""
        refers: dict[str, str] = {}
        for parameter, values in references(step).items():
            for value in values:
                refers[value] = self._resolve(value, (*key, parameter), resolved, reference(step, parameter))
        parameters = step.shape()
        if isinstance(step, Rewrite) and step.asks_people:
            parameters["labels"] = self.labels
        return [step.path(), step.version, parameters, refers]

    def _resolve(
        self, value: str, key: tuple[str | int, ...], resolved: dict[str, Pass | Path], mark: Reference
    ) -> str:
        if value in self.recipe.entries and not mark.shipped:
            resolved[value] = self.entry(value)[-1]
            return cast("Pass", resolved[value]).hash
        folder, entries = self.recipe.folder, self.recipe.entries
        try:
            found = find_outside(value, mark, folder, entries, self._prints, self._relative)
        except SeimaiError as e:
            raise self.recipe.places.error(key, str(e)) from None
        if found.place:
            resolved[value] = found.place
        return found.digest


def _shared(parents: tuple[Pass, ...]) -> tuple[dict[str, int], frozenset[str], tuple[str, ...]]:
    """The signals and columns that all parents have, and those that only some have."""
    every = [frozenset(p.signals) | p.columns for p in parents]
    shared = frozenset[str].intersection(*every) if every else frozenset[str]()
    signals = {k: v for p in parents[:1] for k, v in p.signals.items() if k in shared}
    return signals, shared - set(signals), tuple(sorted(frozenset[str]().union(*every) - shared))
