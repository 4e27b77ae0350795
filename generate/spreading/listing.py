"""The topics, openings and ends of prompts as a page of Markdown."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from generate.spreading.topics import Topic

SHOWN = 100
"""Characters of an example."""


def page(figures: Mapping[str, Any], topics: Sequence[Topic]) -> str:
    """The page; prompts are data in it, whatever they hold."""
    measured = max(1, figures["measured"])
    lines = [
        "# Spread of prompts",
        "",
        f"{figures['measured']:,} of {figures['prompts']:,} prompts measured: they come to "
        f"{figures['effective_prompts']:,} that share nothing. {100 * figures['alike']:.1f} % have another "
        "one that is alike.",
        "",
        *_table("opening", figures["openings"], measured),
        *_table("end", figures["ends"], measured),
        f"## {len(topics)} topics",
        "",
    ]
    for number, topic in enumerate(topics, 1):
        lines.append(f"{number}. {topic.size:,} prompts ({100 * topic.size / measured:.1f} %)")
        lines += [f"   - {escaped(example)}" for example in topic.examples]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    r"""A text on one line, as Markdown that shows it letter for letter.

    >>> print(escaped("<b>太字</b>と[リンク](http://example.jp)"))
    \<b\>太字\</b\>と\[リンク\]\(http://example.jp\)
    """
    line = " ".join(text.split())
    line = line if len(line) <= SHOWN else line[:SHOWN] + "…"
    return re.sub(r"([\\`*_{}\[\]()<>#+|!~&])", r"\\\1", line)


def _table(name: str, counts: Sequence[tuple[str, int]], measured: int) -> list[str]:
    rows = [
        f"| {escaped(text)} | {count:,} | {100 * count / measured:.1f} % |"
        for text, count in counts
        if count > 1
    ]
    if not rows:
        return []
    return [f"| {name} | prompts | share |", "|---|---|---|", *rows, ""]
