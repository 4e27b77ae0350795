"""How long the texts of a pair are, for what reading them takes and for what length does to choices."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from label.trust.votes import Votes
from label.verdict import decide
from seimai.dataset import Dataset


@dataclass(frozen=True)
class Size:
    """Characters of a pair's texts, the responses as they were shown."""

    prompt: int
    chosen: int
    rejected: int

    @property
    def shown(self) -> int:
        """All that there is to read."""
        return self.prompt + self.chosen + self.rejected


def sizes(dataset: Dataset, votes: Votes) -> dict[str, Size]:
    """Sizes of the pairs that were voted on, from a dataset of pairs before or after its review.

    The review puts first what people prefer; the capture still speaks of the order before. So a pair that
    people labelled and turned is turned back.
    """
    turned = _turned(votes)
    wanted = set(votes.pairs)
    found: dict[str, Size] = {}
    for row in _rows(dataset, wanted):
        prompt, chosen, rejected = (_characters(row[c]) for c in ("prompt", "chosen", "rejected"))
        if row.get("label_source") == "human" and row["id"] in turned:
            chosen, rejected = rejected, chosen
        found[row["id"]] = Size(prompt, chosen, rejected)
    return found


def _turned(votes: Votes) -> set[str]:
    answers: dict[str, list[Any]] = {pair: [] for pair in votes.pairs}
    for response in votes.responses:
        answers[response.pair].append(response)
    return {pair for pair, given in answers.items() if decide(given).winner == "rejected"}


def _rows(dataset: Dataset, wanted: Collection[str]) -> Iterator[Mapping[str, Any]]:
    for side in (dataset.kept, dataset.dropped):
        for frame in side.frames():
            if {"id", "prompt", "chosen", "rejected"} <= set(frame.columns):
                yield from frame.filter(pl.col("id").is_in(list(wanted))).iter_rows(named=True)


def _characters(messages: Sequence[Mapping[str, str | None]] | None) -> int:
    return sum(len(turn["content"] or "") for turn in messages or ())
