"""Amounts of text: so many documents, characters or tokens."""

import re
from typing import Literal

import polars as pl

from seimai.dataset import Rows
from seimai.errors import SeimaiError

Unit = Literal["documents", "chars", "tokens"]

_AMOUNT = re.compile(r"(\d[\d_,]*(?:\.\d+)?)\s*([kmbt]?)\s*(documents|chars|tokens)?", re.IGNORECASE)
_POWERS = {"": 0, "k": 3, "m": 6, "b": 9, "t": 12}


def amount(text: str | int) -> tuple[int, Unit | None]:
    """A number and its unit, if one is named.

    >>> amount("2B tokens"), amount("1.5M"), amount(300)
    ((2000000000, 'tokens'), (1500000, None), (300, None))

    Raises:
        ValueError: if the text is no amount, or not a whole number.
    """
    found = _AMOUNT.fullmatch(str(text).strip())
    if not found:
        raise ValueError(f"{text!r} is no amount such as 2B tokens, 100M chars or 5000")
    digits, _, fraction = re.sub("[_,]", "", found[1]).partition(".")
    power = _POWERS[found[2].lower()]
    fraction = fraction.rstrip("0")
    if len(fraction) > power:
        raise ValueError(f"{text!r} is no whole number")
    unit: dict[str, Unit] = {"documents": "documents", "chars": "chars", "tokens": "tokens"}
    return int(digits + fraction.ljust(power, "0")), unit.get((found[3] or "").lower())


def common_unit(amounts: list[str | int], by: Unit | None, default: Unit) -> Unit:
    """The one unit of all amounts: the one they name, else `by`, else the default.

    Raises:
        ValueError: if two units are named.
    """
    named: list[Unit | None] = [by, *(amount(text)[1] for text in amounts)]
    found: list[Unit] = [unit for unit in named if unit is not None]
    if len(set(found)) > 1:
        raise ValueError(f"amounts in {' and in '.join(sorted(set(found)))}: one unit at a time")
    return found[0] if found else default


def needed(unit: Unit, column: str) -> list[str]:
    """The columns from which a row's size is known."""
    return {"documents": [], "chars": ["text"], "tokens": [column]}[unit]


def size(unit: Unit, column: str) -> pl.Expr:
    """The size of a row; null where it is not known (a document without text, one that was not counted)."""
    match unit:
        case "documents":
            return pl.lit(1, pl.Int64)
        case "chars":
            return pl.col("text").str.len_chars().cast(pl.Int64)
        case "tokens":
            return pl.col(column).cast(pl.Int64)


def has_column(rows: Rows, column: str) -> bool:
    """Whether all shards have a column."""
    return all(column in pl.read_parquet_schema(s.path) for s in rows.shards)


def check_sizes(rows: Rows, unit: Unit, column: str, step: str) -> None:
    """Make sure that sizes can be known.

    Raises:
        SeimaiError: if the rows lack the column; it says which step adds it.
    """
    for name in needed(unit, column):
        if has_column(rows, name):
            continue
        if unit == "tokens":
            named = "" if column == "tokens" else f", column: {column}"
            remedy = f"put curate.count_tokens: {{tokenizer: ...{named}}} before it"
        else:
            remedy = "say by: documents"
        raise SeimaiError(
            f"{step} counts {unit} in the column {name!r}, which the rows do not have; {remedy}"
        )
