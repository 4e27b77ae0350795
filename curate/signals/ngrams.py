"""Character n-grams: text that says the same over and over without repeating a whole line.

Shares are over *kinds* of n-grams where Swallow's code has it so (its README says occurrences).
"""

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np

from curate.signals.characters import SWALLOW
from curate.signals.text import Text, Values, ratio
from seimai.signal import Signal

SIGNALS: Final[Mapping[str, Signal]] = {
    **{
        f"top_{n}gram_ratio": Signal(
            f"the commonest {n}-gram, among all occurrences of {n}-grams", "share", SWALLOW
        )
        for n in (2, 3, 4)
    },
    **{
        f"duplicate_{n}gram_ratio": Signal(
            f"kinds of {n}-grams that occur more than once, among all kinds", "share", SWALLOW
        )
        for n in (5, 6, 7, 8, 9, 10)
    },
}


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family."""
    from curate.signals.kernels.ngrams import ngrams

    values: dict[str, Values] = {}
    for name in names:
        kind, rest = name.split("_")[:2]
        n = int(rest.removesuffix("gram"))
        distinct, repeated, commonest = ngrams(text.points, text.starts, n)
        occurrences = np.maximum(text.chars - n + 1, 0)
        values[name] = ratio(commonest, occurrences) if kind == "top" else ratio(repeated, distinct)
    return values
