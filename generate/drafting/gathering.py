"""Gathering prompts from a model in rounds, until there are enough: each must be new.

The order in which drafts are taken is that of the requests, not of the answers: which of two similar drafts
stays does not depend on what came first over the wire, nor on where a kill fell.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from generate.asker import Asker
from generate.drafting.drafts import Draft, checked, numbered
from generate.drafting.new_prompts import Row, new_row
from generate.drafting.novelty import Pool
from generate.engine import Message, Request, Sampling
from seimai.rows import row_id


@dataclass(frozen=True)
class Limits:
    """When a prompt is new, and when it is enough."""

    rounds: int
    drafts: int
    """Prompts that one request asks for."""
    requests: int
    """Most requests of a group in one round."""
    similarity: float
    """A draft as similar to a prompt that is there is no new one (`generate.drafting.novelty`)."""


@dataclass
class Group:
    """Prompts of one sort, each of which must be new among them all."""

    name: str
    wanted: int
    pool: Pool
    """What is there; what is taken is added."""
    conversation: Callable[[random.Random, Sequence[Row]], tuple[list[Message], list[Row]]]
    """The conversation that asks for drafts, and the rows that it shows, from the rows taken so far."""
    meta: Callable[[dict[str, Any]], str]
    """A row's `meta`, from where its draft stood."""
    taken: list[Row] = field(default_factory=list[Row])

    def missing(self) -> int:
        """How many prompts are wanted still."""
        return self.wanted - len(self.taken)


def gather(
    groups: Sequence[Group], asker: Asker, sampling: Sampling, seed: int, limits: Limits
) -> Iterator[Row]:
    """Ask in rounds; yield a row for each draft, with a `reason` where it is not taken.

    A draft too many is `surplus`. A round asks for no more than what is missing.
    """
    for number in range(1, limits.rounds + 1):
        asked: list[tuple[Group, Request, dict[str, Any], list[Row]]] = []
        for group in groups:
            needed = -(-max(0, group.missing()) // limits.drafts)
            for place in range(min(needed, limits.requests)):
                about = f"{group.name} {number}.{place}"
                messages, shown = group.conversation(random.Random(f"{seed} {about}"), group.taken)
                request = asker.request(messages, sampling, about=about)
                asked.append((group, request, {"round": number, "request": place}, shown))
        if not asked:
            return
        asker.ask(lambda those=asked: (request for _, request, _, _ in those), f"prompts, round {number}")
        for group, request, where, shown in asked:
            candidate = asker.candidates(request)[0]
            for item, draft in enumerate(numbered(candidate), 1):
                place = {**where, "item": item, "seed": candidate.seed}
                yield _take(group, checked(draft), row_id(request.key, item), place, shown, limits)


def _take(
    group: Group, draft: Draft, key: str, place: dict[str, Any], shown: Sequence[Row], limits: Limits
) -> Row:
    meta = group.meta(place)
    row = new_row(draft, key, parents=shown, meta=meta)
    if draft.reason is not None:
        return row
    near = group.pool.nearest(draft.text)
    if near and near.similarity >= limits.similarity:
        return row | {"reason": "too_similar", "detail": f"{near.similarity:.2f} to {near.name}"}
    if not group.missing():
        return row | {"reason": "surplus"}
    group.pool.add(row["id"], draft.text)
    group.taken.append(row | {"text": draft.text})
    return row
