"""How alike two responses are: pairs of almost the same text teach nothing."""

from functools import lru_cache

from generate.compared import compared

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
    whole = compared(text)
    return frozenset(whole[i : i + 3] for i in range(max(1, len(whole) - 2)))
