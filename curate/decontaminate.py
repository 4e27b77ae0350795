"""Decontamination: rows that hold items of benchmarks go, lose them, or are told apart."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import polars as pl
from pydantic import Field

from seimai.rows import Kind
from seimai.step import Ref, Selection

if TYPE_CHECKING:
    from curate.contamination.rule import Rule
    from curate.contamination.texts import Benchmarks
    from seimai.dataset import Rows
    from seimai.job import Job


class Decontaminate(Selection):
    r"""Find items of benchmarks in documents, chats, prompts, candidates, pairs and labels.

    Texts are compared by their letters and digits alone: full-width forms, line breaks, punctuation, case and
    white space make no difference. An item is found where runs of its letters (6 or more, 8 in texts of more
    than 24 letters), one after another, make up half of its weight and at least 12 letters; whole, in
    other text, from 10 letters on; as all of a text or message, from 6; and, up to 64 letters, where at most
    15 % of its letters are edited.

    What many items share weighs little: a letter counts 1/n if the rarest run over it stands in n items. So
    instructions condemn no document, and an item with less than 3 letters of its own is not looked for.
    Matches of fewer than 20 letters in the midst of other text count for nothing if they stand in more than
    0.1 % of the rows (and in more than 10): they are how people speak. No longer match is ever excused by its
    number, since a benchmark that was copied often is copied often.

    It sees the whole dataset, though it looks at each row by itself: what a phrase of the language is,
    only all rows can tell, and the account of the items is one for all shards. It costs one more pass over
    the text, at about the speed at which Parquet is read; memory holds the benchmarks' index (shared
    between processes) and one shard a process, and does not grow with the corpus.

    Rows with matches get `contaminated_by` (file#item), `contamination` (the greatest share found) and
    `contaminated_at` (field, characters from and to). In the dataset's `captured/` lie `items.jsonl` (each
    item: how often it was found, in how many rows; or why it was not looked for), `places.parquet` (where, up
    to 1,000 places an item) and `benchmarks.jsonl` (a summary by file).

    >>> from tempfile import TemporaryDirectory
    >>> from curate.contamination.benchmarks import Item
    >>> from curate.contamination.search import matches
    >>> item = Item("test.jsonl", 0, "0", ("玄米を白米にする作業を何と呼びますか？",), ())
    >>> rows = pl.DataFrame({"text": ["問１　玄米を 白米にする作業を\n何と呼びますか", "玄米を炊きます。"]})
    >>> step = Decontaminate(against="test.jsonl")
    >>> with TemporaryDirectory() as folder:
    ...     benchmarks = step.benchmarks(Path(folder))
    ...     benchmarks.write([item])
    ...     matches(rows, ("text",), benchmarks).select("row", "start", "end", "share").rows()
    [(0, 3, 23, 1.0)]
    """

    version: ClassVar[int] = 2
    takes: ClassVar[Kind | None] = None
    changes: ClassVar[frozenset[str]] = frozenset({"contaminated_by", "contamination", "contaminated_at"})

    against: Ref | list[Ref] = Field(
        description="benchmarks: .jsonl, .json, .parquet, .arrow (globs), saved datasets, entries"
    )
    fields: dict[Literal["question", "answer"], str | list[str]] = Field(
        {},
        description="keys of the items; several are joined, absent ones passed over; by custom if left out",
    )
    search: Literal["question", "answer", "either", "both"] = Field(
        "question", description="what of an item is looked for; both: a question with its answer behind it"
    )
    unit: Literal["characters", "words"] = Field("characters", description="what runs are made of")
    ngram: int | None = Field(
        None,
        ge=2,
        le=32,
        description="least run; 6 characters or 3 words if left out, in long texts a third more",
    )
    share: float = Field(0.5, gt=0, le=1, description="least share of an item's weight that is a match")
    part: int = Field(12, ge=1, description="least letters of a match that is a part of an item")
    whole: int = Field(10, ge=1, description="least letters of an item found whole within other text")
    edits: float = Field(
        0.15, ge=0, le=0.5, description="most edits of a text of up to 64 letters, as a share of them"
    )
    common: float = Field(
        0.001, ge=0, le=1, description="share of the rows above which a short match is a common phrase"
    )
    within: list[str] = Field([], description="columns to search; all that hold text if left out")
    action: Literal["drop", "mask", "report"] = Field("drop", description="what is done to rows with a match")
    mask: str = Field("〈ベンチマーク〉", description="what stands in the place of what is masked")

    def accepts(self, kind: Kind) -> bool:
        """All rows that hold text."""
        from curate.fields import KINDS

        return kind in KINDS

    def adds(self) -> frozenset[str]:
        """The columns of the account, and the texts if they are masked."""
        from curate.fields import COLUMNS

        return self.changes | frozenset(COLUMNS if self.action == "mask" else ())

    def rule(self) -> "Rule":
        """What must be found of an item."""
        from curate.contamination.rule import Rule

        ngram = self.ngram or (6 if self.unit == "characters" else 3)
        return Rule(ngram, self.share, self.part, self.whole, self.edits)

    def benchmarks(self, folder: Path) -> "Benchmarks":
        """The items and their index, in a folder."""
        from curate.contamination.texts import Benchmarks

        return Benchmarks(folder, self.search, self.unit, self.rule())

    def select(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        """Verdicts on rows with matches: the reason `contaminated`; masked to nothing: `emptied`."""
        from curate.contamination import account
        from curate.contamination.benchmarks import Role, items
        from curate.contamination.judge import JudgeTask, common_texts, judge
        from curate.contamination.rule import COMMON_ROWS
        from curate.contamination.search import SearchTask, search
        from curate.fields import columns_of

        folder = job.work / "contamination"
        benchmarks = self.benchmarks(folder / "benchmarks")
        names = [self.against] if isinstance(self.against, str) else self.against
        keys: dict[Role, list[str]] = {
            role: [k] if isinstance(k, str) else k for role, k in self.fields.items()
        }
        benchmarks.write(items({name: job.locate(name) for name in names}, keys))
        columns = tuple(columns_of(pl.read_parquet_schema(rows.shards[0].path), self.within))
        shards = [(n, s) for n, s in enumerate(rows.shards) if s.rows]
        found = {n: folder / f"found-{n:05d}.parquet" for n, _ in shards}
        bar = job.bar("decontaminate: searching", len(rows), "rows")
        tasks = [SearchTask(s.path, s.rows, columns, benchmarks, found[n]) for n, s in shards]
        for done in job.executor.map(search, tasks):
            bar.advance(done)
        common = common_texts(list(found.values()), len(rows), self.common, COMMON_ROWS)
        common.write_parquet(folder / "common.parquet")
        starts: dict[int, int] = {}
        first = 0
        for n, shard in shards:
            starts[n] = first
            first += shard.rows
        places = {n: folder / f"places-{n:05d}.parquet" for n, _ in shards}
        verdicts = (
            JudgeTask(
                s.path, starts[n], found[n], folder / "common.parquet", columns, benchmarks,
                self.action, self.mask, places[n],
            )
            for n, s in shards
        )  # fmt: skip
        yield from job.executor.map(judge, verdicts)
        account.write(job.out, benchmarks, places.values(), common)
