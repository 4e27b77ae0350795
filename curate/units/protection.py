"""Units that stay though they recur: laws and licences, code, what the user names, rows the user names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from curate.cleaning.edges import PROTECTED
from curate.cleaning.recurring import groups_of
from curate.units.pieces import Integers, Keys, keys_of, pieces
from seimai.errors import SeimaiError

_FENCE = re.compile(rb"^[ \t]*(`{3,}|~{3,})", re.MULTILINE)


@dataclass(frozen=True)
class Protection:
    """What the parameters of the step protect."""

    patterns: tuple[str, ...]
    """Regular expressions of units, beside those for laws and licences."""
    rows: Mapping[str, tuple[str, ...]]
    """From a column, or `host`, to regular expressions of its values."""
    file: str | None
    """A file of units, one a line."""

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{p})" for p in (*PROTECTED, *self.patterns)))

    def protects(self, unit: str) -> bool:
        """Whether the wording of a unit protects it."""
        return bool(self._pattern.search(unit.strip()))

    def listed(self) -> Keys:
        """The keys of the units that the file lists, in ascending order.

        Raises:
            SeimaiError: if the file cannot be read.
        """
        if self.file is None:
            lines: list[str] = []
        else:
            try:
                lines = Path(self.file).read_text("utf-8-sig").splitlines()
            except (OSError, UnicodeDecodeError) as e:
                raise SeimaiError(f"curate.line_dedup: protected: {self.file} cannot be read: {e}") from None
        keys, _ = keys_of(
            pieces(pl.Series([line for line in lines if line.strip()], dtype=pl.String), "line")
        )
        keys.sort()
        return keys

    def protected_rows(self, frame: pl.DataFrame) -> Sequence[bool]:
        """Which rows stay as they are."""
        found = pl.repeat(value=False, n=frame.height, eager=True)
        for column, patterns in self.rows.items():
            if column == "host":
                values = pl.Series(
                    groups_of(frame.select(pl.selectors.by_name("url", require_all=False)), "host")
                )
            elif column in frame.columns:
                values = frame[column].cast(pl.String)
            else:
                raise SeimaiError(
                    f"curate.line_dedup: protect_rows names {column!r}, which the rows do not have"
                )
            expression = "|".join(f"(?:{p})" for p in patterns)
            hits = [bool(v) and re.search(expression, v) is not None for v in values.to_list()]
            found |= pl.Series(hits, dtype=pl.Boolean)
        return found.to_list()


def code(document: bytes) -> list[range]:
    r"""The bytes of fenced code blocks, fences and all; a fence without a partner fences nothing.

    >>> code("米\n```\nint x;\n```\n糠".encode())
    [range(4, 19)]
    """
    found: list[range] = []
    opened: re.Match[bytes] | None = None
    for fence in _FENCE.finditer(document):
        if opened is None:
            opened = fence
        elif fence[1][:1] == opened[1][:1] and len(fence[1]) >= len(opened[1]):
            line = document.find(b"\n", fence.end())
            found.append(range(opened.start(), line + 1 if line >= 0 else len(document)))
            opened = None
    return found


def in_code(bounds: Integers, document: bytes) -> set[int]:
    """Which units of a document, whose first begins at `bounds[0]`, begin in a fenced code block."""
    found = set[int]()
    for block in code(document):
        for number, begin in enumerate((bounds[:-1] - bounds[0]).tolist()):
            if begin in block:
                found.add(number)
    return found
