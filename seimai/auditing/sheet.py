"""An audit on disk: what reviewers get, and the key that they must not see.

documents.csv      for a spreadsheet: name, answer and comment to fill in, text
documents.jsonl    the same for programs, with texts at full length
key.json           rows, rules and strata behind the names; written last
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import xxhash

from seimai.auditing.draw import How, Side
from seimai.dataset import write_atomically
from seimai.errors import SeimaiError

KEY, SHEET, RECORDS = "key.json", "documents.csv", "documents.jsonl"
COLUMNS = ("document", "answer", "comment", "text")
SHOWN = 10_000
"""Characters of a text that people are shown: enough to judge it, and a third of what a cell may hold."""


@dataclass(frozen=True)
class KeyRule:
    """A rule, and how many rows it dropped."""

    reason: str
    bound: str
    dropped: int
    alone: int
    """Rows that no other rule dropped."""
    stored: bool
    """Whether the distance to its threshold is known for some row."""


@dataclass(frozen=True)
class KeyStratum:
    """A stratum (seimai.auditing.draw) with the names of the documents drawn for it."""

    reason: str | None
    side: Side
    how: How
    size: int
    documents: tuple[str, ...]


@dataclass(frozen=True)
class Key:
    """What is known of an audit and hidden from reviewers."""

    tag: str
    """Begins the name of each document, so that answers find their audit."""
    dataset: str
    name: str
    step: str
    n: int
    seed: int
    kept: int
    """Rows that the dataset keeps."""
    rules: tuple[KeyRule, ...]
    strata: tuple[KeyStratum, ...]
    ids: dict[str, str]
    """From a document's name to the id of its row."""


def tag_of(dataset_hash: str, step: str, n: int, seed: int) -> str:
    """The tag of an audit: begins with a letter that makes it neither a number nor a date in a spreadsheet.

    >>> tag_of("1a2b3c4d", "curate.rules", 200, 17)
    'd1b902'
    """
    parts = "\x1f".join((dataset_hash, step, str(n), str(seed)))
    return f"d{xxhash.xxh3_64_hexdigest(parts.encode())[:5]}"


def names(tag: str, rows: Sequence[int], seed: int) -> dict[int, str]:
    """Names of rows in the order in which people see them, which says nothing about the rows."""
    order = np.random.default_rng(seed).permutation(np.unique(np.asarray(rows, np.int64)))
    width = max(len(str(len(order))), 3)
    return {int(row): f"{tag}_{i:0{width}d}" for i, row in enumerate(order, start=1)}


def write(folder: Path, key: Key, texts: pl.DataFrame) -> None:
    """Write an audit; `texts` has `document` and `text` in the order in which they are shown."""
    folder.mkdir(parents=True, exist_ok=True)
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    records: list[str] = []
    for document, text in texts.select("document", "text").iter_rows():
        rows.writerow((document, "", "", _cell(text or "")))
        record = {"document": document, "answer": None, "comment": None, "text": text}
        records.append(json.dumps(record, ensure_ascii=False) + "\n")
    # Excel takes a file for UTF-8 by its byte order mark alone.
    write_atomically(folder / SHEET, out.getvalue().encode("utf-8-sig"))
    write_atomically(folder / RECORDS, "".join(records).encode())
    write_atomically(folder / KEY, json.dumps(asdict(key), ensure_ascii=False, indent=1).encode())


def _cell(text: str) -> str:
    """A text as a spreadsheet shows it: cut, without what it cannot hold, and never a formula."""
    text = shown(text).replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text[:1] in tuple("=+-@\t") else text


def shown(text: str) -> str:
    r"""The text that people are shown.

    >>> shown("米" * 10_005)[-14:]
    '米米\n…（以下 5 字省略）'
    """
    more = len(text) - SHOWN
    return text if more <= 0 else f"{text[:SHOWN]}\n…（以下 {more:,} 字省略）"


def read_key(folder: Path) -> Key:
    """The key of an audit.

    Raises:
        SeimaiError: if it cannot be read.
    """
    path = folder / KEY
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        rules = tuple(KeyRule(**r) for r in found.pop("rules"))
        strata: list[KeyStratum] = []
        for stratum in found.pop("strata"):
            documents = tuple(stratum.pop("documents"))
            strata.append(KeyStratum(**stratum, documents=documents))
        return Key(**found, rules=rules, strata=tuple(strata))
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise SeimaiError(f"{path} is not the key of an audit: {e}") from None


def read_texts(folder: Path) -> list[tuple[str, str]]:
    """Names and texts in the order in which people see them.

    Raises:
        SeimaiError: if the file cannot be read.
    """
    path = folder / RECORDS
    try:
        records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        return [(r["document"], r["text"] or "") for r in records]
    except (OSError, ValueError, KeyError) as e:
        raise SeimaiError(f"{path} does not hold the documents of an audit: {e}") from None
