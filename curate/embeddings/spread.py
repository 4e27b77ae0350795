"""What each cut-off would drop, from a sample of rows that was compared with all: shares and pairs.

Which cosine means "the same" differs from encoder to encoder, so it has to be looked at: the histogram shows
where copies in other words end and where mere likeness begins, and pairs about the cut-off are for people to
read.
"""

from dataclasses import dataclass

import numpy as np

from curate.embeddings.cells import Sampled, Seen
from curate.embeddings.vectors import Floats, reached

LEAST = 0.3
"""Cosines below are shown in the lowest bar."""
STEPS = 70
PAIRS = 6
"""Pairs that are shown of each step of 0.02."""
AROUND = 0.1
"""How far from the threshold pairs are shown."""


@dataclass(frozen=True)
class Spread:
    """A sample of rows, and what it has met."""

    rows: int
    copies: int
    """Rows whose text an earlier row has."""
    sampled: Sampled
    seen: Seen

    def likely(self, threshold: float) -> float:
        """The share of all rows that would go at most: copies, and those like a row preferred to them.

        Fewer go where the row that another resembles goes itself.
        """
        share = float((self.seen.above >= reached(threshold)).mean()) if self.seen.above.size else 0.0
        return (self.copies + (self.rows - self.copies) * share) / max(1, self.rows)

    def alike(self, threshold: float) -> float:
        """The share of rows (copies apart) whose most similar other row reaches the threshold."""
        return float((self.seen.nearest >= reached(threshold)).mean()) if self.seen.nearest.size else 0.0

    def histogram(self) -> Floats:
        """The share of rows whose most similar row lies in each hundredth from `LEAST` to 1."""
        places = np.clip(((self.seen.nearest - LEAST) * 100).astype(int), 0, STEPS - 1)
        return (np.bincount(places, minlength=STEPS) / max(1, places.size)).astype(np.float32)

    def table(self, threshold: float | None) -> str:
        """The shares at each threshold, as text."""
        number = self.seen.nearest.size
        lines = [
            f"{self.rows:,} documents, {self.copies:,} of them copies. From {number:,} others,",
            "each compared with all: the share that has another document as similar as the threshold, and",
            "the share of all documents that would go at most: copies, and those like a preferred one.",
            "",
            "threshold  have one   would go",
        ]
        steps = [(100 - 2 * n) / 100 for n in range(35)]
        if threshold is not None and threshold not in steps:
            steps.append(threshold)
        for step in sorted(steps, reverse=True):
            mark = "  <- threshold" if step == threshold else ""
            bar = "#" * round(40 * self.alike(step))
            shares = f"{100 * self.alike(step):7.1f} %  {100 * self.likely(step):7.1f} %"
            lines.append(f"{step:9.3g}  {shares}  {bar}{mark}".rstrip())
        return "\n".join(lines) + "\n"

    def pairs(self, threshold: float | None) -> list[tuple[float, int, int]]:
        """Some pairs of a sampled row and its most similar one near the threshold, most similar first."""
        low, high = (LEAST, 1.0) if threshold is None else (threshold - AROUND, threshold + AROUND)
        taken: dict[int, int] = {}
        found: list[tuple[float, int, int]] = []
        known = set[tuple[int, int]]()
        nearest, neighbour = self.seen.nearest.tolist(), self.seen.neighbour.tolist()
        for row, cosine, other in zip(self.sampled.rows.tolist(), nearest, neighbour, strict=True):
            step, pair = int(cosine * 50), (min(row, other), max(row, other))
            if (
                other >= 0
                and low <= cosine <= high + 1e-6
                and pair not in known
                and taken.get(step, 0) < PAIRS
            ):
                taken[step] = taken.get(step, 0) + 1
                known.add(pair)
                found.append((round(min(cosine, 1.0), 4), *pair))
        return sorted(found, key=lambda p: (-p[0], p[1:]))
