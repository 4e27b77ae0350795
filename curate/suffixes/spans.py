"""Spans cut out of the texts, a shard at a time, and the account of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.buffers import utf8
from curate.suffixes.blocks import Block, Spans
from curate.suffixes.corpus import Corpus
from curate.units.clean import LEADING
from curate.units.pieces import Pieces, pieces

Cut = Literal["character", "line", "sentence"]

SPAN = pl.Struct({"start": pl.Int64, "end": pl.Int64})
LINE_FEED = 0x0A
ACCOUNT = pl.Schema({"id": pl.String, "start": pl.Int64, "end": pl.Int64, "text": pl.String})


@dataclass(frozen=True)
class CutTask:
    """One shard, and where its texts begin in the file of all texts."""

    path: Path
    first: int
    start: int
    corpus: Corpus
    cut: Cut
    mask: str | None


class Changed(NamedTuple):
    """A document without some spans."""

    text: str
    spans: list[tuple[int, int, str]]
    """First character and the one after the last in the old text, and the characters."""


def cut_shard(task: CutTask) -> tuple[Path, Path]:
    """Write the shard without its repeated substrings, and the account of them; returns the two files."""
    frame = pl.read_parquet(task.path, hive_partitioning=False)
    raw = utf8(frame["text"])
    begins = (
        task.start + raw.offsets[:-1] - raw.offsets[0] + np.arange(len(raw))
    )  # a separator after each text
    spans = spans_between(
        task.corpus, task.start, task.start + int(raw.offsets[-1] - raw.offsets[0]) + len(raw)
    )
    of = np.searchsorted(begins, spans[:, 0], "right") - 1
    units = pieces(frame["text"], task.cut) if task.cut != "character" else None
    least = -(-task.corpus.window // 2)
    changed: dict[int, Changed] = {}
    for d, rows in _by_document(of):
        local = (spans[rows] - begins[d]).tolist()
        if units is not None:
            local = whole_units(units, d, local, least=least, masks=task.mask is not None)
        if local:
            changed[d] = without(bytes(raw.document(d)), local, task.mask)
    new, account = _columns(frame, changed), _account(frame["id"], changed)
    files = tuple(task.corpus.folder / f"{name}-{task.first}.parquet" for name in ("cut", "account"))
    new.write_parquet(files[0])
    account.write_parquet(files[1])
    return files[0], files[1]


def spans_between(corpus: Corpus, begin: int, end: int) -> Spans:
    """The spans of a range of bytes, joined where they overlap or touch."""
    found = [np.zeros((0, 2), np.int64)]
    # A window reaches into the next block, and no farther: blocks are longer than windows.
    for number in range(max(0, begin // corpus.block - 1), min(corpus.blocks, end // corpus.block + 1)):
        found.append(np.fromfile(Block(corpus, number).file("spans"), np.int64).reshape(-1, 2))
    spans = np.concatenate(found)
    spans = spans[(spans[:, 0] >= begin) & (spans[:, 0] < end)]
    if not len(spans):
        return spans
    reach = np.maximum.accumulate(spans[:, 1])
    new = np.concatenate([[True], spans[1:, 0] > reach[:-1]])
    starts = np.flatnonzero(new)
    return np.stack([spans[starts, 0], np.maximum.reduceat(spans[:, 1], starts)], axis=1)


def _by_document(of: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Sequence[tuple[int, slice]]:
    documents, starts = np.unique(of, return_index=True)
    ends = [*starts[1:].tolist(), of.size][: documents.size]
    return [(int(d), slice(int(a), b)) for d, a, b in zip(documents, starts, ends, strict=True)]


def whole_units(
    units: Pieces, document: int, spans: Sequence[Sequence[int]], *, least: int, masks: bool
) -> list[tuple[int, int]]:
    """The spans shrunk to the lines or sentences that lie wholly in them; lines that stay remain lines.

    Headings and numbers at the end of a span belong to what follows, and stay. Fewer than `least` characters
    are no passage any more: a number, an end of a sentence.

    `masks`: something is put in the place of each span, so that the line it ends keeps its end.
    """
    first, last = units.of[document], units.of[document + 1]
    bounds = units.bounds[first : last + 1] - units.text.offsets[document]
    data = units.text.data[units.text.offsets[document] : units.text.offsets[document + 1]]
    found: list[tuple[int, int]] = []
    for start, end in spans:
        line_ends = end < data.size and data[end] == LINE_FEED  # all of a line but its end
        low = int(np.searchsorted(bounds, start))
        high = int(np.searchsorted(bounds, end + line_ends, "right")) - 1
        while low < high < bounds.size - 1 and _leads(data[bounds[high - 1] : bounds[high]]):
            high -= 1
        if high <= low:
            continue
        start, end = int(bounds[low]), int(bounds[high])
        if masks or (start and data[start - 1] != LINE_FEED):
            while end > start and data[end - 1] == LINE_FEED:
                end -= 1
        if len(data[start:end].tobytes().decode()) >= least:
            found.append((start, end))
    return found


def _leads(unit: npt.NDArray[np.uint8]) -> bool:
    text = unit.tobytes().decode()
    return not text.strip() or LEADING.match(text) is not None


def without(document: bytes, spans: Sequence[Sequence[int]], mask: str | None) -> Changed:
    """The document without the spans (bytes, in order, apart from each other).

    >>> without("玄米糠精米".encode(), [(6, 9)], None)
    Changed(text='玄米精米', spans=[(2, 3, '糠')])
    """
    parts: list[str] = []
    account: list[tuple[int, int, str]] = []
    position, characters = 0, 0
    for start, end in spans:
        kept, gone = document[position:start].decode(), document[start:end].decode()
        characters += len(kept)
        account.append((characters, characters + len(gone), gone))
        characters += len(gone)
        parts += [kept, mask or ""]
        position = end
    parts.append(document[position:].decode())
    return Changed("".join(parts), account)


def _columns(frame: pl.DataFrame, changed: dict[int, Changed]) -> pl.DataFrame:
    """The rows with their new texts and columns; those of which nothing is left have a reason."""
    from curate.signals import SIGNALS

    frame = frame.drop([c for c in frame.columns if c in SIGNALS])  # measured on the old text
    texts, reasons = list[str | None](frame["text"]), list[str | None]([None] * frame.height)
    spans = [list[dict[str, int]]() for _ in range(frame.height)]
    chars = [0] * frame.height
    for d, (text, account) in changed.items():
        spans[d] = [{"start": start, "end": end} for start, end, _ in account]
        chars[d] = sum(len(gone) for _, _, gone in account)
        if text.strip():
            texts[d] = text
        else:
            reasons[d] = "emptied"
    return frame.with_columns(
        pl.Series("text", texts, pl.String),
        pl.Series("substrings_removed", [len(s) for s in spans], pl.Int64),
        pl.Series("substring_chars_removed", chars, pl.Int64),
        pl.Series("substring_spans", spans, pl.List(SPAN)),
        pl.Series("reason", reasons, pl.String),
    )


def _account(ids: pl.Series, changed: dict[int, Changed]) -> pl.DataFrame:
    lines = [(ids[d], *span) for d, found in changed.items() for span in found.spans]
    return pl.DataFrame(lines, schema=ACCOUNT, orient="row")
