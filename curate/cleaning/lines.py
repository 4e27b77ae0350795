"""Ranges of lines cut out of a text, and the blank lines around them closed."""

from collections.abc import Iterable


def cut_out(lines: list[str], ranges: Iterable[range], put: str | None = None) -> str:
    """The text without the ranges, which are in order and do not overlap; `put` stands for each of them.

    Of the blank lines around a range one is left, and none at the start or the end of the text. A text of
    which nothing is cut out stays as it is.
    """
    kept: list[str] = []
    position = 0
    cut = False
    for found in ranges:
        kept += lines[position : found.start]
        position, cut = found.stop, True
        if put is not None:
            kept.append(put)
        elif not kept or not kept[-1].strip():
            while position < len(lines) and not lines[position].strip():
                position += 1
    kept += lines[position:]
    while cut and position == len(lines) and kept and not kept[-1].strip():
        kept.pop()
    return "\n".join(kept)
