"""Documents that a user trusts, measured as the filters of a dataset would see them."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from seimai.chain import Chain, Change, run_chain
from seimai.dataset import Dataset, open_dataset
from seimai.errors import SeimaiError
from seimai.signal import named
from seimai.step import Transform
from seimai.tuning.lineage import Entry, Place, plain_columns, signals_named


@dataclass(frozen=True)
class Trusted:
    """What the filters of each place see of the trusted documents."""

    places: dict[int, pl.DataFrame]
    """By place: the columns that its filters name, a row a document."""
    height: int
    failed: int
    """Documents that could not be read or processed."""
    how: str
    """How they were measured, in words."""


def measure(entry: Entry, path: Path) -> Trusted:
    """Measure a finished dataset, or files and folders of documents.

    Files go through the transforms of the entry up to each filter. The documents of a dataset have been
    through its own steps: they are taken as they are, with their stored signals.

    Raises:
        SeimaiError: if there is nothing to read, or its rows are of another kind.
    """
    if Dataset.is_whole(path):
        frames = list(_of_dataset(entry, open_dataset(path)))
        how = "their stored signals"
    else:
        frames = list(_of_files(entry, path))
        changes = [p.paths[0] for p in _to_last_filter(entry) if isinstance(p.steps[0], Transform)]
        how = f"measured after {', '.join(changes)}" if changes else "measured as they are"
    rows = pl.concat([f for f, _ in frames], how="diagonal_relaxed") if frames else pl.DataFrame()
    failed = sum(n for _, n in frames)
    if not rows.height:
        raise SeimaiError(f"--suggest {path}: no document could be read")
    places: dict[int, pl.DataFrame] = {}
    for number in (i for i, p in enumerate(entry.places) if p.filters):
        mine = [c for c in rows.columns if c.startswith(f"{number}:")]
        places[number] = rows.select(pl.col(c).alias(c.partition(":")[2]) for c in mine)
    return Trusted(places, rows.height, failed, how)


def _of_dataset(entry: Entry, dataset: Dataset) -> Iterator[tuple[pl.DataFrame, int]]:
    if dataset.kind != entry.kind:
        raise SeimaiError(
            f"--suggest {dataset.path}: it has {dataset.kind}, and {entry.name} has {entry.kind}"
        )
    versions: dict[str, int] = dataset.manifest["signals"]
    for frame in dataset.kept.frames():
        rows = frame
        for number in (i for i, p in enumerate(entry.places) if p.filters):
            rows = _seen(entry, number, rows, versions)
        yield _only(rows), 0


def _of_files(entry: Entry, path: Path) -> Iterator[tuple[pl.DataFrame, int]]:
    read: Any = importlib.import_module("curate.read")
    pattern = f"{path}/**/*" if path.is_dir() else str(path)
    spec = read.Files.model_validate({"files": pattern})
    try:
        kind = read.kind_of(spec, Path.cwd())
        tasks = read.tasks(spec, Path.cwd())
    except SeimaiError as e:
        raise SeimaiError(f"--suggest {path}: {e}") from None
    if kind != entry.kind:
        raise SeimaiError(f"--suggest {path}: it has {kind}, and {entry.name} has {entry.kind}")
    for task in tasks:
        for frame in read.read(task, spec):
            rows = run_chain(frame, Chain()).kept
            for number, place in enumerate(_to_last_filter(entry)):
                if place.filters:
                    rows = _seen(entry, number, rows, {})
                elif isinstance(place.steps[0], Transform):
                    rows = run_chain(rows, Chain((Change(place.steps[0], ()),))).kept
            yield _only(rows), frame.height - rows.height


def _to_last_filter(entry: Entry) -> tuple[Place, ...]:
    last = max(number for number, place in enumerate(entry.places) if place.filters)
    return entry.places[: last + 1]


def _seen(entry: Entry, number: int, rows: pl.DataFrame, stored: dict[str, int]) -> pl.DataFrame:
    """The rows with the columns that the filters of a place see, marked by its number.

    A stored signal is taken if all its values are there: a costly one is null where nothing hung on it.
    """
    plain = sorted(plain_columns(entry))
    for step in entry.places[number].filters:
        signals = signals_named(step, plain)
        have = {
            n
            for n, s in signals.items()
            if stored.get(n) == s.version and n in rows.columns and not (s.costly and rows[n].null_count())
        }
        missing = sorted(set(signals) - have)
        if missing:
            module: Any = importlib.import_module(step.signals)
            found: pl.DataFrame = module.measure(rows, missing)
            rows = rows.with_columns(found[n].alias(f"{number}:{n}") for n in missing)
        others = (named(step.reasons().values()) - set(missing)) & set(rows.columns)
        rows = rows.with_columns(pl.col(n).alias(f"{number}:{n}") for n in sorted(others))
    return rows


def _only(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("id", *(c for c in rows.columns if ":" in c))
