"""Lines, paragraphs or sentences that many documents have go, unless they are those texts' own wording."""

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

import polars as pl
from pydantic import Field, field_validator

from seimai.step import Ref, Rewrite

if TYPE_CHECKING:
    from pathlib import Path

    from curate.units.clean import CleanTask
    from curate.units.count import ShardTask
    from seimai.dataset import Rows
    from seimai.job import Job


class LineDedup(Rewrite):
    r"""Remove lines (paragraphs, sentences) that other documents have too, wherever in a text they stand.

    A unit recurs if it stands in at least `documents` documents of the dataset (compared in NFKC and without
    white space); with `keep: first` the first document that has it keeps it. With `documents: 2` and
    `places: null` a paragraph goes if an earlier document has it, as in CCNet (Wenzek et al. 2020).

    So that laws and licences are not shredded, what recurs goes only

    - as a passage of at least `min_chars` characters: units that stand side by side in 80 % of the documents
      that have them. A clause of a law stands in ever other company; a notice, a menu, a page's foot in the
      same one;
    - where passages leave at most `places` gaps in a document's midst, and units without company only where
      one is the only such gap. Laws, manuals of one make and templates recur in dozens of places, and
      stay whole; text around an article is in few;
    - outside of code between ``` or ~~~, and unless its wording is that of a law or a licence, or matches
      `protect`, or stands in the file `protected`, or the row is one of `protect_rows`.

    `curate.boilerplate` is the other step for lines: it counts within one site, and takes off what hangs at
    both ends of a page, down to lines of a few characters. It is for menus. This one knows no sites and no
    ends: it is for notices, advertisements, quoted and copied passages in the midst of texts, in a corpus
    from many places. Run it after `curate.boilerplate` and after `curate.near_dedup` (copies recur too).

    `units_removed` and `unit_chars_removed` count what went of each row; a row of which nothing is left is
    dropped (`emptied`), with its text. `captured/removed_units.jsonl` in the dataset lists every unit that
    went, with its documents and how often it went.

    >>> from curate.units.pieces import keys_of, pieces
    >>> texts = pl.Series(["無断転載を禁じます。\n糠。", "　無断転載を 禁じます。"])
    >>> keys, chars = keys_of(pieces(texts, "line"))
    >>> bool(keys[0] == keys[2]), chars.tolist()
    (True, [10, 2, 10])
    """

    changes: ClassVar[frozenset[str]] = frozenset({"text", "units_removed", "unit_chars_removed"})

    unit: Literal["line", "paragraph", "sentence"] = Field("line", description="what is compared")
    documents: int = Field(10, ge=2, description="least number of documents that have what recurs")
    keep: Literal["first", "none"] = Field(
        "first", description="whether the first document that has a unit keeps it"
    )
    min_chars: int = Field(30, ge=1, description="characters, without white space, of a passage that goes")
    places: int | None = Field(
        2, ge=0, description="gaps left in a document's midst; null: no guard, single units go everywhere"
    )
    mask: str | None = Field(None, description="text in the place of each run of units that goes")
    protect: list[str] = Field([], description="regular expressions of units that stay")
    protected: Ref | None = Field(None, description="a file with a unit a line that stays")
    protect_rows: dict[str, list[str]] = Field(
        {},
        description="from a column (source, license) or host to regular expressions: such rows stay",
    )

    @field_validator("protect", "protect_rows")
    @classmethod
    def _patterns(cls, given: list[str] | dict[str, list[str]]) -> list[str] | dict[str, list[str]]:
        for pattern in given if isinstance(given, list) else [p for some in given.values() for p in some]:
            try:
                re.compile(f"(?:{pattern})")
            except re.error as e:
                raise ValueError(f"{pattern!r} is no regular expression: {e}") from None
        return given

    def rewrite(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        """Yield the shards without the units that go."""
        from curate.minhash.sketch import shards
        from curate.units.account import write_account
        from curate.units.clean import clean
        from curate.units.count import ShardTask

        folder = job.work / "units"
        folder.mkdir(parents=True, exist_ok=True)
        tasks = [ShardTask(path, first, folder, self.unit) for path, first, _ in shards(rows)]
        bar = job.bar("line_dedup: writing", len(rows), "rows")
        accounts: list[Path] = []
        for cleaned, account in job.executor.map(clean, self._counted(tasks, rows, job)):
            frame = pl.read_parquet(cleaned)
            cleaned.unlink()
            accounts.append(account)
            bar.advance(frame.height)
            yield frame
        job.out.mkdir(parents=True, exist_ok=True)
        write_account(accounts, folder, job.out / "removed_units.jsonl")

    def _counted(self, tasks: "list[ShardTask]", rows: "Rows", job: "Job") -> "list[CleanTask]":
        """Count units and neighbours; returns the tasks of the last pass."""
        from curate.units.clean import CleanTask, Rule
        from curate.units.count import PairTask, count_pairs, count_units
        from curate.units.passages import STEADY
        from curate.units.protection import Protection
        from curate.units.tally import Table, merge, merges

        def merged(what: str, least: int) -> Table:
            table = Table(tasks[0].folder, what)
            if not table.exists():
                every = merges(tuple(task.table(what) for task in tasks), least)
                table.write(job.executor.map(merge, every))
            return table

        bar = job.bar("line_dedup: counting", 2 * len(rows), "rows")
        for done in job.executor.map(count_units, tasks):
            bar.advance(done)
        units = merged("units", self.documents)
        for done in job.executor.map(count_pairs, [PairTask(task, units) for task in tasks]):
            bar.advance(done)
        pairs = merged("pairs", math.ceil(STEADY * self.documents))
        protection = Protection(
            tuple(self.protect),
            {column: tuple(patterns) for column, patterns in self.protect_rows.items()},
            job.locate(self.protected) if self.protected else None,
        )
        places = -1 if self.places is None else self.places
        rule = Rule(self.documents, self.keep, self.min_chars, places, self.mask, protection)
        return [CleanTask(task, units, pairs, protection.listed(), rule) for task in tasks]
