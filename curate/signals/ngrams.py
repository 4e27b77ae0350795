"""Character n-grams: text that says the same over and over without repeating a whole line.

Duplicated n-grams are counted in two ways. Swallow's code counts *kinds*: a phrase that occurs a hundred
times counts once. Its README, like Gopher, counts *occurrences*. Where every repeated n-gram occurs twice, a
share s of kinds is a share 2s / (1 + s) of occurrences.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

import numpy as np

from curate.signals.characters import SWALLOW
from curate.signals.text import FACTOR, Text, Values, ratio
from seimai.signal import Signal

SIZES: Final = range(2, 11)

SIGNALS: Final[Mapping[str, Signal]] = {
    **{
        f"top_{n}gram_ratio": Signal(
            f"the commonest {n}-gram, among all occurrences of {n}-grams", "share", SWALLOW
        )
        for n in SIZES
    },
    **{
        f"duplicate_{n}gram_ratio": Signal(
            f"kinds of {n}-grams that occur more than once, among all kinds", "share", SWALLOW
        )
        for n in SIZES
    },
    **{
        f"duplicate_{n}gram_occurrence_ratio": Signal(
            f"occurrences of {n}-grams that occur more than once, among all occurrences",
            "share",
            "Swallow v1, README (its code counts kinds)",
        )
        for n in SIZES
    },
}

# From kinds, kinds that repeat, their occurrences, the commonest's occurrences, and all occurrences.
_HOW: Final[Mapping[str, Callable[[Values, Values], Values]]] = {
    "top": lambda n, places: ratio(n[:, 3], places),
    "duplicate": lambda n, places: ratio(n[:, 1], n[:, 0]),
    "duplicate_occurrence": lambda n, places: ratio(n[:, 2], places),
}


def _asked(name: str) -> tuple[str, int]:
    """What is asked, and of which size.

    >>> _asked("duplicate_10gram_occurrence_ratio")
    ('duplicate_occurrence', 10)
    """
    kind, size, *rest = name.removesuffix("_ratio").split("_")
    return "_".join([kind, *rest]), int(size.removesuffix("gram"))


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family: all sizes between the smallest and the largest in one go."""
    from curate.signals.kernels.ngrams import ngrams

    asked = {name: _asked(name) for name in names}
    sizes = sorted({n for _, n in asked.values()})
    counts = ngrams(text.points, text.starts, sizes[0], sizes[-1], FACTOR)
    values: dict[str, Values] = {}
    for name, (what, n) in asked.items():
        values[name] = _HOW[what](counts[:, n - sizes[0]], np.maximum(text.chars - n + 1, 0))
    return values
