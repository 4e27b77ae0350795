"""chrF: how far two texts share their character n-grams; needs no words, which Japanese does not part."""

from collections import Counter

ORDER = 6
"""Longest n-gram."""
BETA = 2
"""Recall counts for so many times precision: what is missing weighs more than what is added."""


def chrf(text: str, reference: str) -> float:
    """The F-score of character n-grams of 1 to 6, from 0 to 1 (Popović 2015, https://aclanthology.org/W15-3049).

    As sacreBLEU computes a sentence's chrF2: white space does not count, and lengths of n-gram of which one
    text has none are left out.

    >>> round(chrf("玄米からぬかを取り除くこと", "玄米からぬかを除くこと"), 4)
    0.6482
    """
    said, wanted = "".join(text.split()), "".join(reference.split())
    precision = recall = 0.0
    orders = 0
    for n in range(1, ORDER + 1):
        ours, theirs = _grams(said, n), _grams(wanted, n)
        if not ours or not theirs:
            continue
        shared = (ours & theirs).total()
        precision += shared / ours.total()
        recall += shared / theirs.total()
        orders += 1
    if not precision:
        return 0.0
    precision, recall = precision / orders, recall / orders
    return (1 + BETA**2) * precision * recall / (BETA**2 * precision + recall)


def _grams(text: str, n: int) -> Counter[str]:
    return Counter(text[i : i + n] for i in range(len(text) - n + 1))
