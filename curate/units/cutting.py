"""Runs of units cut out of a document, its blank lines and line ends left in order."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from curate.units.pieces import Integers


def runs(gone: Sequence[int], blank: Sequence[bool]) -> Iterator[range]:
    """Units that go one after another, with the blank ones between them.

    >>> list(runs([0, 2, 4], [False, True, False, False, False]))
    [range(0, 3), range(4, 5)]
    """
    first = 0
    for at in range(1, len(gone) + 1):
        if at == len(gone) or not all(blank[gone[at - 1] + 1 : gone[at]]):
            yield range(gone[first], gone[at - 1] + 1)
            first = at


def cut(
    document: bytes, bounds: Integers, blank: Sequence[bool], gone: Sequence[int], mask: str | None
) -> str:
    r"""The document without the units `gone` (numbers, in order); a mask stands for each run of them.

    Of the blank lines around a run one is left, and none at the ends of the text.

    >>> import numpy as np
    >>> cut("ホーム\n\n糠。\n".encode(), np.array([0, 10, 11, 18]), [False, True, False], [0], None)
    '糠。\n'
    """
    ends = [int(b - bounds[0]) for b in bounds]
    parts: list[bytes] = []
    position = 0
    for run in runs(gone, blank):
        parts += [document[a:b] for a, b in pairwise(ends[position : run.start + 1])]
        position = run.stop
        last = document[ends[run.stop - 1] : ends[run.stop]]
        space = last[len(last.rstrip(b"\n")) :]
        before = parts[-1] if parts else b""
        if mask is not None:
            parts.append(mask.encode() + space)
        elif not before or (before.endswith(b"\n") and blank[run.start - 1]) or before.endswith(b"\n\n"):
            while position < len(blank) and blank[position]:
                position += 1
        elif space and not before.endswith(b"\n"):
            parts.append(space)
    parts += [document[a:b] for a, b in pairwise(ends[position:])]
    text = b"".join(parts).decode()
    return text.rstrip() if gone and mask is None and all(blank[gone[-1] + 1 :]) else text
