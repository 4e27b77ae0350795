"""New prompts from a few: a model continues a list of examples (Self-Instruct)."""

import random
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import polars as pl
from pydantic import Field

from generate.asker import Asker
from generate.asks import Asks
from generate.drafting.drafts import LONGEST
from generate.drafting.gathering import Group, Limits, gather
from generate.drafting.new_prompts import Row, frames_of, on_a_line, single_turn
from generate.drafting.novelty import Pool
from generate.engine import Message, Sampling
from generate.meta import with_keys
from generate.template import TemplateRef, load_template
from seimai.dataset import Rows
from seimai.errors import SeimaiError
from seimai.job import Job
from seimai.rows import Kind

OWN_SHARE = 4
"""One example of four is one that the model wrote before: 2 of 8 in the paper."""


class SelfInstruct(Asks):
    """Have a model write new prompts after the example of those that are there, until there are `n` more.

    Self-Instruct (Wang et al. 2022, arXiv:2212.10560), in Japanese. Each request shows examples, drawn by the
    entry's seed: a quarter of them prompts that the model wrote in earlier rounds, the others those that came
    in. What the model writes is kept if it is a new prompt that can be answered in writing: ROUGE-L over
    characters with every other prompt below `similarity` (`generate.drafting.novelty` says why, and that 0.7
    means what it means in the paper), 8 to 350 characters, nothing to see, hear or open
    (`generate.drafting.drafts`).

    The prompts that came in stay, and come first. Only those of one user's turn and at most 350 characters
    serve as examples. Each draft that is not taken is in the dataset's dropped rows with its reason:
    `too_similar` (to what, and how much), `too_short`, `too_long`, `beyond_text`, `not_japanese`,
    `is_answer`, `refusal`, `rubbish`, `empty`, `cut`, `surplus`, `unparsable`, `failed`.

    >>> from generate.drafting.novelty import Pool
    >>> pool = Pool()
    >>> pool.add("p1", "お米の上手な研ぎ方を教えてください。")
    >>> near = pool.nearest("お米の上手な炊き方を教えてください。")
    >>> round(near.similarity, 2) < SelfInstruct(model="base").similarity
    False
    """

    takes: ClassVar[Kind | None] = "prompts"
    gives: ClassVar[Kind | None] = "prompts"

    n: int = Field(100, ge=1, description="new prompts that are wanted")
    rounds: int = Field(10, ge=1, description="rounds after which it ends with fewer")
    examples: int = Field(8, ge=1, le=64, description="prompts that a request shows")
    drafts: int = Field(8, ge=1, le=64, description="new prompts that a request asks for")
    requests: int = Field(64, ge=1, description="most requests of a round: later ones learn from earlier")
    similarity: float = Field(
        0.7, gt=0, le=1, description="ROUGE-L over characters from which a draft is not new"
    )
    temperature: float = Field(1.0, ge=0, le=5, description="0: always the most likely token")
    top_p: float = Field(0.95, gt=0, le=1, description="share of the probability that tokens are drawn from")
    max_tokens: int = Field(1024, ge=1, description="where a list of drafts is cut, in tokens")
    template: TemplateRef = Field("self_instruct", description="how the model is asked: a name, or a file")

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Yield the old prompts, then the drafts in the order of the requests.

        Raises:
            SeimaiError: if no prompt can serve as an example.
        """
        template = load_template(job.locate(self.template))
        seeds = _examples(rows)
        if not seeds:
            raise SeimaiError(f"{self.path()}: no prompt of one user's turn and at most {LONGEST} characters")
        yield from rows.frames()
        pool = Pool()
        for seed in seeds:
            pool.add(seed["id"], seed["text"])

        def conversation(rng: random.Random, taken: Sequence[Row]) -> tuple[list[Message], list[Row]]:
            own = rng.sample(taken, min(len(taken), self.examples // OWN_SHARE))
            shown = [*rng.sample(seeds, min(len(seeds), self.examples - len(own))), *own]
            texts = [on_a_line(row["text"]) for row in shown]
            return template.messages(examples=texts, count=self.drafts), shown

        sampling = Sampling(self.temperature, self.top_p, self.max_tokens)
        limits = Limits(self.rounds, self.drafts, self.requests, self.similarity)
        with Asker(self, job) as asker:
            made = {"model": asker.name, "template": template.label}
            group = Group(
                "", self.n, pool, conversation, lambda place: with_keys(None, self_instruct=made | place)
            )
            found = gather([group], asker, sampling, job.seed, limits)
            yield from frames_of(found, self.path(), job)


def _examples(rows: Rows) -> list[dict[str, Any]]:
    """The prompts that can serve as examples, sorted by id: draws do not depend on the order of the rows."""
    found: list[dict[str, Any]] = []
    for frame in rows.frames(["id", "prompt", "source", "license"]):
        for row in frame.iter_rows(named=True):
            text = single_turn(row.pop("prompt"))
            if text is not None and len(text) <= LONGEST:
                found.append(row | {"text": text})
    return sorted(found, key=lambda row: row["id"])
