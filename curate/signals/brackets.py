"""Brackets that do not close: sentences out of order, pages cut to pieces.

Where the sentences of a text are shuffled, a 「 stands far from its 」 and others between them. In sound text
nearly every bracket has its partner, in the right order. Half-width brackets are left out: code and man
pages leave them open.
"""

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np

from curate.signals.text import Text, Values
from seimai.signal import Signal

SIGNALS: Final[Mapping[str, Signal]] = {
    "unmatched_bracket_ratio": Signal(
        "full-width brackets （）「」『』【】〔〕〈〉《》 without a partner in the right order, among all "
        "of them and 15 more (so that one slip in a short text counts little)",
        "share",
    ),
}

_PAIRS: Final = ("（）", "「」", "『』", "【】", "〔〕", "〈〉", "《》")


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family."""
    from curate.signals.kernels.brackets import unmatched

    kinds = np.zeros(0x10000, np.int8)
    for number, (opening, closing) in enumerate(_PAIRS, 1):
        kinds[ord(opening)], kinds[ord(closing)] = number, -number
    alone, brackets = unmatched(text.points, text.starts, kinds)
    return {name: alone / (brackets + 15.0) for name in names}
