"""Pieces of Markdown: headings, tables, cells."""

import json
import math
import re
from collections.abc import Sequence


def heading(english: str, japanese: str) -> list[str]:
    """A heading in both languages."""
    return [f"## {english} · {japanese}\n"]


def table(
    head: Sequence[str],
    lines: Sequence[Sequence[str]],
    *,
    numbers_from: int = 1,
    numbers_to: int | None = None,
) -> list[str]:
    """A Markdown table; columns of numbers stand to the right."""
    to = len(head) if numbers_to is None else numbers_to
    head = [re.sub(r" (?=[^ -~])", "<br>", name) for name in head]
    rule = ["--:" if numbers_from <= n < to else "---" for n in range(len(head))]
    return ["\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *lines)) + "\n"]


def cell(name: str | None) -> str:
    r"""A name that comes from data, as one cell in which nothing is markup.

    >>> print(cell("a|b<br>"))
    a\|b&lt;br>
    """
    if name is None:
        return "(none なし)"
    return json.dumps(name, ensure_ascii=False)[1:-1].replace("|", "\\|").replace("<", "&lt;")


def ratio(amount: int, tokens: int) -> str:
    """Characters or bytes a token; nothing where there are none."""
    return f"{amount / tokens:.3f}" if amount and tokens else ""


def number(value: float) -> str:
    """A signal's value.

    >>> number(78328.0), number(0.26341), number(float("inf"))
    ('78,328', '0.2634', 'inf')
    """
    return f"{value:,.0f}" if math.isfinite(value) and value == int(value) else f"{value:.4g}"


def size(count: int) -> str:
    """Bytes as people read them.

    >>> size(18_030_000), size(700)
    ('18.03 MB', '0.7 kB')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if count >= unit:
            return f"{count / unit:.2f} {name}"
    return f"{count / 1e3:.1f} kB"
