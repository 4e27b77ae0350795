"""Topics: prompts that share rare n-grams, directly or by way of others."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generate.spreading.vectors import Vectors, unit, weighted
from generate.spreading.wording import subject

DIMENSIONS = 32
"""Of the latent semantic space: of 32, 64 and 128 the one whose clusters were purest on questions about 59
articles of Wikipedia (JSQuAD)."""
TURNS = 20
MOST = 50
EXAMPLES = 5


@dataclass(frozen=True)
class Topic:
    """Some prompts, the most typical ones first."""

    size: int
    examples: tuple[str, ...]


def topics(texts: Sequence[str], seed: int) -> list[Topic]:
    """Up to 50 topics, the largest first: k-means in the space of latent semantic analysis.

    Their number is that of the root of half the texts. What prompts are about counts, not how they end.
    Those that share no n-gram with another are one topic, the last.
    """
    vectors = weighted([subject(text) for text in texts])
    about = np.flatnonzero(np.linalg.norm(vectors, axis=1) > 0)
    number = min(MOST, max(1, round((len(about) / 2) ** 0.5)))
    found: list[Topic] = []
    if len(about):
        points = latent(vectors[about])
        cells, near = _clusters(points, number, seed)
        for cell in range(number):
            members = np.flatnonzero(cells == cell)
            order = members[np.argsort(-near[members], kind="stable")]
            if len(order):
                found.append(_topic(texts, about[order]))
    found.sort(key=lambda topic: (-topic.size, topic.examples))
    rest = np.setdiff1d(np.arange(len(texts)), about)
    if len(rest):
        found.append(_topic(texts, rest))
    return found


def _topic(texts: Sequence[str], rows: npt.NDArray[np.int64]) -> Topic:
    return Topic(len(rows), tuple(texts[int(row)] for row in rows[:EXAMPLES]))


def effective_topics(sizes: Sequence[int]) -> float:
    """The exponential of the entropy of the topics' shares: their number, if all were as large.

    >>> round(effective_topics([10, 10, 10]), 2), round(effective_topics([28, 1, 1]), 2)
    (3.0, 1.34)
    """
    total = sum(sizes)
    return math.exp(-sum(s / total * math.log(s / total) for s in sizes)) if total else 0.0


def latent(vectors: Vectors) -> Vectors:
    """The vectors in the space of their strongest directions."""
    if len(vectors) < vectors.shape[1]:  # the same space, by the smaller of the two matrices
        strengths, directions = np.linalg.eigh(vectors @ vectors.T)
        return unit(directions[:, -DIMENSIONS:] * np.sqrt(np.maximum(strengths[-DIMENSIONS:], 0)))
    _, directions = np.linalg.eigh(vectors.T @ vectors)
    return unit(vectors @ directions[:, -DIMENSIONS:])


def _clusters(points: Vectors, number: int, seed: int) -> tuple[npt.NDArray[np.int64], Vectors]:
    """The cell of each point and its cosine with the cell's centre: spherical k-means from drawn points."""
    centres = points[random.Random(seed).sample(range(len(points)), number)]
    cells = np.zeros(len(points), np.int64)
    near = np.zeros(len(points))
    for _ in range(TURNS):
        # Rounded, so that the last bits of a sum, which differ between processors, move no point.
        cosines = np.round(points @ centres.T, 6)
        cells, near = cosines.argmax(axis=1), cosines.max(axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, cells, points)
        centres = np.where(np.linalg.norm(sums, axis=1, keepdims=True) > 1e-9, unit(sums), centres)
    return cells, near
