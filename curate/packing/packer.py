"""Packing as a whole: documents to token files and one row a document that says where its tokens lie."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from curate.counting.tokenizer import TextTokenizer, open_tokenizer
from curate.packing.files import FILE_TOKENS, Cutter, Placed, tasks, write_file
from curate.packing.parts import PartTask, write_part
from seimai.dataset import Rows, Shard, write_atomically, write_parquet
from seimai.errors import SeimaiError
from seimai.exporting.indexed import id_type
from seimai.exporting.packed import ABOUT, PROBE
from seimai.job import Bar, Executor, Job
from seimai.rows import schema


@dataclass(frozen=True)
class Packer:
    """Packs the documents of a dataset into `job.out`."""

    tokenizer: str
    """The tokenizer's place."""
    end: str | None
    file_tokens: int

    def opened(self) -> tuple[TextTokenizer, int]:
        """The tokenizer and the id of the end-of-text token.

        Raises:
            SeimaiError: if the token is not in the vocabulary, or neither side names one.
        """
        tokenizer = open_tokenizer(self.tokenizer)
        end = self.end or tokenizer.end
        if end is None:
            raise SeimaiError(f"{self.tokenizer} names no end-of-text token: name one with `end`")
        number = tokenizer.id_of(end)
        if number is None:
            raise SeimaiError(f"the end-of-text token {end!r} is not in the vocabulary of {self.tokenizer}")
        return tokenizer, number

    def pack(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Write the files, then yield the rows; those without text come back as `empty`."""
        tokenizer, end = self.opened()
        ids = str(id_type(tokenizer.size))
        folder = job.work / "tokens"
        folder.mkdir(parents=True, exist_ok=True)
        parts = [
            PartTask(n, shard.path, folder, self.tokenizer, end, ids) for n, shard in enumerate(rows.shards)
        ]
        bar = job.bar("packing: tokens", len(rows), "rows")
        for done in job.executor.map(write_part, parts):
            bar.advance(done)
        shutil.rmtree(job.out, ignore_errors=True)
        job.out.mkdir(parents=True)
        cutter = Cutter(self.file_tokens)
        for shard, part in zip(rows.shards, parts, strict=True):
            placed = cutter.place(part.data, part.lengths)
            yield _rows(shard.path, placed)
        bar = job.bar("packing: files", len(cutter.files), "files")
        files = list[object]()
        for record in job.executor.map(write_file, tasks(cutter.files, job.out, ids)):
            files.append(record)
            bar.advance()
        probe = tokenizer.encode([PROBE])[0].tolist()
        about = {"id_type": ids, "vocabulary": tokenizer.size, "end": end, "probe": probe, "files": files}
        write_atomically(job.out / ABOUT, json.dumps(about, ensure_ascii=False, indent=1).encode())


def _rows(shard: Path, placed: Placed) -> pl.DataFrame:
    """A row for each document: its name in the corpus, and its place in the files."""
    wanted = schema("packed")
    known = [name for name in pl.read_parquet_schema(shard) if name in wanted]
    documents = pl.read_parquet(shard, columns=known, hive_partitioning=False)
    names = pl.Series(placed.files).cast(pl.String).str.zfill(5)
    frame = documents.with_columns(
        file="tokens-" + names,
        start=pl.Series(placed.starts),
        tokens=pl.Series(placed.lengths).cast(pl.Int64),
    )
    missing = [pl.lit(None, kind).alias(name) for name, kind in wanted.items() if name not in frame.columns]
    frame = frame.with_columns(missing).select(*wanted.names())
    return frame.with_columns(reason=pl.when(pl.col("tokens") == 0).then(pl.lit("empty")))


def packing_by(tokenizer: str, end: str | None) -> "partial[Rows]":
    """What `seimai export` packs by, given rows, scratch folder, target, executor and bar.

    Raises:
        SeimaiError: if the tokenizer cannot be used: said before any work.
    """
    packer = Packer(tokenizer, end, FILE_TOKENS)
    packer.opened()
    return partial(pack_apart, packer)


def pack_apart(
    packer: Packer,
    rows: Rows,
    work: Path,
    out: Path,
    executor: Executor,
    bar: Callable[[str, float, str], Bar],
) -> Rows:
    """Pack outside a recipe: token files go to `out`, the rows of documents with text to `work`."""
    job = Job("packed", 0, work, out, executor, bar)
    shards: list[Shard] = []
    for number, frame in enumerate(packer.pack(rows, job)):
        kept = frame.filter(pl.col("reason").is_null()).drop("reason")
        if kept.height:
            shards.append(Shard(work / f"rows-{number:05d}.parquet", kept.height))
            write_parquet(kept, shards[-1].path)
    return Rows(tuple(shards))
