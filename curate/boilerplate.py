"""Boilerplate: lines that recur at the edges of many documents of one site."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import polars as pl
from pydantic import Field, field_validator

from curate.cleaning.recurring import Grouping
from seimai.step import Rewrite

if TYPE_CHECKING:
    from curate.cleaning.recurring import Shared
    from seimai.dataset import Rows
    from seimai.job import Job


class Boilerplate(Rewrite):
    r"""Remove lines that stand at the beginning or the end of many documents of a site.

    Menus, notices and lists of chapters that no rule knows give themselves away by recurring. A line goes if
    it stands in at least ten documents and 2 % of the documents of its host (of its source where there is no
    address), within 200 lines of an end, and hangs together with that end: at most two other lines may stand
    between (a title). Code and phrases that recur in the midst of documents therefore stay.

    What recurs because it is the text stays as well: headings, the sentences of laws
    (「この法律は、公布の日から施行する。」), licences, what `protect` names; lines of fewer than six
    characters that stand alone; and documents that would lose more than 60 %, which are forms or lists.
    Copies count as recurrences: put `curate.exact_dedup` before.

    Two passes over the dataset on all cores. `boilerplate_removed` is the number of characters that went,
    `boilerplate_lines` the number of lines; `captured/removed_lines.jsonl` in the dataset lists every line
    that went, with the documents of its group that have it and how often it was removed.

    >>> import re
    >>> from curate.cleaning.edges import edges
    >>> page = ["糠屋の総合案内", "精米の話", "玄米を磨く。", "お電話でもどうぞ"]
    >>> edges(page, {0: 812, 3: 811}, re.compile("^附則"), 6)
    [0, 3]
    """

    changes: ClassVar[frozenset[str]] = frozenset({"text", "boilerplate_removed", "boilerplate_lines"})

    by: Grouping = Field("host", description="documents among which a line recurs: of a host, a source, all")
    documents: int = Field(10, ge=2, description="least number of documents of a group that have the line")
    share: float = Field(0.02, ge=0, le=1, description="least share of a group's documents that have it")
    min_chars: int = Field(6, ge=1, description="shorter lines go only between longer ones")
    at_most: float = Field(0.6, gt=0, le=1, description="documents that would lose more than this share stay")
    protect: list[str] = Field([], description="regular expressions of lines that stay as well")

    @field_validator("protect")
    @classmethod
    def _patterns(cls, patterns: list[str]) -> list[str]:
        for pattern in patterns:
            try:
                re.compile(f"(?:{pattern})")
            except re.error as e:
                raise ValueError(f"{pattern!r} is no regular expression: {e}") from None
        return patterns

    def rewrite(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        """Yield the shards without the lines that recur."""
        from curate.cleaning.edges import CleanTask, clean
        from curate.cleaning.recurring import Shared

        folder = job.work / "boilerplate"
        folder.mkdir(parents=True, exist_ok=True)
        shared = Shared(folder, self.by)
        paths = [shard.path for shard in rows.shards if shard.rows]
        self._find(paths, shared, job)
        bar = job.bar("boilerplate: cleaning", len(rows), "rows")
        limits = (self.min_chars, self.at_most, tuple(self.protect))
        tasks = [CleanTask(n, path, shared, *limits) for n, path in enumerate(paths)]
        accounts: list[Path] = []
        for cleaned, account in job.executor.map(clean, tasks):
            frame = pl.read_parquet(cleaned)
            cleaned.unlink()
            accounts.append(account)
            bar.advance(frame.height)
            yield frame
        job.out.mkdir(parents=True, exist_ok=True)
        (
            pl.concat([pl.read_parquet(account) for account in accounts])
            .group_by("group", "line")
            .agg(pl.max("documents"), pl.sum("removed"))
            .sort(["removed", "group", "line"], descending=[True, False, False])
            .write_ndjson(job.out / "removed_lines.jsonl")
        )

    def _find(self, paths: list[Path], shared: "Shared", job: "Job") -> None:
        """Leave the hashes of the lines that recur in the scratch folder, sorted, with their documents."""
        import numpy as np

        from curate.cleaning.recurring import MERGED, CountTask, MergeTask, count, hash_of, merge

        bar = job.bar("boilerplate: counting", len(paths), "shards")
        documents = Counter[str]()
        for found in job.executor.map(count, [CountTask(n, path, shared) for n, path in enumerate(paths)]):
            documents.update(found)
            bar.advance()
        least = sorted((hash_of(g), max(self.documents, round(self.share * n))) for g, n in documents.items())
        size = sum(shared.counted(n).stat().st_size for n in range(len(paths))) // 24
        parts = size // MERGED + 1
        bounds = [part * (2**64 - 1) // parts for part in range(parts)] + [2**64 - 1]
        groups, limits = np.array([g for g, _ in least], np.uint64), np.array([n for _, n in least], np.int64)
        tasks = [MergeTask(shared, len(paths), low, high, groups, limits) for low, high in pairwise(bounds)]
        merged = list(job.executor.map(merge, tasks))
        np.save(shared.folder / "hashes.npy", np.concatenate([hashes for hashes, _ in merged]))
        np.save(shared.folder / "documents.npy", np.concatenate([counts for _, counts in merged]))
