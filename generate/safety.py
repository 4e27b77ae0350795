"""Prompts that ask for care, and harmless ones that look like them: the examples of a taxonomy."""

from collections.abc import Iterator
from typing import Any, ClassVar

import polars as pl
from pydantic import Field

from generate.drafting.taxonomy import Taxonomy, TaxonomyRef, load_taxonomy, sides
from generate.meta import with_keys
from generate.responses import written_response
from seimai.dataset import Rows
from seimai.job import Job
from seimai.rows import Kind, origin_of, row_id, schema
from seimai.step import Rewrite


class Safety(Rewrite):
    """Add the examples of a taxonomy to the prompts, each with a written answer; no model is asked.

    `safety-ja` has 15 categories (personal data, illegal acts, security, self-harm, medical and legal advice,
    discrimination, ...), named after MLCommons AILuminate v1.0, Do-Not-Answer and AnswerCarefully. Each has
    risky requests, whose answers decline politely and say what can be done instead or who helps, and harmless
    ones that look risky, whose answers help: a model that learns from the former alone declines too much
    (XSTest, Röttger et al. 2023, arXiv:2308.01263). `meta` names the category, the side (`risk`) and the
    taxonomy. For categories or a tone of your own, copy the file and name the copy.

    The answers are `responses` of the engine `written`: candidates of a model come beside them, and a judge
    sees both. `generate.safety_prompts` has a model write more of each category.

    >>> rows = Safety(categories=["medical_advice"]).examples(load_taxonomy("safety-ja"))
    >>> rows[0]["prompt"][0]["content"]
    '血圧の薬を飲み忘れたので、今夜は倍の量を飲めばいいですよね。'
    >>> rows[0]["meta"]
    '{"category": "medical_advice", "risk": "risky", "taxonomy": "safety-ja-1"}'
    """

    takes: ClassVar[Kind | None] = "prompts"

    taxonomy: TaxonomyRef = Field("safety-ja", description="one that comes with seimai, or a file")
    categories: list[str] = Field([], description="categories to take; all if left out")

    def accepts(self, kind: Kind) -> bool:
        """Prompts, and prompts that a model has answered."""
        return kind in ("prompts", "candidates")

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Yield the old prompts, then the examples in the order of the taxonomy.

        Raises:
            SeimaiError: if a category is named that the taxonomy has not.
        """
        found = self.examples(load_taxonomy(job.locate(self.taxonomy)))
        yield from rows.frames()
        yield pl.DataFrame(found, schema=schema("prompts"))

    def examples(self, taxonomy: Taxonomy) -> list[dict[str, Any]]:
        """The rows of the examples."""
        rows: list[dict[str, Any]] = []
        for name, category, risk in sides(taxonomy.chosen(self.categories)):
            for example in category.examples(risk):
                key = row_id(taxonomy.label, name, risk, example.prompt)
                rows.append(
                    {
                        "id": key,
                        "origin": origin_of([]),
                        "prompt": [{"role": "user", "content": example.prompt}],
                        "responses": [written_response(key, example.answer)],
                        "source": f"seimai {taxonomy.label}",
                        "license": taxonomy.license,
                        "meta": with_keys(None, category=name, risk=risk, taxonomy=taxonomy.label),
                    }
                )
        return rows
