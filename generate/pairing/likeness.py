"""How alike two responses are: pairs of almost the same text teach nothing."""

import re
import unicodedata
from functools import lru_cache

ALIKE = 0.9
"""Two texts that share nine of ten character trigrams differ in a word or two: reviewers see no choice,
and DPO learns from what is the same in both."""


def similarity(one: str, other: str) -> float:
    """Jaccard similarity of the character trigrams, after NFKC and without white space.

    >>> similarity("お米は涼しい所に置きます。", "お米は涼しい所に置きます｡")
    1.0
    >>> similarity("お米は涼しい所に置きます。", "冷蔵庫。")
    0.0
    """
    first, second = _trigrams(one), _trigrams(other)
    return len(first & second) / max(1, len(first | second))


@lru_cache(maxsize=256)  # the candidates of one prompt are compared with one another
def _trigrams(text: str) -> frozenset[str]:
    squeezed = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    return frozenset(squeezed[i : i + 3] for i in range(max(1, len(squeezed) - 2)))
