"""Harder and rarer prompts: a model reworks those that are there (Evol-Instruct)."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field

from generate.asker import Asker
from generate.asks import Asks
from generate.compared import compared
from generate.drafting.drafts import LONGEST, Draft, checked, tagged
from generate.drafting.new_prompts import Row, frames_of, new_row, single_turn
from generate.drafting.novelty import rouge_l
from generate.engine import Request, Sampling
from generate.meta import with_keys
from generate.template import Template, TemplateRef, load_template
from seimai.dataset import Rows
from seimai.job import Job
from seimai.rows import Kind

Operation = Literal["constraints", "deepen", "concretize", "reasoning", "material", "breadth"]
OPERATIONS: tuple[Operation, ...] = (
    "constraints",
    "deepen",
    "concretize",
    "reasoning",
    "material",
    "breadth",
)
TEMPLATE_WORDS = ("元の指示", "直した指示", "やり方:", "<指示>")
"""An evolution that speaks of the task is none; the paper drops those with `given prompt` and the like."""
UNCHANGED = 0.9
"""ROUGE-L over characters from which nothing was gained: of 30 characters, at most 3 are other ones."""
ADDED = 80
"""Characters that a step in depth may add; 10 to 20 English words in the paper."""
LONGEST_EVOLVED = 2 * LONGEST


@dataclass
class _Line:
    """A prompt that came in, as it stands after the rounds so far."""

    row: dict[str, Any]
    text: str


class Evolve(Asks):
    """Have a model make prompts harder, in `rounds` steps, or find a rarer one of the same field.

    Evol-Instruct (Xu et al. 2023, arXiv:2304.12244), in Japanese. In each round one operation is drawn for
    each prompt, by the entry's seed and the prompt's id: in depth another constraint (`constraints`), a
    deeper question (`deepen`), a concrete case (`concretize`), more steps of reasoning (`reasoning`),
    material to work on (`material`), or in breadth another prompt of the field (`breadth`). What comes of it
    is worked on in the next round.

    An evolution that failed goes to the dropped rows with its reason, and the next round starts from the
    prompt as it was: `unchanged` (the same but for a word), `copies_template` (it speaks of the task),
    `unparsable`, and what else is no prompt (`generate.drafting.drafts`). The paper also drops an evolution
    that the model then cannot answer: `generate.respond` and a judge after it do that.

    The prompts that came in stay, followed by those made of them: each names the one it was made from and
    the operation in `meta.evolve`. Prompts of several turns or more than 350 characters stay as they are.

    >>> Evolve(model="base", rounds=3).operations[:2]
    ['constraints', 'deepen']
    """

    takes: ClassVar[Kind | None] = "prompts"
    gives: ClassVar[Kind | None] = "prompts"

    rounds: int = Field(2, ge=1, le=16, description="steps that each prompt goes through; 4 in the paper")
    operations: list[Operation] = Field(
        [*OPERATIONS], min_length=1, description="what may be done to a prompt; equally likely"
    )
    temperature: float = Field(0.9, ge=0, le=5, description="0: always the most likely token")
    top_p: float = Field(0.95, gt=0, le=1, description="share of the probability that tokens are drawn from")
    max_tokens: int = Field(512, ge=1, description="where an evolution is cut, in tokens")
    template: TemplateRef = Field("evolve", description="how the model is asked: a name, or a file")

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Yield the old prompts, then round by round what was made of them, in the order of the rows."""
        yield from rows.frames()
        yield from frames_of(self._evolutions(rows, job), self.path(), job)

    def _evolutions(self, rows: Rows, job: Job) -> Iterator[Row]:
        template = load_template(job.locate(self.template))
        lines = list(_lines(rows))
        with Asker(self, job) as asker:
            made = {"model": asker.name, "template": template.label}
            for number in range(1, self.rounds + 1):
                asker.ask(
                    lambda n=number: (self._request(line, n, template, job, asker)[1] for line in lines),
                    f"evolutions, round {number}",
                )
                for line in lines:
                    operation, request = self._request(line, number, template, job, asker)
                    draft = judged(tagged(asker.candidates(request)[0]), line.text)
                    meta = with_keys(
                        line.row.get("meta"),
                        evolve={**made, "operation": operation, "round": number, "parent": line.row["id"]},
                    )
                    row = new_row(draft, request.key, parents=[line.row], meta=meta)
                    yield row
                    if draft.reason is None:
                        line.row, line.text = row, draft.text

    def _request(
        self, line: _Line, number: int, template: Template, job: Job, asker: Asker
    ) -> tuple[Operation, Request]:
        """What is done to a prompt in a round, and the request for it; the same however often it is made."""
        operation = random.Random(f"{job.seed} {line.row['id']} {number}").choice(self.operations)
        messages = template.messages(prompt=line.text, operation=operation, longest_addition=ADDED)
        sampling = Sampling(self.temperature, self.top_p, self.max_tokens)
        return operation, asker.request(messages, sampling, about=f"{line.row['id']} {number}")


def judged(draft: Draft, before: str) -> Draft:
    """The evolution of a prompt, with a reason if it failed.

    >>> before = "お米の保存方法を教えてください。"
    >>> judged(Draft("お米の保存方法を教えて下さい。"), before)
    Draft(text='お米の保存方法を教えて下さい。', reason='unchanged', detail='ROUGE-L 0.90')
    >>> judged(Draft("直した指示: お米の保存方法を夏と冬に分けて教えてください。"), before).reason
    'copies_template'
    """
    draft = checked(draft, longest=LONGEST_EVOLVED)
    if draft.reason is not None:
        return draft
    if copied := [word for word in TEMPLATE_WORDS if word in draft.text and word not in before]:
        return Draft(draft.text, "copies_template", copied[0])
    similarity = rouge_l(compared(before), compared(draft.text))
    if similarity >= UNCHANGED:
        return Draft(draft.text, "unchanged", f"ROUGE-L {similarity:.2f}")
    return draft


def _lines(rows: Rows) -> Iterator[_Line]:
    for frame in rows.frames(["id", "prompt", "source", "license", "meta"]):
        for row in frame.iter_rows(named=True):
            text = single_turn(row.pop("prompt"))
            if text is not None and len(text) <= LONGEST:
                yield _Line(row, text)
