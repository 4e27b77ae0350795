"""More prompts that ask for care, and harmless ones that look like them, from a model."""

import random
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import polars as pl
from pydantic import Field

from generate.asker import Asker
from generate.asks import Asks
from generate.drafting.gathering import Group, Limits, gather
from generate.drafting.new_prompts import Row, frames_of, on_a_line, single_turn
from generate.drafting.novelty import Pool
from generate.drafting.taxonomy import Category, Risk, Taxonomy, TaxonomyRef, load_taxonomy, sides
from generate.engine import Message, Sampling
from generate.meta import parsed, with_keys
from generate.template import Template, TemplateRef, load_template
from seimai.dataset import Rows
from seimai.job import Job
from seimai.rows import Kind

SHOWN = 4
"""Examples that a request shows, those that the model wrote before among them."""


class SafetyPrompts(Asks):
    """Have a model write `n` more prompts for each category of a taxonomy, and for each side of it.

    Each request shows the category's description and examples of one side: risky requests, or harmless ones
    that look like them. What is written is read and sorted out as in `generate.self_instruct`: it must be new
    among the prompts of its category, those that came in (by `meta.category`) and the taxonomy's examples
    included. Whether a prompt is truly risky, or harmless, nobody has checked: a judge or people should.

    The prompts that came in stay. `meta` of the new ones names category, side (`risk`) and taxonomy.

    >>> SafetyPrompts(model="base", categories=["fraud"]).n
    20
    """

    takes: ClassVar[Kind | None] = "prompts"
    gives: ClassVar[Kind | None] = "prompts"

    taxonomy: TaxonomyRef = Field("safety-ja", description="one that comes with seimai, or a file")
    categories: list[str] = Field([], description="categories to write for; all if left out")
    n: int = Field(20, ge=1, description="new prompts of each side of a category")
    rounds: int = Field(5, ge=1, description="rounds after which it ends with fewer")
    drafts: int = Field(8, ge=1, le=64, description="new prompts that a request asks for")
    similarity: float = Field(
        0.7, gt=0, le=1, description="ROUGE-L over characters from which a draft is not new"
    )
    temperature: float = Field(1.0, ge=0, le=5, description="0: always the most likely token")
    top_p: float = Field(0.95, gt=0, le=1, description="share of the probability that tokens are drawn from")
    max_tokens: int = Field(1024, ge=1, description="where a list of drafts is cut, in tokens")
    template: TemplateRef = Field("safety_prompts", description="how the model is asked: a name, or a file")

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Yield the old prompts, then the drafts in the order of the requests.

        Raises:
            SeimaiError: if a category is named that the taxonomy has not.
        """
        taxonomy = load_taxonomy(job.locate(self.taxonomy))
        template = load_template(job.locate(self.template))
        categories = taxonomy.chosen(self.categories)
        yield from rows.frames()
        pools = _pools(rows, categories)
        limits = Limits(self.rounds, self.drafts, 64, self.similarity)
        sampling = Sampling(self.temperature, self.top_p, self.max_tokens)
        with Asker(self, job) as asker:
            made = {"model": asker.name, "template": template.label}
            groups = [
                self._group(taxonomy, template, made, name, category, risk, pools[name])
                for name, category, risk in sides(categories)
            ]
            found = gather(groups, asker, sampling, job.seed, limits)
            yield from frames_of(found, self.path(), job)

    def _group(
        self,
        taxonomy: Taxonomy,
        template: Template,
        made: dict[str, Any],
        name: str,
        category: Category,
        risk: Risk,
        pool: Pool,
    ) -> Group:
        written = [example.prompt for example in category.examples(risk)]

        def conversation(rng: random.Random, taken: Sequence[Row]) -> tuple[list[Message], list[Row]]:
            own = rng.sample(taken, min(len(taken), SHOWN // 2))
            texts = rng.sample(written, min(len(written), SHOWN - len(own))) + [row["text"] for row in own]
            shown = [on_a_line(text) for text in texts]
            messages = template.messages(
                category=category.title,
                description=category.description,
                risk=risk,
                examples=shown,
                count=self.drafts,
            )
            return messages, own

        def meta(place: dict[str, Any]) -> str:
            known = {"category": name, "risk": risk, "taxonomy": taxonomy.label}
            return with_keys(None, **known, safety_prompts=made | place)

        return Group(f"{name} {risk}", self.n, pool, conversation, meta)


def _pools(rows: Rows, categories: dict[str, Category]) -> dict[str, Pool]:
    """What is there in each category: prompts of both sides, since the sides must differ, too."""
    there: dict[str, list[tuple[str, str]]] = {name: [] for name in categories}
    for frame in rows.frames(["id", "prompt", "meta"]):
        for key, prompt, meta in frame.iter_rows():
            name, text = parsed(meta).get("category"), single_turn(prompt)
            if isinstance(name, str) and name in there and text is not None:
                there[name].append((key, text))
    pools = dict[str, Pool]()
    for name, category in categories.items():
        pools[name] = Pool()
        for example in (*category.risky, *category.harmless):
            pools[name].add(f"an example of {name}", example.prompt)
        for key, text in sorted(there[name]):
            pools[name].add(key, text)
    return pools
