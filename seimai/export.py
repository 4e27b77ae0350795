"""`seimai export`: a dataset as files for others, with a card that says what it is.

    DIR/
        README.md                        the card
        data/train-00000-of-00002.parquet
        tokens/tokens-00000.bin ...      with --format packed
        SHA256SUMS

Killed and run again, it goes on with the files that are missing. Same dataset, same bytes, whatever the
number of workers and the shards that the dataset is kept in.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from seimai.dataset import Dataset, Rows, Shard, open_dataset, write_atomically
from seimai.errors import SeimaiError
from seimai.executor import LocalExecutor
from seimai.exporting.ancestry import ancestry, short
from seimai.exporting.card import Card, tokenizer_columns
from seimai.exporting.cuts import Cuts, ExportShard, SurveyTask, survey
from seimai.exporting.front_matter import front_matter
from seimai.exporting.packed import ABOUT, open_packed
from seimai.exporting.shards import Format, WriteTask, Written, described, write_shard
from seimai.exporting.summary import Summary
from seimai.job import Bar, Executor
from seimai.places import nearest
from seimai.progress import Display

STATE = ".seimai-export"
ExportFormat = Literal["parquet", "jsonl", "jsonl.zst", "packed"]
Packing = Callable[[Rows, Path, Path, Executor, Callable[[str, float, str], Bar]], Rows]
"""Packs documents: rows, scratch folder, folder for token files; gives the rows of places."""


@dataclass(frozen=True)
class Order:
    """What to export, and how."""

    path: Path
    to: Path
    form: ExportFormat
    shard_bytes: int
    languages: Sequence[str] = ("ja",)
    packing: Packing | None = None
    packed_by: str | None = None
    """The tokenizer that `packing` uses, as the user named it."""
    end: str | None = None
    """The end-of-text token that the user named."""

    def identity(self, dataset: Dataset) -> str:
        """What tells one export from another: a folder holds one."""
        what = [dataset.hash, self.form, self.shard_bytes, list(self.languages), self.packed_by, self.end]
        return json.dumps(what)


def exported_form(name: str) -> ExportFormat:
    """The format of a name.

    Raises:
        SeimaiError: if there is none of this name; the nearest one is named.
    """
    for form in get_args(ExportFormat):
        if form == name:
            return form
    raise SeimaiError(f"--format {name}: no such format{nearest(name, get_args(ExportFormat))}")


def export(order: Order, executor: Executor, bar: Callable[[str, float, str], Bar]) -> list[Written]:
    """Write the files, their checksums and the card; returns the files of rows and tokens.

    An export that is there already is left as it is, and nothing is returned.

    Raises:
        SeimaiError: if the dataset has no rows, or the folder holds something else.
    """
    dataset = open_dataset(order.path)
    if order.form == "packed" and dataset.kind != "packed":
        if dataset.kind != "documents":
            raise SeimaiError(f"--format packed takes documents, and {order.path} holds {dataset.kind}")
        if order.packing is None:
            raise SeimaiError("--format packed needs --tokenizer, or a dataset that curate.pack made")
    if _is_done(order, dataset):
        return []
    if dataset.kind in ("model", "index") or not len(dataset.kept):
        raise SeimaiError(
            f"{order.path} has no rows to export: it is a {dataset.kind} of {len(dataset.kept)}"
        )
    work = _begin(order, dataset)
    lineage = ancestry(dataset)
    tokenizers = tokenizer_columns(lineage)
    signals = tuple(sorted(dataset.manifest["signals"]))
    rows = dataset.kept
    tokens: list[Written] = []
    schema, summary, shards = _survey(rows, signals, tuple(tokenizers), order.shard_bytes, executor, bar)
    if order.form == "packed":
        rows = _packed_rows(order, dataset, work, executor, bar)
        tokens = [described(f, "tokens", 0) for f in sorted((order.to / "tokens").iterdir())]
        schema, counted, shards = _survey(rows, (), ("tokens",), order.shard_bytes, executor, bar)
        if order.packed_by:
            tokenizers = {**tokenizers, "tokens": short(order.packed_by)}
            _take_counts(summary, counted)
    form: Format = "parquet" if order.form == "packed" else order.form
    files = _write(order.to / "data", shards, form, schema, executor, bar)
    every = [w for some in files.values() for w in some] + tokens
    pattern = f"data/{{split}}-*.{form}"
    licenses = list(summary.by_license())
    front = front_matter(dataset.manifest["name"], order.languages, licenses, schema, files, pattern)
    card = Card(dataset.manifest, lineage, summary, files, tokens, tokenizers, front)
    _finish(order.to, every, card.text())
    return every


def export_with(order: Order, workers: int | None) -> str:
    """Export on so many processes; returns what to tell."""
    executor = LocalExecutor(workers)
    try:
        with Display() as display:
            files = export(order, executor, display.bar)
    finally:
        executor.close()
    if not files:
        return f"Nothing to do: {order.to} holds this export."
    return f"{order.to}: {len(files)} files, {sum(f.bytes for f in files) / 1e6:.1f} MB, and README.md"


def _is_done(order: Order, dataset: Dataset) -> bool:
    """The card is written last."""
    known = order.to / STATE / "order.json"
    there = (order.to / "README.md").is_file() and known.is_file()
    return there and known.read_text("utf-8") == order.identity(dataset)


def _begin(order: Order, dataset: Dataset) -> Path:
    """The scratch folder of this export in the target folder."""
    state = order.to / STATE
    if order.to.exists() and not order.to.is_dir():
        raise SeimaiError(f"--to {order.to} is a file")
    if order.to.is_dir() and any(order.to.iterdir()) and not (state / "order.json").is_file():
        raise SeimaiError(f"--to {order.to} is not empty: choose a new folder")
    state.mkdir(parents=True, exist_ok=True)
    known = state / "order.json"
    identity = order.identity(dataset)
    if known.is_file() and known.read_text("utf-8") != identity:
        raise SeimaiError(f"--to {order.to} holds another export: choose a new folder or remove it")
    write_atomically(known, identity.encode())
    (order.to / "data").mkdir(exist_ok=True)
    for torn in order.to.rglob(".*.tmp"):
        torn.unlink()
    return state


def _survey(
    rows: Rows,
    signals: tuple[str, ...],
    tokens: tuple[str, ...],
    shard_bytes: int,
    executor: Executor,
    bar: Callable[[str, float, str], Bar],
) -> tuple[pl.Schema, Summary, dict[str, Sequence[ExportShard]]]:
    """Columns, totals and the cuts between files, from one look at all rows."""
    cuts, summary, empty = Cuts(shard_bytes), Summary(), pl.DataFrame()
    shown = bar("export: measuring", len(rows), "rows")
    tasks = [SurveyTask(shard.path, signals, tokens) for shard in rows.shards]
    for found in executor.map(survey, tasks):
        cuts.add(found.path, found.sizes)
        summary.merge(found.summary)
        empty = pl.concat([empty, pl.DataFrame(schema=found.schema)], how="diagonal_relaxed")
        shown.advance(sum(len(sizes) for sizes in found.sizes.values()))
    return empty.schema, summary, cuts.shards()


def _write(
    folder: Path,
    shards: dict[str, Sequence[ExportShard]],
    form: Format,
    schema: pl.Schema,
    executor: Executor,
    bar: Callable[[str, float, str], Bar],
) -> dict[str, list[Written]]:
    """The files of rows, by split."""
    tasks = [
        WriteTask(shard, folder / f"{split}-{number:05d}-of-{len(some):05d}.{form}", form, schema)
        for split, some in shards.items()
        for number, shard in enumerate(some)
    ]
    shown = bar("export: writing", len(tasks), "files")
    files: dict[str, list[Written]] = {}
    for written in executor.map(write_shard, tasks):
        files.setdefault(written.split, []).append(written)
        shown.advance()
    return files


def _packed_rows(
    order: Order, dataset: Dataset, work: Path, executor: Executor, bar: Callable[[str, float, str], Bar]
) -> Rows:
    """Put token files into `tokens/`; returns the rows that say where documents lie in them."""
    target = order.to / "tokens"
    if order.packing is None or dataset.kind == "packed":
        packed = open_packed(dataset.path / "captured")
        target.mkdir(exist_ok=True)
        for name in (*(f"{n}{end}" for n in packed.names for end in (".bin", ".idx")), ABOUT):
            _copy(packed.folder / name, target / name)
        return dataset.kept
    done = work / "rows.json"
    if done.exists():
        return Rows(tuple(Shard(work / name, n) for name, n in json.loads(done.read_text("utf-8"))))
    rows = order.packing(dataset.kept, work, target, executor, bar)
    write_atomically(done, json.dumps([[s.path.name, s.rows] for s in rows.shards]).encode())
    return rows


def _copy(source: Path, target: Path) -> None:
    """Copy a file, whole or not at all; one that is there is not copied again."""
    if target.exists():
        return
    temporary = target.with_name(f".{target.name}.tmp")
    shutil.copyfile(source, temporary)
    temporary.replace(target)


def _take_counts(summary: Summary, counted: Summary) -> None:
    """Put the counts of tokens that packing gave into the documents' totals."""
    for group, totals in counted.groups.items():
        if group in summary.groups:
            summary.groups[group].tokens["tokens"] = totals.tokens.get("tokens", 0)


def _finish(folder: Path, files: Sequence[Written], card: str) -> None:
    """Checksums, then the card: with it the export is whole."""
    lines = [f"{w.sha256}  {w.file.relative_to(folder).as_posix()}\n" for w in files]
    write_atomically(folder / "SHA256SUMS", "".join(lines).encode())
    for scratch in (folder / STATE).glob("*"):
        if scratch.is_dir():
            shutil.rmtree(scratch)
        elif scratch.name != "order.json":
            scratch.unlink()
    write_atomically(folder / "README.md", card.encode())
