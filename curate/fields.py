"""The texts of a row, whatever its kind: found for a search, put back when a part of them is masked."""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from seimai.errors import SeimaiError
from seimai.rows import MESSAGES, RESPONSES, Kind

KINDS: Final[tuple[Kind, ...]] = ("documents", "chat", "prompts", "candidates", "pairs", "labels")
"""The kinds of rows that hold text."""

COLUMNS: Final[dict[str, tuple[pl.DataType, str | None]]] = {
    "text": (pl.String(), None),
    "messages": (MESSAGES, "content"),
    "prompt": (MESSAGES, "content"),
    "responses": (RESPONSES, "text"),
    "chosen": (MESSAGES, "content"),
    "rejected": (MESSAGES, "content"),
    "completion": (MESSAGES, "content"),
}
"""The columns that hold text, and in lists of structs the field that does."""


def columns_of(schema: Mapping[str, pl.DataType], within: Sequence[str]) -> list[str]:
    """The columns that hold text, in the order of a row: those of `within`, or all.

    Raises:
        SeimaiError: if `within` names one that the rows do not have, or they have none at all.
    """
    has = [name for name in COLUMNS if name in schema]
    for name in within:
        if name not in has:
            raise SeimaiError(f"within names {name!r}, and the rows have {', '.join(has) or 'no text'}")
    if not has:
        raise SeimaiError("the rows have no text")
    return [name for name in has if not within or name in within]


def texts(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """One row a text: `row` in the frame, the `field` (`text`, `messages.0`), `text`; in a row's order."""
    parts: list[pl.DataFrame] = []
    numbered = rows.select(columns).with_row_index("row")
    for order, name in enumerate(columns):
        inner = COLUMNS[name][1]
        if inner is None:
            part = numbered.select("row", place=pl.lit(0, pl.UInt32), field=pl.lit(name), text=name)
        else:
            part = (
                numbered.select("row", name)
                .with_columns(place=pl.int_ranges(0, pl.col(name).list.len(), dtype=pl.UInt32))
                .explode(name, "place")
                .drop_nulls("place")
                .select(
                    "row",
                    "place",
                    field=pl.lit(f"{name}.") + pl.col("place").cast(pl.String),
                    text=pl.col(name).struct.field(inner),
                )
            )
        parts.append(part.with_columns(order=pl.lit(order)).drop_nulls("text"))
    # One column is in order as it is, and a sort would copy the text.
    every = parts[0] if len(parts) == 1 else pl.concat(parts).sort("row", "order", "place")
    return every.select("row", "field", "text")


def put_back(
    rows: pl.DataFrame, columns: Sequence[str], changed: Mapping[tuple[int, str], str]
) -> pl.DataFrame:
    """The columns with the changed texts in their places, by row and field."""
    made: list[pl.Series] = []
    for name in columns:
        inner = COLUMNS[name][1]
        if inner is None:
            texts = [changed.get((row, name)) for row in range(rows.height)]
            made.append(pl.Series(name, texts, pl.String).fill_null(rows[name]))
            continue
        values = rows[name].to_list()
        for (row, field), text in changed.items():
            column, _, place = field.partition(".")
            if column == name:
                values[row][int(place)][inner] = text
        made.append(pl.Series(name, values, rows.schema[name]))
    return pl.DataFrame(made)


def replaced(
    rows: pl.DataFrame, columns: Sequence[str], changed: Mapping[tuple[int, str], str]
) -> pl.DataFrame:
    """The rows with the changed texts; those in which nothing changed are not touched."""
    if not changed:
        return rows
    some = sorted({row for row, _ in changed})
    place = {row: n for n, row in enumerate(some)}
    here = {(place[row], field): text for (row, field), text in changed.items()}
    part = rows[some].with_columns(put_back(rows[some], columns, here).get_columns())
    numbered = rows.with_row_index(_ROW)
    others = numbered.filter(~pl.col(_ROW).is_in(some))
    mine = part.with_columns(pl.Series(_ROW, some, numbered.schema[_ROW])).select(numbered.columns)
    return pl.concat([others, mine]).sort(_ROW).drop(_ROW)


_ROW: Final = " row"
