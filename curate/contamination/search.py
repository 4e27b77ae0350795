"""The search through one shard: matches of its texts, written to a file of the step's scratch folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.buffers import Bytes, Integers, one_text, utf8
from curate.contamination.index import load, long_ngram
from curate.contamination.rule import SHORT, WHOLE
from curate.contamination.symbols import symbols_of
from curate.contamination.texts import Benchmarks, least_hits
from curate.fields import texts
from seimai.dataset import write_parquet

BATCH_BYTES: Final = 1 << 20
"""Text whose letters are held at a time: few enough to stay in a second-level cache."""

PIECE_BYTES: Final = 4 << 20
"""Of a longer text so much is searched at a time, and its overlap with the next piece."""

MATCHES: Final = pl.Schema(
    {
        "row": pl.UInt32(),
        "field": pl.String(),
        "start": pl.Int64(),
        "end": pl.Int64(),
        "text": pl.UInt32(),
        "share": pl.Float64(),
        "letters": pl.Int64(),
        "short": pl.Boolean(),
    }
)
"""A match: row in its shard, characters from and to of the field, number of the benchmark text, whether so
few letters were found, in the midst of other text, that it may be a phrase of the language."""


@dataclass(frozen=True)
class SearchTask:
    """One shard, and the file for its matches."""

    shard: Path
    rows: int
    columns: tuple[str, ...]
    benchmarks: Benchmarks
    out: Path


def search(task: SearchTask) -> int:
    """Find the matches of a shard; returns the number of its rows."""
    if not task.out.exists():
        rows = pl.read_parquet(task.shard, columns=list(task.columns), hive_partitioning=False)
        write_parquet(matches(rows, task.columns, task.benchmarks), task.out)
    return task.rows


def matches(rows: pl.DataFrame, columns: tuple[str, ...], benchmarks: Benchmarks) -> pl.DataFrame:
    """The matches of some rows, in the order of rows, fields and places."""
    flat = texts(rows, columns)
    names = flat.select("row", "field")  # a slice of a frame with a long text copies it
    parts = [MATCHES.to_frame()]
    for first, text, offset in _pieces(flat["text"], _overlap(benchmarks)):
        found = _matches(text, benchmarks)
        if found.height:
            where = names[first : first + len(text)].with_row_index("at")
            found = found.join(where, on="at", how="left", maintain_order="left")
            shift = pl.col("start", "end") + offset
            parts.append(found.with_columns(shift).select(pl.col(c).cast(t) for c, t in MATCHES.items()))
    return _once(pl.concat(parts))


def _overlap(benchmarks: Benchmarks) -> int:
    """Bytes that two pieces of a long text share: more than a match of any benchmark text spans."""
    index = load(benchmarks.index)
    longest = int(np.diff(index.letters[index.starts]).max(initial=0))
    return min(PIECE_BYTES // 2, (16 << 10) + 16 * longest)


def _pieces(text: pl.Series, overlap: int) -> Iterator[tuple[int, pl.Series, int]]:
    """Number of the first text, the texts, and the character at which the first of them begins."""
    sizes = text.str.len_bytes().to_numpy().astype(np.int64)
    ends = np.cumsum(sizes)
    first = 0
    while first < len(text):
        if sizes[first] > PIECE_BYTES:
            for piece, offset in _cut(text[first : first + 1], overlap):
                yield first, piece, offset
            first += 1
            continue
        before = int(ends[first]) - int(sizes[first])
        end = max(first + 1, int(np.searchsorted(ends, before + BATCH_BYTES, side="right")))
        large = np.flatnonzero(sizes[first:end] > PIECE_BYTES)
        end = first + int(large[0]) if large.size else end
        yield first, text[first:end], 0
        first = end


def _cut(text: pl.Series, overlap: int) -> Iterator[tuple[pl.Series, int]]:
    """The pieces of one long text, and the character at which each begins."""
    data = one_text(text)
    first = characters = 0
    while first < data.size:
        end = _border(data, first + PIECE_BYTES + overlap)
        yield pl.Series([str(data[first:end].data, "utf-8")]), characters
        if end == data.size:  # a last piece of a few letters would be a text that is an item and nothing else
            return
        after = _border(data, first + PIECE_BYTES)
        characters += int(np.count_nonzero((data[first:after] & 0xC0) != 0x80))
        first = after


def _border(data: Bytes, place: int) -> int:
    """The last byte up to a place at which a character begins, or the end."""
    while place < data.size and data[place] & 0xC0 == 0x80:
        place -= 1
    return min(place, data.size)


def _matches(text: pl.Series, benchmarks: Benchmarks) -> pl.DataFrame:
    """The matches in a batch, with `at`, the number of the text in it."""
    from curate.contamination.kernels.match import matches
    from curate.contamination.kernels.scan import scan

    index, rule = load(benchmarks.index), benchmarks.rule
    symbols = symbols_of(text, benchmarks.unit)
    letters = symbols.letters
    hits: list[tuple[Integers, npt.NDArray[np.int32]]] = []
    for windows, ngram in ((index.short, rule.ngram), (index.long, long_ngram(rule.ngram))):
        hits.append(
            scan(
                letters.symbols, letters.starts, ngram,
                windows.bitmap, windows.bitmap_bits, windows.hashes, windows.buckets, windows.bucket_bits,
            )
        )  # fmt: skip
    (at, window), (more, wide) = hits
    order = np.argsort(np.concatenate([at, more]), kind="stable")
    at = np.concatenate([at, more])[order]
    window = np.concatenate([window, wide + np.int32(index.short.hashes.size)])[order]
    found, shares = matches(
        letters.symbols, letters.starts, at, window, index.posts, index.post_text, index.post_place,
        index.symbols, index.starts, index.weights, index.letters, least_hits(benchmarks.index),
        rule.ngram, rule.share, rule.part, rule.whole, WHOLE, rule.edits,
    )  # fmt: skip
    start, end = _characters(text, found[:, 0], letters.first[found[:, 2]], letters.first[found[:, 3] - 1])
    end += 1 if symbols.spans is None else symbols.spans[found[:, 3] - 1]
    return pl.DataFrame(
        {
            "at": pl.Series(found[:, 0], dtype=pl.UInt32),
            "start": start,
            "end": end,
            "text": pl.Series(found[:, 1], dtype=pl.UInt32),
            "share": shares,
            "letters": found[:, 4],
            "short": (found[:, 4] < SHORT) & (found[:, 5] == 0),
        }
    )


def _characters(
    text: pl.Series, row: Integers, first: npt.NDArray[np.uint32], last: npt.NDArray[np.uint32]
) -> tuple[Integers, Integers]:
    """Characters of its text that lie before each of two places, bytes of the column's buffer."""
    buffers = utf8(text)
    before = buffers.offsets[row]
    found = np.empty((2, row.size), np.int64)
    for n in range(row.size):
        data = buffers.data[before[n] : buffers.offsets[0] + last[n]]
        begins = (data & 0xC0) != 0x80
        inside = int(buffers.offsets[0] + first[n] - before[n])
        found[0, n] = np.count_nonzero(begins[:inside])
        found[1, n] = found[0, n] + np.count_nonzero(begins[inside:])
    return found[0], found[1]


def _once(found: pl.DataFrame) -> pl.DataFrame:
    """Of matches of one text in one field that overlap (at the borders of pieces) the best."""
    if found.height < 2:
        return found
    best = found.sort("row", "field", "text", "share", "start", descending=[False] * 3 + [True, False])
    kept: list[int] = []
    taken: list[tuple[int, int]] = []
    last: tuple[int, str, int] | None = None
    for n, (row, field, start, end, text) in enumerate(
        best.select("row", "field", "start", "end", "text").iter_rows()
    ):
        if (row, field, text) != last:
            last, taken = (row, field, text), []
        if all(end <= a or b <= start for a, b in taken):
            kept.append(n)
            taken.append((start, end))
    return best[kept].sort("row", "field", "start", "end", "text")
