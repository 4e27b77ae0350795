"""The runner: makes what is missing, in order, and skips what is already made.

Killed anywhere and run again, it ends with the same datasets: a shard that is done has a record, a step
keeps what it must not do twice in its scratch folder, and a directory without a manifest is unfinished.
"""

import errno
import shutil
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

from seimai import selection, whole
from seimai.dataset import Dataset, Rows, Shard, write_manifest
from seimai.errors import SeimaiError, Waiting
from seimai.executor import LocalExecutor, RayExecutor
from seimai.job import Job
from seimai.ledger import Ledger
from seimai.lock import held
from seimai.manifest import Parts, finish
from seimai.plan import Pass, Planner
from seimai.progress import Display, rate_of
from seimai.recipe import Recipe
from seimai.rowwise import RECORDS, ShardTask, run_shard
from seimai.step import Rewrite, Selection, Training

WORK = ".work"


@dataclass
class Runner:
    """Runs a recipe below one output folder."""

    recipe: Recipe
    out: Path
    executor: LocalExecutor | RayExecutor
    display: Display
    labels: Literal["judge"] | None = None

    def run(self, names: Iterable[str]) -> tuple[list[Pass], list[Pass]]:
        """Make the named entries; returns all their passes, and those that had to be made.

        Raises:
            SeimaiError: for what the user can mend.
            Waiting: if people must label first.
        """
        with _clear_errors(self.out), _alone(self.out):
            names = list(names)
            passes = Planner(self.recipe, self.out, self.labels).plan(names)
            missing = to_make(passes, names)
            for done in passes:
                _sweep(done.directory, whole=done.whole)
            for number, todo in enumerate(missing, 1):
                self._make(todo, f"[{number}/{len(missing)}] {todo.name}")
        return passes, missing

    def _make(self, todo: Pass, label: str) -> None:
        started = time.monotonic()
        for folder in ("kept", "dropped", RECORDS, WORK):
            (todo.directory / folder).mkdir(parents=True, exist_ok=True)
        steps = ", ".join(s.path() for s in todo.steps) or "read"
        self.display.say(f"{label}: {steps}")
        parts = self._rowwise(todo, label) if todo.chain is not None else self._whole(todo, label)
        manifest = finish(todo, parts)
        _remove_strays(todo.directory, manifest)
        write_manifest(todo.directory, manifest)
        _sweep(todo.directory, whole=True)
        seconds = time.monotonic() - started
        Ledger(self.out).made(todo, manifest, seconds, self.executor.workers, parts.times)
        rows = f"{manifest['rows']['kept']:,} kept, {manifest['rows']['dropped']:,} dropped"
        what = "model written" if todo.kind == "model" else rows
        self.display.say(f"{label}: {what} [dim]({seconds:.1f} s)[/dim]")
        if parts.reasons and not manifest["rows"]["kept"]:
            most = max(parts.reasons, key=lambda reason: parts.reasons[reason])
            self.display.say(f"[yellow]{label}: no row is left; most went as {most}[/yellow]")

    def _rowwise(self, todo: Pass, label: str) -> Parts:
        # The largest first: a large one at the end would keep one worker busy while the others wait.
        tasks = sorted(shard_tasks(todo), key=lambda task: (-task.bytes, task.number))
        bar = self.display.bar(label, len(tasks), "shards")
        records = dict[int, dict[str, Any]]()
        rows = size = 0
        started = time.monotonic()
        for record, task in zip(self.executor.map(run_shard, tasks), tasks, strict=True):
            records[task.number] = record
            rows, size = rows + record["rows_in"], size + record["bytes_in"]
            bar.advance()
            rate = rate_of(size, time.monotonic() - started, "bytes")
            bar.note(f"{rows:,} rows, {rate} of text")
        parts = Parts()
        for task in sorted(tasks, key=lambda task: task.number):
            parts.add(records[task.number], task.shard)
        return parts

    def _whole(self, todo: Pass, label: str) -> Parts:
        step, rows = todo.steps[0], input_rows(todo)
        if not len(rows):
            if todo.may_be_empty and not isinstance(step, Training):
                return Parts(made=isinstance(step, Rewrite))
            raise SeimaiError(f"{todo.entry}: {step.path()} has no rows to work on; all were dropped before")
        job = Job(
            entry=todo.entry,
            seed=todo.seed,
            work=todo.directory / WORK,
            out=todo.directory / ("model" if isinstance(step, Training) else "captured"),
            executor=self.executor,
            bar=self.display.bar,
            places={
                value: (place.directory if isinstance(place, Pass) else place)
                for value, place in todo.references.items()
            },
            labels=self.labels,
        )
        match step:
            case Selection():
                return selection.select(step, rows, job, todo)
            case Rewrite():
                return whole.rewrite(step, rows, job, todo)
            case Training():
                return whole.train(step, rows, job)
            case _:
                raise SeimaiError(f"{step.path()} is of no known kind")


def to_make(passes: list[Pass], names: Iterable[str]) -> list[Pass]:
    """The passes to make, in order: what is named, and what an unmade pass reads.

    An intermediate pass whose entry is whole is not needed: `passes/` may be deleted at any time.
    """
    last = {p.entry: p for p in passes}
    wanted = {last[n].directory for n in names if not last[n].whole}
    for p in reversed(passes):
        if p.directory in wanted:
            wanted |= {n.directory for n in p.needs() if not n.whole}
    return [p for p in passes if p.directory in wanted]


def input_rows(todo: Pass) -> Rows:
    """The rows that a pass reads, parent after parent.

    Shards know the entry that they come from: the parent; or, within an entry and after one that joined
    several, the entry that they came from there.
    """
    shards: list[Shard] = []
    for parent in todo.parents:
        kept = Dataset(parent.directory).kept.shards
        joined = len(todo.parents) == 1 and len({s.entry for s in kept}) > 1
        deeper = joined or parent.entry == todo.entry
        shards += [replace(s, entry=s.entry if deeper else parent.entry) for s in kept]
    return Rows(tuple(shards))


def shard_tasks(todo: Pass) -> Iterator[ShardTask]:
    """One task a shard of the input, or a task of the reader."""
    chain = todo.chain
    if chain is None:
        raise SeimaiError(f"{todo.name} is no row-wise pass")
    if todo.source:
        for number, task in enumerate(todo.source.tasks()):
            spec = todo.source.spec
            yield ShardTask(number, chain, todo.directory, todo.number, read=task, spec=spec)
    elif todo.dropped:
        for number, shard in enumerate(Dataset(todo.parents[0].directory).dropped.shards):
            dropped = (todo.dropped, todo.incoming)
            yield ShardTask(number, chain, todo.directory, todo.number, shard=shard, dropped=dropped)
    else:
        for number, shard in enumerate(input_rows(todo).shards):
            yield ShardTask(number, chain, todo.directory, todo.number, shard=shard, forget=todo.forget)


def _sweep(directory: Path, *, whole: bool) -> None:
    """Remove what a killed run left: torn files, and the scratch of a dataset that is whole."""
    for file in (*directory.glob(".*.tmp"), *directory.glob("*/.*.tmp")):
        file.unlink(missing_ok=True)
    if whole:
        for folder in (RECORDS, WORK):
            shutil.rmtree(directory / folder, ignore_errors=True)
        for side in ("kept", "dropped"):
            if (directory / side).is_dir() and not any((directory / side).iterdir()):
                (directory / side).rmdir()


def _remove_strays(directory: Path, manifest: dict[str, Any]) -> None:
    """Remove shards that an attempt before this one wrote: globs over a side must find its rows only."""
    for side in ("kept", "dropped"):
        ours = {directory / shard["path"] for shard in manifest["shards"][side]}
        for file in (directory / side).glob("*.parquet"):
            if file not in ours:
                file.unlink()


@contextmanager
def _alone(out: Path) -> Generator[None]:
    """Hold the output folder, made if need be; a lock dies with its process."""
    out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(held(out / ".lock"))
        except BlockingIOError:
            raise SeimaiError(
                f"another run is working in {out}; wait for it or choose another --out"
            ) from None
        yield


@contextmanager
def _clear_errors(out: Path) -> Generator[None]:
    """Turn what the operating system says into a sentence."""
    try:
        yield
    except (SeimaiError, Waiting):
        raise
    except OSError as e:
        if e.errno in (errno.ENOSPC, errno.EDQUOT):
            free = shutil.disk_usage(out if out.exists() else Path.cwd()).free / 1e6
            raise SeimaiError(
                f"the disk of {out} is full ({free:.0f} MB free); "
                "make room and run again: what is done is kept"
            ) from e
        if e.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.EEXIST, errno.ENOTDIR):
            raise SeimaiError(
                f"{cast('str | None', e.filename) or out} cannot be written: {e.strerror}"
            ) from e
        raise
