"""Prompts from rows without a model: templates filled in with documents, prompts or chats."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

import polars as pl
from pydantic import Field, model_validator

from generate.drafting.draws import drawn
from generate.drafting.last_turn import NoPrompt, Part, last_turn, turned
from generate.drafting.passage import passages
from generate.drafting.persona import PersonasRef, load_personas
from generate.engine import Message
from generate.meta import parsed, with_keys
from generate.template import Template, TemplateRef, load_template
from seimai.dataset import Rows
from seimai.errors import SeimaiError
from seimai.job import Job
from seimai.rows import Kind, origin_of, row_id, schema
from seimai.step import Rewrite

OURS = frozenset({"text", "title", "url", "source", "license", "persona", "meta", "row"})
"""What templates are given by us: a recipe's `values` have other names."""


class Prompts(Rewrite):
    """Fill templates in with each row: the text of a document, or the user's last turn in a prompt or a chat.

    A template names a task (`translate`, `code_review`), a manner (`osaka`, `polite`) or who asks
    (`from_persona`); `seimai steps generate.templates` lists those that come with seimai, and a file of the
    user's own works the same way. It is filled in with `text`, `title`, `url`, `source` and `license`, with
    `meta` (`meta.category`) and `row` (any column, `row.kanji_ratio`), with `persona`, and with `values` from
    the recipe. Each row draws `each` different templates; what it draws depends on the seed and the row, and
    on nothing else.

    The answer that a chat has, and responses that are written, stay where the template leaves the prompt as
    it was. Rows are given back as `no_text` (nothing in the document, no user's turn), `no_passage`, or
    `not_filled` where a template names a value that the row has not.

    >>> step = Prompts(templates=["translate"], values={"language": "フランス語"})
    >>> row = {"id": "a", "text": "お米は涼しい所に置きます。"}
    >>> print(step.filled(row, Part(row["text"]), load_template("translate"))[0]["content"])
    次の文章を自然なフランス語に翻訳してください。訳文だけを書いてください。
    <BLANKLINE>
    お米は涼しい所に置きます。
    """

    takes: ClassVar[Kind | None] = "documents"
    gives: ClassVar[Kind | None] = "prompts"

    templates: list[TemplateRef] = Field(["as_is"], min_length=1, description="templates, by name or file")
    each: int = Field(1, ge=1, description="prompts from each row, of different templates or personas")
    personas: PersonasRef | None = Field(None, description="personas, one a line or in JSON lines: who asks")
    values: dict[str, str | int | list[str]] = Field(
        {}, description="what templates are filled in with besides: {language: 中国語}"
    )
    passage_chars: int | None = Field(
        None, ge=100, description="cut documents into passages of at most so many characters"
    )
    passages: int = Field(1, ge=1, description="passages of a document")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.each > len(self.templates) and self.personas is None:
            raise ValueError(
                f"each: {self.each} different prompts need as many templates, or personas; there are "
                f"{len(self.templates)}"
            )
        if taken := sorted(OURS & set(self.values)):
            raise ValueError(f"values cannot have {', '.join(taken)}: rows and personas give these")
        if self.passages > 1 and self.passage_chars is None:
            raise ValueError("passages goes with passage_chars")
        return self

    def accepts(self, kind: Kind) -> bool:
        """Whatever has a text or a conversation."""
        return kind in ("documents", "prompts", "candidates", "chat", "pairs")

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Yield the prompts, then the rows without one, shard by shard."""
        templates = {name: load_template(job.locate(name)) for name in self.templates}
        personas = load_personas(job.locate(self.personas)) if self.personas else []
        bar = job.bar(f"{job.entry}: filling in", len(rows), "rows")
        for frame in rows.frames():
            made, reasons, details = list[dict[str, Any]](), list[str | None](), list[str | None]()
            for row in frame.iter_rows(named=True):
                try:
                    made += self._prompts(row, templates, personas, job.seed)
                    reasons.append(None)
                    details.append(None)
                except NoPrompt as e:
                    reasons.append(e.reason)
                    details.append(str(e) or None)
            bar.advance(frame.height)
            yield pl.DataFrame(made, schema=schema("prompts"))
            back = frame.with_columns(
                pl.Series("reason", reasons, pl.String), pl.Series("detail", details, pl.String)
            )
            yield back.filter(pl.col("reason").is_not_null())

    def _prompts(
        self, row: dict[str, Any], templates: dict[str, Template], personas: list[str], seed: int
    ) -> list[dict[str, Any]]:
        """The rows made from one, all different.

        Raises:
            NoPrompt: if one of them cannot be made.
        """
        made = dict[str, dict[str, Any]]()
        for part in self._parts(row, seed):
            place = (seed, row["id"], part.start)
            names = drawn(self.templates, self.each, *place)
            people = drawn(personas, self.each, *place)
            for number in range(self.each):
                template = templates[names[number % len(names)]]
                persona = people[number % len(people)] if people else None
                new = self._prompt(row, part, template, persona)
                made.setdefault(new["id"], new)
        return list(made.values())

    def _parts(self, row: dict[str, Any], seed: int) -> list[Part]:
        if "text" not in row:
            return [last_turn(row)]
        text = row["text"] or ""
        if not text.strip():
            raise NoPrompt("no_text")
        if self.passage_chars is None:
            return [Part(text)]
        found = passages(text, self.passage_chars // 4, self.passage_chars)
        if not found:
            raise NoPrompt("no_passage")
        chosen = drawn(found, self.passages, seed, row["id"], key=lambda p: p.start)
        return [Part(p.text, start=p.start) for p in sorted(chosen, key=lambda p: p.start)]

    def filled(
        self, row: Mapping[str, Any], part: Part, template: Template, persona: str | None = None
    ) -> list[Message]:
        """The template filled in with a row.

        Raises:
            NoPrompt: if it names a value that the row has not, or gives no text.
        """
        given = {"persona": persona} | {k: row.get(k) for k in ("title", "url", "source", "license")}
        values = {k: v for k, v in given.items() if v is not None}
        own = {"text": part.text, "meta": parsed(row.get("meta")), "row": row}
        try:
            filled = template.messages(**self.values, **values, **own)
        except SeimaiError as e:
            raise NoPrompt("not_filled", str(e)) from None
        if not filled[-1]["content"]:
            raise NoPrompt("not_filled", f"the template {template.name} gives an empty text")
        return filled

    def _prompt(
        self, row: dict[str, Any], part: Part, template: Template, persona: str | None
    ) -> dict[str, Any]:
        filled = self.filled(row, part, template, persona)
        prompt = turned(part.before, filled)
        is_as_it_was = filled == [Message(role="user", content=part.text.strip())]
        keys: dict[str, Any] = {"template": template.label}
        if persona and any(persona in m["content"] for m in filled):
            keys["persona"] = persona
        if part.start is not None:
            keys["start"] = part.start
        return {
            "id": row_id(row["id"], part.start, *(f"{m['role']}\x1e{m['content']}" for m in prompt)),
            "origin": origin_of([row["id"]]),
            "prompt": prompt,
            "responses": list(part.responses) if is_as_it_was else [],
            "source": row.get("source"),
            "license": row.get("license"),
            "meta": with_keys(row.get("meta"), **keys),
        }
