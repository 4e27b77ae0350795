"""Repeated substrings: what stands word for word in two places of a corpus goes from the second."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

import polars as pl
from pydantic import Field

from seimai.step import Rewrite

if TYPE_CHECKING:
    from curate.suffixes.corpus import Corpus
    from seimai.dataset import Rows
    from seimai.job import Job


class SubstringDedup(Rewrite):
    r"""Remove substrings of at least `min_chars` characters that stand somewhere else in the dataset too.

    Lee et al., "Deduplicating Training Data Makes Language Models Better" (2022): passages that documents
    share though they are not alike as a whole. All are found, exactly, by suffix arrays over bytes; spans
    begin and end with characters. With `keep: first` the first place of a substring stays, in the order of
    the dataset (of "ababab" "ab" stays: the rest has been there before); with `none` all its places go.

    A repeated substring begins and ends anywhere, and would leave halves of sentences behind: with `cut:
    sentence` a span is shrunk to the sentences (for `line`, the lines) that lie wholly in it, and goes only
    if they have half of `min_chars`; with `cut: character` it goes as it was found. Texts are compared as
    they are: normalise before.

    The authors use 50 tokens, some 200 characters of English. A token is one to two characters of Japanese:
    100 is the same order. Formulas of laws and notices are shorter; `curate.line_dedup` has rules for them.

    Scratch files of 9 times the text (Japanese; 20 times for ASCII) hold what is known of all blocks of
    4 MiB; a worker needs 140 MB beside its shard. Needs `pip install 'seimai[substrings]'`.

    `substrings_removed` and `substring_chars_removed` count what went, `substring_spans` says where (in
    characters of the old text); a row of which nothing is left is dropped (`emptied`), with its text.
    `captured/spans.parquet` in the dataset has all that went: id, start, end, text.

    >>> from curate.suffixes.windows import common_prefixes, leaders, suffix_array, window_bytes
    >>> import numpy as np
    >>> text = np.frombuffer("玄米を磨く".encode() + b"\xff" + "白米を磨く".encode() + b"\xff", np.uint8)
    >>> order, widths = suffix_array(text), window_bytes(text, text.size, 3)
    >>> first = leaders(order, common_prefixes(text, order), widths)
    >>> [(place, int(p)) for place, p in enumerate(first) if 0 <= p < place]
    [(19, 3), (22, 6)]
    """

    changes: ClassVar[frozenset[str]] = frozenset(
        {"text", "substrings_removed", "substring_chars_removed", "substring_spans"}
    )

    min_chars: int = Field(100, ge=1, le=100_000, description="characters of a repeated substring")
    keep: Literal["first", "none"] = Field("first", description="whether its first place keeps a substring")
    cut: Literal["character", "line", "sentence"] = Field(
        "sentence", description="of a repeated substring goes all, or its whole lines or sentences"
    )
    mask: str | None = Field(None, description="text in the place of each span that goes")

    def rewrite(self, rows: "Rows", job: "Job") -> Iterator[pl.DataFrame]:
        """Yield the shards without repeated substrings."""
        from curate.minhash.sketch import shards
        from curate.suffixes.spans import CutTask, cut_shard

        every = list(shards(rows))
        starts, corpus = self._written(rows, job)
        self._find(corpus, job)
        bar = job.bar("substring_dedup: cutting", len(rows), "rows")
        tasks = [
            CutTask(path, first, start, corpus, self.cut, self.mask)
            for (path, first, _), start in zip(every, starts, strict=True)
        ]
        accounts: list[pl.LazyFrame] = []
        for new, account in job.executor.map(cut_shard, tasks):
            frame = pl.read_parquet(new)
            new.unlink()
            accounts.append(pl.scan_parquet(account))
            bar.advance(frame.height)
            yield frame
        job.out.mkdir(parents=True, exist_ok=True)
        pl.concat(accounts).sink_parquet(job.out / "spans.parquet", maintain_order=True)

    def _written(self, rows: "Rows", job: "Job") -> "tuple[list[int], Corpus]":
        """Write all texts into one file; returns where each shard begins in it, and the file."""
        from itertools import accumulate

        from curate.minhash.sketch import shards
        from curate.suffixes.corpus import BLOCK, Corpus, TextTask, sizes, write_text

        folder = job.work / "substrings"
        folder.mkdir(parents=True, exist_ok=True)
        every = list(shards(rows))
        ends = list(accumulate(job.executor.map(sizes, [path for path, _, _ in every]), initial=0))
        (folder / "text").touch()
        bar = job.bar("substring_dedup: texts", len(rows), "rows")
        tasks = [
            TextTask(path, first, start, folder) for (path, first, _), start in zip(every, ends, strict=False)
        ]
        for done in job.executor.map(write_text, tasks):
            bar.advance(done)
        return ends[:-1], Corpus(folder, ends[-1], self.min_chars, max(BLOCK, 4 * self.min_chars))

    def _find(self, corpus: "Corpus", job: "Job") -> None:
        """Leave the spans of each block in the scratch folder."""
        import numpy as np

        from curate.suffixes.across import parts, shared_windows
        from curate.suffixes.blocks import Block, SpanTask, find_spans, index

        blocks = [Block(corpus, number) for number in range(corpus.blocks)]
        bar = job.bar("substring_dedup: suffix arrays", len(blocks), "blocks")
        counts: list[int] = []
        for count in job.executor.map(index, blocks):
            counts.append(count)
            bar.advance()
        if not (corpus.folder / "shared.done").exists():
            for block in blocks:
                block.file("shared").unlink(missing_ok=True)
            tasks = parts(corpus, counts, self.keep)
            bar = job.bar("substring_dedup: across blocks", len(tasks), "parts")
            bounds = np.concatenate([[0], np.cumsum(counts)])
            for windows in job.executor.map(shared_windows, tasks):
                of = np.searchsorted(bounds, windows, "right") - 1
                for number in map(int, np.unique(of)):
                    with blocks[number].file("shared").open("ab") as f:
                        f.write((windows[of == number] - bounds[number]).tobytes())
                bar.advance()
            (corpus.folder / "shared.done").touch()
        bar = job.bar("substring_dedup: spans", len(blocks), "blocks")
        for _ in job.executor.map(find_spans, [SpanTask(block, self.keep) for block in blocks]):
            bar.advance()
