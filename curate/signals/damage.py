"""Damage: text that was decoded, scraped, shuffled or generated wrongly, told from odd but sound text.

No value here is high for law, patents, manuals, poetry, tables or dialogue as such; docs/signals.md has what
each catches and what it costs on 1,500 sound documents.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

import numpy as np
import polars as pl

from curate.signals import classes as c
from curate.signals.text import Text, Values, ratio
from seimai.signal import Signal

SIGNALS: Final[Mapping[str, Signal]] = {
    "mojibake_ratio": Signal(
        "code points that Japanese bytes become in a wrong encoding (C1 controls, U+FFFD, 縺繧繝, ã‚, ‚ƒ, "
        "¤Î, ､ﾎ､), among those that are not white space; at most 1",
        "share",
    ),
    "lone_letter_ratio": Signal(
        "Japanese letters with white space (no newline) on both sides, among kana and kanji", "share"
    ),
    "embedded_symbol_ratio": Signal(
        "symbols between two Japanese letters, or beside another symbol, among visible code points", "share"
    ),
    "run_ratio": Signal("visible code points in runs of five and more of the same one", "share"),
    "max_run_chars": Signal("longest run of one visible code point", "code points", dtype=pl.Int64),
    "max_clause_chars": Signal(
        "longest run without a newline or one of 。．！？、，!?.,:;", "code points", dtype=pl.Int64
    ),
    "kana_order_bits": Signal(
        "how much likelier neighbours, one of them hiragana, are in Japanese than by chance: mean of their "
        "pointwise mutual information, with 20 neutral pairs added; below 0 for letters out of order",
        "bits",
        "seimai; counted on Aozora Bunko, statutes, Wikipedia and manuals (benchmarks/kana_order.py)",
    ),
}

_KANA_AND_KANJI: Final = [
    c.HIRAGANA, c.KATAKANA, c.KANJI, c.HIRAGANA_MORE, c.KATAKANA_MORE, c.KANJI_BEYOND, c.HALF_KATAKANA,
]  # fmt: skip

# From the six numbers of the kernel, and the text.
_HOW: Final[Mapping[str, Callable[[Values, Text], Values]]] = {
    "mojibake_ratio": lambda n, t: np.minimum(ratio(n[:, 0], t.visible), 1.0),
    "lone_letter_ratio": lambda n, t: ratio(n[:, 1], t.counts[:, _KANA_AND_KANJI].sum(axis=1)),
    "embedded_symbol_ratio": lambda n, t: ratio(n[:, 2], t.visible),
    "run_ratio": lambda n, t: ratio(n[:, 3], t.visible),
    "max_run_chars": lambda n, t: n[:, 4],
    "max_clause_chars": lambda n, t: n[:, 5],
}


def _kana_order(text: Text) -> Values:
    from curate.signals.kana_order import association, symbols
    from curate.signals.kernels.kana_order import kana_order

    total, pairs = kana_order(text.points, text.starts, symbols(), association())
    return total / (pairs + 20.0)


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family."""
    from curate.signals.kernels.damage import damage

    values: dict[str, Values] = {}
    if "kana_order_bits" in names:
        values["kana_order_bits"] = _kana_order(text)
    if others := [name for name in names if name not in values]:
        numbers = damage(text.points, text.classes, text.starts)
        values |= {name: _HOW[name](numbers, text) for name in others}
    return values
