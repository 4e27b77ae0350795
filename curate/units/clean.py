"""The last pass, a shard at a time: units that go are cut out of the texts, and accounted for."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from curate.units.count import Flags, ShardTask, Units, load, pair_keys
from curate.units.cutting import cut, runs
from curate.units.passages import LONE_PLACES, STEADY, passages
from curate.units.pieces import BEGIN, END, Keys, Pieces, pieces
from curate.units.protection import Protection, in_code
from curate.units.tally import Entries, Rows, Table, find

ACCOUNT = pl.Schema({"key": pl.UInt64, "text": pl.String, "documents": pl.Int64, "removed": pl.Int64})


LEADING = re.compile(
    r"\s*(?:#{1,6}\s|=+\s|[0-9０-９〇一二三四五六七八九十イロハニホヘトチリヌ]+[.．、]?\s*$|[（(].{1,3}[）)]\s*$)"
)
"""Headings of Markdown and Ruby's documents, and numbers that stand alone."""


@dataclass(frozen=True)
class Rule:
    """Which of the units that recur go."""

    documents: int
    keep: Literal["first", "none"]
    min_chars: int
    places: int
    """-1: no guard."""
    mask: str | None
    protection: Protection


@dataclass(frozen=True)
class CleanTask:
    """One shard, and what recurs in the dataset."""

    shard: ShardTask
    units: Table
    pairs: Table
    listed: Keys
    rule: Rule


def clean(task: CleanTask) -> tuple[Path, Path]:
    """Write the shard without the units that go, and the account of them; returns the two files."""
    frame = pl.read_parquet(task.shard.path, hive_partitioning=False)
    found, units = pieces(frame["text"], task.shard.unit), load(task.shard)
    table = task.units.open()
    at = find(table, units.keys)
    recurs = _recurs(task, found, units, table, at, task.rule.protection.protected_rows(frame))
    gone = _judged(task, found, units, recurs, table, at)
    texts, chars, counts = _rewritten(found, units, gone, task.rule.mask)
    account = _account(found, units, np.flatnonzero(gone), table, at)
    cleaned, accounted = (task.shard.folder / f"{n}-{task.shard.first}.parquet" for n in ("clean", "gone"))
    _columns(frame, texts, chars, counts).write_parquet(cleaned)
    # By key, so that a range of keys is read alone.
    account.sort("key").write_parquet(accounted, row_group_size=8192)
    return cleaned, accounted


def _recurs(
    task: CleanTask, found: Pieces, units: Units, table: Entries, at: Rows, rows: Sequence[bool]
) -> Flags:
    """Units that recur, are not the first of their kind where that one stays, and are not protected."""
    row = np.repeat(np.arange(units.of.size - 1), np.diff(units.of))
    recurs = at >= 0
    recurs &= ~np.array(rows, np.bool_)[row]
    if task.rule.keep == "first":
        recurs[recurs] = table.firsts[at[recurs]] < row[recurs] + task.shard.first
    if task.listed.size:
        place = np.minimum(np.searchsorted(task.listed, units.keys), task.listed.size - 1)
        recurs &= task.listed[place] != units.keys
    known: dict[str, bool] = {}
    for i in np.flatnonzero(recurs).tolist():
        wording = _text(found, int(units.places[i]))
        if wording not in known:
            known[wording] = task.rule.protection.protects(wording)
        recurs[i] = not known[wording]
    for d in np.unique(row[recurs]).tolist():
        document = bytes(found.text.document(d))
        if b"```" in document or b"~~~" in document:
            first = int(found.of[d])
            fenced = in_code(found.bounds[first : int(found.of[d + 1]) + 1], document)
            of = slice(int(units.of[d]), int(units.of[d + 1]))
            recurs[of] &= ~np.isin(units.places[of] - first, list(fenced))
    return recurs


def _judged(task: CleanTask, found: Pieces, units: Units, recurs: Flags, table: Entries, at: Rows) -> Flags:
    """Which units go, by their company in the dataset."""
    n = units.keys.size
    begins, ends, steady = np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    if task.rule.places >= 0:
        pairs = task.pairs.open()
        documents = np.zeros(n, np.int64)
        documents[at >= 0] = table.documents[at[at >= 0]]

        def side_by_side(before: Keys, after: Keys, rarer: Rows) -> Flags:
            place = find(pairs, pair_keys(before, after))
            shared = np.where(place >= 0, pairs.documents[place] if pairs.keys.size else 0, 0)
            return (rarer > 0) & (shared >= STEADY * rarer)

        filled = np.diff(units.of) > 0
        firsts, lasts = units.of[:-1][filled], units.of[1:][filled] - 1
        edge = np.full(firsts.size, BEGIN, np.uint64)
        begins[firsts] = side_by_side(edge, units.keys[firsts], documents[firsts])
        edge = np.full(firsts.size, END, np.uint64)
        ends[lasts] = side_by_side(units.keys[lasts], edge, documents[lasts])
        rarer = np.minimum(documents[:-1], documents[1:])
        steady[:-1] = side_by_side(units.keys[:-1], units.keys[1:], rarer) if n else False
        steady[lasts] = False
    leads, rule = _leads(found, units, recurs), task.rule
    return passages(
        units.of,
        units.chars,
        recurs,
        steady,
        begins,
        ends,
        leads,
        rule.min_chars,
        rule.places,
        LONE_PLACES,
    )


def _leads(found: Pieces, units: Units, recurs: Flags) -> Flags:
    """Headings and numbers among the units that recur."""
    leads = np.zeros(recurs.size, np.bool_)
    for i in np.flatnonzero(recurs).tolist():
        leads[i] = LEADING.match(_text(found, int(units.places[i]))) is not None
    return leads


def _text(found: Pieces, place: int) -> str:
    return bytes(found.text.data[found.bounds[place] : found.bounds[place + 1]]).decode()


def _rewritten(
    found: Pieces, units: Units, gone: Flags, mask: str | None
) -> tuple[list[str | None], list[int], list[int]]:
    """The texts that change (None where one stays), and per document characters and units that went."""
    number = found.of.size - 1
    texts: list[str | None] = [None] * number
    chars, counts = [0] * number, [0] * number
    totals = np.concatenate([[0], np.cumsum(gone)])
    blank = np.ones(found.bounds.size - 1, np.bool_)
    blank[units.places] = False
    for d in np.flatnonzero(totals[units.of[1:]] > totals[units.of[:-1]]).tolist():
        first, last = int(found.of[d]), int(found.of[d + 1])
        of = slice(int(units.of[d]), int(units.of[d + 1]))
        places = (units.places[of][gone[of]] - first).tolist()
        document, blanks = bytes(found.text.document(d)), blank[first:last].tolist()
        text = cut(document, found.bounds[first : last + 1], blanks, places, mask)
        masks = sum(1 for _ in runs(places, blanks)) if mask else 0
        texts[d], counts[d] = text, len(places)
        chars[d] = len(document.decode()) - len(text) + masks * len(mask or "")
    return texts, chars, counts


def _account(found: Pieces, units: Units, gone: Rows, table: Entries, at: Rows) -> pl.DataFrame:
    """Each unit that went: its wording where it went first, its documents, how often it went."""
    times = Counter[int](units.keys[gone].tolist())
    first = {int(units.keys[i]): int(i) for i in gone[::-1].tolist()}
    lines = [
        (_text(found, int(units.places[i])).strip(), int(table.documents[at[i]])) for i in first.values()
    ]
    data = [(key, *line, times[key]) for key, line in zip(first, lines, strict=True)]
    return pl.DataFrame(data, schema=ACCOUNT, orient="row")


def _columns(
    frame: pl.DataFrame, texts: Sequence[str | None], chars: Sequence[int], counts: Sequence[int]
) -> pl.DataFrame:
    """The rows with their new texts and the account; those of which nothing is left have a reason."""
    from curate.signals import SIGNALS

    frame = frame.drop([c for c in frame.columns if c in SIGNALS])  # measured on the old text
    new = pl.Series("text", texts, pl.String)
    emptied = new.is_not_null() & (new.str.strip_chars() == "")
    reason = pl.select(pl.when(emptied).then(pl.lit("emptied")).alias("reason")).to_series()
    sums = [
        (
            pl.Series(name, values, pl.Int64) + (frame[name].fill_null(0) if name in frame.columns else 0)
        ).alias(name)
        for name, values in (("units_removed", counts), ("unit_chars_removed", chars))
    ]
    text = pl.select(pl.when(emptied).then(frame["text"]).otherwise(pl.coalesce(new, frame["text"])))
    return frame.with_columns(text.to_series().alias("text"), *sums, reason.alias("reason"))
