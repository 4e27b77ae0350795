"""Vectors of prompts, from their character bigrams and trigrams, in 1,024 places.

What a prompt is about shows in kanji, katakana and Latin letters; n-grams wholly in hiragana make sentences
about anything and are passed over. No model and no dictionary is needed, and equal texts get equal vectors.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import xxhash

from generate.compared import compared

SIZE = 1024
"""Places of a vector. Two n-grams that share one blur a cosine by about 1/32."""
CONTENT = re.compile(r"[^\Wぁ-ゖー_]")

Vectors = npt.NDArray[np.float64]


def plain(texts: Sequence[str]) -> Vectors:
    """A vector of length 1 for each text: which n-grams it has. Zeros for a text that has none."""
    found = np.zeros((len(texts), SIZE))
    for row, text in enumerate(texts):
        for gram in sorted(set(_grams(text))):
            place, sign = _place(gram)
            found[row, place] += sign
    return unit(found)


def weighted(texts: Sequence[str]) -> Vectors:
    """The same by TF-IDF: what few texts have counts more, what one alone has counts nothing."""
    counts = [Counter(_grams(text)) for text in texts]
    documents = Counter(gram for count in counts for gram in count)
    known = {gram: _place(gram) for gram, number in documents.items() if number > 1}
    found = np.zeros((len(texts), SIZE))
    for row, count in enumerate(counts):
        for gram in sorted(count):
            if gram in known:
                place, sign = known[gram]
                found[row, place] += sign * count[gram] * math.log(len(texts) / documents[gram])
    return unit(found)


def unit(vectors: Vectors) -> Vectors:
    """Vectors of length 1; those of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 1e-9, lengths, 1)


def effective_number(vectors: Vectors) -> float:
    """To how many prompts that share nothing a set comes: one over the mean squared cosine of two prompts.

    The Vendi score of order 2 (Friedman & Dieng 2023, arXiv:2210.02410; Pasarkar & Dieng 2023,
    arXiv:2310.12952): n for n prompts that have nothing in common, 1 for n copies of one.

    >>> round(effective_number(plain(["米の研ぎ方"] * 3 + ["自転車の修理"])), 2)
    1.6
    """
    gram = vectors.T @ vectors
    number = float(np.trace(gram))
    return number**2 / float((gram**2).sum()) if number else 0.0


def _grams(text: str) -> list[str]:
    text = compared(text)
    grams = (text[i : i + n] for n in (2, 3) for i in range(len(text) - n + 1))
    return [gram for gram in grams if CONTENT.search(gram)]


def _place(gram: str) -> tuple[int, int]:
    """Where an n-gram counts, and with which sign: collisions cancel out on average."""
    digest = xxhash.xxh3_64_intdigest(gram.encode())
    return digest % SIZE, 1 if digest >> 63 else -1
