"""Recurring lines taken off the edges of documents, a shard at a time."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from curate.cleaning.lines import cut_out
from curate.cleaning.recurring import Counts, Hashes, Shared, candidates, groups_of

GAP = 2
"""Lines that may stand among recurring ones at the edge of a document: its title, its date."""


PROTECTED = (
    r"^\s*第[〇一二三四五六七八九十百千0-9０-９]+[編章節款目条項号]|^\s*附\s*則|^（[^（）]{2,30}）$|^別[表記紙]|様式第",
    r"^この(?:附則|法律|政令|省令|規則|条例|告示)|施行する。|施行の日|適用する。$|従前の例による",
    r"(?i:permission|licen[cs]e|warrant|redistribut|liable|liability|general public|creative commons)",
    r"\b(?:as is|AS IS|G?FDL|[AL]?GPL)\b",
    r"ライセンス|クリエイティブ・コモンズ|使用許諾|再配布|無保証|保証(?:し|され|は)",
)
"""Lines that recur because they are the text: laws, licences."""

_CONTENT = re.compile(r"#{1,6}\s|=+\s|```|~~~")
"""Headings and code fences: there a document's own text begins, whatever recurs beyond."""


@dataclass(frozen=True)
class CleanTask:
    """One shard to clean of the lines whose hashes and counts lie in the scratch folder."""

    number: int
    path: Path
    shared: Shared
    min_chars: int
    at_most: float
    protect: tuple[str, ...]
    """Regular expressions, beside `PROTECTED`, of lines that stay."""

    def pattern(self) -> re.Pattern[str]:
        """What protects a line."""
        return re.compile("|".join(f"(?:{p})" for p in (*PROTECTED, *self.protect)))


@dataclass(frozen=True)
class Recurring:
    """The lines that recur, by hash."""

    hashes: Hashes
    documents: Counts

    def among(self, found: Mapping[int, int]) -> dict[int, int]:
        """Of lines and their hashes, those that recur, with the number of documents."""
        if not found or not self.hashes.size:
            return {}
        asked = np.fromiter(found.values(), np.uint64, len(found))
        at = np.minimum(np.searchsorted(self.hashes, asked), self.hashes.size - 1)
        same = self.hashes[at] == asked
        return {n: int(self.documents[i]) for n, i, yes in zip(found, at, same, strict=True) if yes}


def clean(task: CleanTask) -> tuple[Path, Path]:
    """Write the cleaned shard, and the lines that went with their numbers; returns the two files."""
    from curate.signals import SIGNALS

    folder = task.shared.folder
    recurring = Recurring(*(np.load(folder / f"{n}.npy", mmap_mode="r") for n in ("hashes", "documents")))
    rows = pl.read_parquet(task.path, hive_partitioning=False)
    rows = rows.drop([c for c in rows.columns if c in SIGNALS])  # measured on the old text
    protected = task.pattern()
    texts, lines_gone = list[str | None](), list[int]()
    gone, documents = Counter[tuple[str, str]](), dict[tuple[str, str], int]()
    for text, group in zip(rows["text"].to_list(), groups_of(rows, task.shared.by), strict=True):
        lines = str(text or "").split("\n")
        known = recurring.among(candidates(lines, group))
        cut = edges(lines, known, protected, task.min_chars)
        new = text if not cut else cut_out(lines, [range(n, n + 1) for n in cut])
        if text and new is not None and len(text) - len(new) > task.at_most * len(text):
            new, cut = text, []
        texts.append(new)
        lines_gone.append(len(cut))
        for n in cut:
            key = (group, lines[n].strip())
            gone[key] += 1
            documents[key] = known[n]
    new_texts = pl.Series("text", texts, pl.String)
    removed = rows["text"].str.len_chars().cast(pl.Int64) - new_texts.str.len_chars().cast(pl.Int64)
    rows = rows.with_columns(
        new_texts, removed.alias("boilerplate_removed"), pl.Series("boilerplate_lines", lines_gone, pl.Int64)
    )
    cleaned, account = folder / f"clean-{task.number:05d}.parquet", folder / f"gone-{task.number:05d}.parquet"
    rows.write_parquet(cleaned)
    accounted = [(group, line, documents[group, line], times) for (group, line), times in gone.items()]
    pl.DataFrame(
        accounted,
        schema={"group": pl.String, "line": pl.String, "documents": pl.Int64, "removed": pl.Int64},
        orient="row",
    ).write_parquet(account)
    return cleaned, account


def edges(
    lines: Sequence[str], known: Mapping[int, int], protected: re.Pattern[str], min_chars: int
) -> list[int]:
    """The recurring lines that hang together with the first or the last line of a document.

    Lines shorter than `min_chars` go only between longer ones: a text may end with 「以上」 or `}`. Protected
    lines count among the `GAP` others.
    """
    if not known:
        return []
    return sorted(
        {
            *_hanging(lines, range(len(lines)), known, protected, min_chars),
            *_hanging(lines, range(len(lines) - 1, -1, -1), known, protected, min_chars),
        }
    )


def _hanging(
    lines: Sequence[str],
    order: range,
    known: Mapping[int, int],
    protected: re.Pattern[str],
    min_chars: int,
) -> set[int]:
    found: set[int] = set()
    short: list[int] = []
    others = 0
    for number in order:
        line = lines[number].strip()
        if not line:
            continue
        recurs = number in known and not _CONTENT.match(line) and not protected.search(line)
        if recurs and len(line) >= min_chars:
            found.update((number, *short))
            short.clear()
        elif recurs and found:
            short.append(number)
        else:
            others += 1
            if others > GAP or _CONTENT.match(line):
                break
    return found
