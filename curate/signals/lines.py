"""Lines: how many there are, and how many repeat.

A *line* is what stands between newlines, without the white space around it; blank lines are not counted.
(Swallow counts them, and so takes the empty lines between paragraphs for duplicates.)
"""

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
import polars as pl

from curate.signals.text import Text, Values, ratio
from seimai.signal import Signal

GOPHER: Final = "Gopher (Rae et al. 2021, table A1), as lines stripped of white space"

SIGNALS: Final[Mapping[str, Signal]] = {
    "lines": Signal("lines that are not blank", "lines", dtype=pl.Int64),
    "duplicate_line_ratio": Signal("lines equal to an earlier one, among lines not blank", "share", GOPHER),
    "duplicate_line_char_ratio": Signal(
        "code points of lines equal to an earlier one, among those of all lines", "share", GOPHER
    ),
}


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family."""
    from curate.signals.kernels.segments import lines, repeats

    offsets, first, end, _ = lines(text.points, text.classes, text.starts)
    count = np.diff(offsets)
    values: dict[str, Values] = {"lines": count}
    if set(names) - {"lines"}:
        spans, chars = repeats(text.points, offsets, first, end)
        total = np.bincount(np.repeat(np.arange(len(count)), count), end - first, len(count))
        values["duplicate_line_ratio"] = ratio(spans, count)
        values["duplicate_line_char_ratio"] = ratio(chars, total)
    return {name: values[name] for name in names}
