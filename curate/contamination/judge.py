"""From matches to verdicts: which rows go, what is masked, which items of which benchmarks are to blame."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import polars as pl

from curate.buffers import utf8
from curate.contamination.letters import letters_of
from curate.contamination.texts import Benchmarks
from curate.fields import put_back, texts
from seimai.dataset import write_parquet

Action = Literal["drop", "mask", "report"]

ANSWER_WITHIN: Final = 500
"""Letters after a question within which its answer must stand, when both are asked for."""

_AT_A_TIME: Final = 1 << 14
"""Characters of a text whose letters are made at a time, where its first letters tell enough."""

PLACES: Final = pl.Schema(
    {
        "item": pl.UInt32(),
        "id": pl.String(),
        "field": pl.String(),
        "start": pl.Int64(),
        "end": pl.Int64(),
        "share": pl.Float64(),
    }
)
"""Where an item was found: row, field, characters from and to."""


@dataclass(frozen=True)
class JudgeTask:
    """One shard with its matches; `first` is the number of its first row."""

    shard: Path
    first: int
    found: Path
    common: Path
    """The benchmark texts that are common phrases: short matches of theirs count for nothing."""
    columns: tuple[str, ...]
    benchmarks: Benchmarks
    action: Action
    mask: str
    places: Path
    """The file for where items were found."""


def judge(task: JudgeTask) -> pl.DataFrame:
    """The verdicts on a shard; writes where each item was found."""
    common = pl.read_parquet(task.common)["text"]
    found = pl.read_parquet(task.found)
    found = found.filter(~(pl.col("short") & pl.col("text").is_in(common.implode())))
    some = found["row"].unique(maintain_order=True)
    needed = task.columns if task.action == "mask" or task.benchmarks.sought == "both" else ()
    rows = pl.read_parquet(task.shard, columns=["id", *needed], hive_partitioning=False)[some]
    # From here on rows are counted among those with matches.
    at = pl.DataFrame({"row": some, "at": pl.arange(len(some), dtype=pl.UInt32, eager=True)})
    found = found.join(at, on="row", maintain_order="left").drop("row").rename({"at": "row"})
    found = found.join(_owners(task.benchmarks.folder), on="text", maintain_order="left_right")
    if task.benchmarks.sought == "both":
        found = _answered(found, rows, task)
    places = (
        found.join(rows.select("id").with_row_index("row"), on="row", maintain_order="left")
        .group_by("item", "row", "id", "field", "start", "end")
        .agg(pl.col("share").max())
        .sort("row", "field", "start", "end", "item")
    )
    write_parquet(places.select(pl.col(c).cast(t) for c, t in PLACES.items()), task.places)
    return _verdicts(places, rows, some, task)


def _verdicts(places: pl.DataFrame, rows: pl.DataFrame, some: pl.Series, task: JudgeTask) -> pl.DataFrame:
    where = pl.struct("field", "start", "end").unique(maintain_order=True)
    judged = (
        places.join(_names(task.benchmarks.folder), on="item", maintain_order="left")
        .group_by("row", maintain_order=True)
        .agg(
            contaminated_by=pl.col("item_name").unique(maintain_order=True),
            contamination=pl.col("share").max(),
            contaminated_at=where,
        )
    )
    reason = pl.lit("contaminated" if task.action == "drop" else None, pl.String)
    numbers = (some.cast(pl.UInt64) + task.first)[judged["row"]]
    verdicts = judged.with_columns(numbers.alias("row"), reason=reason)
    if task.action != "mask":
        return verdicts
    changed = _masked(judged, texts(rows, task.columns), task.mask)
    masked = put_back(rows, task.columns, changed)[judged["row"]]
    emptied = pl.Series([_is_empty(masked[n], task) for n in range(masked.height)], dtype=pl.Boolean)
    return verdicts.hstack(masked).with_columns(
        reason=pl.when(emptied).then(pl.lit("emptied")),
        **{c: pl.when(~emptied).then(pl.col(c)) for c in task.columns},
    )


def _masked(judged: pl.DataFrame, flat: pl.DataFrame, mask: str) -> dict[tuple[int, str], str]:
    """The texts with matches, by row and field, with the mask in the place of each stretch of matches."""
    spans: dict[tuple[int, str], list[tuple[int, int]]] = {}
    for row, where in judged.select("row", "contaminated_at").iter_rows():
        for place in where:
            spans.setdefault((row, place["field"]), []).append((place["start"], place["end"]))
    return {
        (row, field): covered(text, spans[row, field], mask)
        for row, field, text in flat.iter_rows()
        if (row, field) in spans
    }


def covered(text: str, spans: Sequence[tuple[int, int]], mask: str) -> str:
    """The text with one mask for each stretch of spans that overlap or touch.

    >>> covered("問一。首都はどこか。以上", [(3, 7), (5, 9)], "〈ベンチマーク〉")
    '問一。〈ベンチマーク〉。以上'
    """
    parts: list[str] = []
    reach = 0
    for start, end in sorted(spans):
        if start > reach or not parts:
            parts += [text[reach:start], mask]
        reach = max(reach, end)
    return "".join([*parts, text[reach:]])


def _is_empty(row: pl.DataFrame, task: JudgeTask) -> bool:
    """Whether nothing but masks is left of a document."""
    if task.columns != ("text",):
        return False
    return not any(map(_plain, _between(row["text"][0], task.mask)))


def _between(text: str, mask: str) -> Iterator[str]:
    """What is left of a text without the mask, some at a time: most have a letter in the first of it."""
    start = 0
    while start < len(text):
        end = text.find(mask, start) if mask else len(text)
        end = len(text) if end < 0 else end
        for first in range(start, end, _AT_A_TIME):
            yield text[first : min(end, first + _AT_A_TIME)]
        start = end + max(1, len(mask))


def _answered(found: pl.DataFrame, rows: pl.DataFrame, task: JudgeTask) -> pl.DataFrame:
    """The matches after which an answer of the item stands; items without an answer ask for none."""
    answers = dict(task.benchmarks.items().select("item", "answers").iter_rows())
    fields: dict[int, list[tuple[str, str]]] = {}
    for row, field, text in texts(rows, task.columns).iter_rows():
        fields.setdefault(row, []).append((field, text))
    good: list[bool] = []
    for row, field, end, item in found.select("row", "field", "end", "item").iter_rows():
        wanted = [a for a in map(_plain, answers[item]) if a]
        rest = _next_letters(_after(fields[row], field, end))
        good.append(not wanted or any(answer in rest for answer in wanted))
    return found.filter(pl.Series(good, dtype=pl.Boolean))


def _after(fields: Sequence[tuple[str, str]], field: str, end: int) -> Iterator[str]:
    """What follows a match in its row."""
    behind = False
    for name, text in fields:
        if behind:
            yield text
        elif name == field:
            behind = True
            for first in range(end, len(text), _AT_A_TIME):
                yield text[first : first + _AT_A_TIME]


def _next_letters(texts: Iterator[str]) -> str:
    """The first letters of some texts, as many as an answer may be away."""
    found = ""
    for text in texts:
        found += _plain(text)
        if len(found) >= ANSWER_WITHIN:
            break
    return found[:ANSWER_WITHIN]


def _plain(text: str) -> str:
    """The letters of a text."""
    buffers = utf8(pl.Series([text]))
    return letters_of(buffers.data, buffers.offsets).symbols.astype("<u4").tobytes().decode("utf-32-le")


@lru_cache(maxsize=2)
def _owners(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "owners.parquet", columns=["text", "item"]).unique().sort("text", "item")


@lru_cache(maxsize=2)
def _names(folder: Path) -> pl.DataFrame:
    items = pl.read_parquet(folder / "items.parquet", columns=["item", "file", "name"])
    return items.select("item", item_name=pl.col("file") + "#" + pl.col("name"))


def common_texts(found: Sequence[Path], rows: int, share: float, least: int) -> pl.DataFrame:
    """Benchmark texts whose short matches stand in so many rows that they are phrases of the language."""
    counts: dict[int, int] = {}
    for path in found:
        short = pl.read_parquet(path, columns=["row", "text", "short"]).filter("short")
        for text, number in short.group_by("text").agg(pl.col("row").n_unique()).iter_rows():
            counts[text] = counts.get(text, 0) + number
    most = max(least, share * rows)
    return pl.DataFrame(
        {"text": sorted(text for text, number in counts.items() if number > most)}, schema={"text": pl.UInt32}
    )
