"""When what a text shares with a benchmark's text is contamination, and when it is how people speak."""

from dataclasses import dataclass
from typing import Final

LEAST_EVIDENCE: Final = 3.0
"""Letters that a benchmark text must have to itself, those that n items share counting 1/n each.

A question that stands word for word in dozens of items (「次のうち正しいものはどれか」) has less, and is
looked for no more: what its items ask stands elsewhere.
"""

MOST_TEXTS: Final = 32
"""Windows of more texts than this begin no match: they are phrases, and weigh next to nothing."""

SHORT_TEXT: Final = 24
"""Symbols of a text up to which it is looked for by the shorter windows."""

WHOLE: Final = 0.9
"""Share of a text from which on it counts as found whole."""

SHORT: Final = 20
"""A match of fewer letters may be a phrase of the language; how many rows have it decides."""

COMMON_ROWS: Final = 10
"""A match in no more rows than this is never called a common phrase."""


@dataclass(frozen=True)
class Rule:
    """The least that must be found of a benchmark's text, in a stretch of the row's text.

    Shares are of the text's weight: each letter weighs 1/n, n being the number of items that share the rarest
    window over it. So instructions that stand in many items count for little, wherever they are found.
    """

    ngram: int
    """Letters (words) of a window; a match is made of runs at least as long."""
    share: float
    """Least share that makes a match."""
    part: int
    """Least number of letters found where it is not the whole text."""
    whole: int
    """Least number of letters of a text that is found whole within other text; alone, `ngram` do."""
    edits: float
    """Most edits (letters put in, left out or replaced) by which a short text may differ, of its length."""
