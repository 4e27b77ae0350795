"""Longer conversations: the model answers, then writes what the user says next, round by round."""

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field

from generate.asker import Asker, fault
from generate.asks import Asks
from generate.drafting.drafts import Draft, checked
from generate.drafting.draws import drawn
from generate.drafting.labelled import Unreadable, labelled
from generate.drafting.persona import PersonasRef, load_personas
from generate.engine import Candidate, Message, Request, Sampling
from generate.meta import with_keys
from generate.template import Template, TemplateRef, load_template
from seimai.dataset import Rows
from seimai.job import Job
from seimai.rows import Kind, origin_of, row_id, schema

LABEL = "発言"
NAMES = {"system": "設定", "user": "利用者", "assistant": "アシスタント"}
AIMS = (
    "わかりにくかった点や、省かれた点を具体的に尋ねる",
    "自分の事情や条件を一つ付け加えて、それに合わせた答えを求める",
    "返事の内容を、別の形（表、手順、短いまとめ、例など）に直すように頼む",
    "返事の内容の理由や根拠を尋ねる",
    "返事の一部に納得できないことを伝え、確かめる",
    "返事の内容から自然につながる、次の話題に進む",
)
"""What a second turn is for: asked for by name, since a model that is left the choice thanks or repeats."""


class Turns(Asks):
    """Lengthen prompts into conversations: the model answers, then writes the user's next turn, in rounds.

    The user's turn is written by a template, with an aim that is drawn for each round, so that any chat model
    can play the user (after UltraChat, Ding et al. 2023, arXiv:2305.14233, where two models talk). The
    conversation ends in a user's turn, as a prompt whose last answer is still open, or with `end: assistant`
    in the model's answer to it, as a chat.

    A conversation that breaks is given back as it was: `cut` (an answer reached `max_tokens`), `unparsable`,
    `empty`, `repeated` (the user says what was said before), the reasons of `generate.drafting.drafts`, and
    `failed`.
    """

    takes: ClassVar[Kind | None] = "prompts"
    gives: ClassVar[Kind | None] = "prompts"

    rounds: int = Field(1, ge=1, le=16, description="turns of the user's that are added")
    end: Literal["user", "assistant"] = Field("user", description="whose turn is the last: prompts, or chats")
    template: TemplateRef = Field("next_turn", description="what the model is asked, by name or file")
    personas: PersonasRef | None = Field(None, description="personas, one a line or in JSON lines: who asks")
    temperature: float = Field(0.8, ge=0, le=5, description="0: always the most likely token")
    top_p: float = Field(0.95, gt=0, le=1, description="share of the probability that tokens are drawn from")
    max_tokens: int = Field(512, ge=1, description="where an answer is cut, in tokens")

    def makes(self, kind: Kind) -> Kind:
        """Prompts end in a user's turn, chats in an answer."""
        return "prompts" if self.end == "user" else "chat"

    def rewrite(self, rows: Rows, job: Job) -> Iterator[pl.DataFrame]:
        """Ask turn by turn for all rows, then yield the conversations, and the rows that gave none."""
        player = _Player(self, job)
        with Asker(self, job) as asker:
            for turn in range(2 * self.rounds + (self.end == "assistant")):
                what = f"answers {turn // 2 + 1}" if turn % 2 == 0 else f"user's turns {turn // 2 + 1}"
                asker.ask(lambda turn=turn: _requests(rows, player, asker, turn), what)
            turns = 2 * self.rounds + (self.end == "assistant")
            for frame in rows.frames():
                good, reasons, details = list[dict[str, Any]](), list[str | None](), list[str | None]()
                for row in frame.iter_rows(named=True):
                    told, wrong = player.told(row, asker, turns)
                    reasons.append(wrong.reason if wrong else None)
                    details.append((wrong.detail or wrong.text or None) if wrong else None)
                    if not wrong:
                        good.append(self._row(row, told, player))
                yield pl.DataFrame(good, schema=schema(self.makes("prompts")))
                back = frame.with_columns(
                    pl.Series("reason", reasons, pl.String), pl.Series("detail", details, pl.String)
                )
                yield back.filter(pl.col("reason").is_not_null())

    def _row(self, row: dict[str, Any], told: list[Message], player: "_Player") -> dict[str, Any]:
        keys: dict[str, Any] = {"template": player.template.label, "rounds": self.rounds}
        if persona := player.persona(row):
            keys["persona"] = persona
        said = {"prompt": told, "responses": []} if self.end == "user" else {"messages": told}
        return {
            "id": row_id(row["id"], *(m["content"] for m in told)),
            "origin": origin_of([row["id"]]),
            "source": row.get("source"),
            "license": row.get("license"),
            "meta": with_keys(row.get("meta"), **keys),
            **said,
        }


class _Player:
    """Who writes which turn of a row's conversation, and with which request."""

    def __init__(self, step: Turns, job: Job) -> None:
        self._step = step
        self._seed = job.seed
        self.template: Template = load_template(job.locate(step.template))
        self._personas = load_personas(job.locate(step.personas)) if step.personas else []

    def persona(self, row: dict[str, Any]) -> str | None:
        """Who asks, the same in all rounds."""
        return next(iter(drawn(self._personas, 1, self._seed, row["id"])), None)

    def told(self, row: dict[str, Any], asker: Asker, turns: int) -> tuple[list[Message], Draft | None]:
        """The conversation after so many new turns; or what broke it, and how far it came."""
        if detail := fault(row["prompt"]):
            return [], Draft("", "failed", detail)
        told = [Message(role=m["role"], content=m["content"]) for m in row["prompt"]]
        for turn in range(turns):
            answer = asker.candidates(self.request(row, told, asker, turn))[0]
            draft = _answer(answer) if turn % 2 == 0 else _said(answer, told)
            if draft.reason:
                return told, draft
            told.append(Message(role="user" if turn % 2 else "assistant", content=draft.text))
        return told, None

    def request(self, row: dict[str, Any], told: list[Message], asker: Asker, turn: int) -> Request:
        """What is asked for a turn: even ones are the assistant's."""
        step = self._step
        sampling = Sampling(step.temperature, step.top_p, step.max_tokens)
        if turn % 2 == 0:
            return asker.request(told, sampling, about=row["id"])
        shown = [{"name": NAMES.get(m["role"], m["role"]), "text": m["content"]} for m in told]
        persona = {"persona": p} if (p := self.persona(row)) else {}
        aim = drawn(AIMS, len(AIMS), self._seed, row["id"])[turn // 2 % len(AIMS)]
        messages = self.template.messages(conversation=shown, aim=aim, **persona)
        return asker.request(messages, sampling, about=row["id"])


def _requests(rows: Rows, player: _Player, asker: Asker, turn: int) -> Iterator[Request]:
    """Requests for one turn of all conversations that came so far."""
    for frame in rows.frames():
        for row in frame.iter_rows(named=True):
            told, wrong = player.told(row, asker, turn)
            if not wrong:
                yield player.request(row, told, asker, turn)


def _answer(candidate: Candidate) -> Draft:
    """The assistant's turn; one that is cut would teach to stop amid a sentence."""
    text = candidate.text.strip()
    if candidate.error is not None:
        return Draft("", "failed", candidate.error)
    if candidate.finish == "length":
        return Draft(text, "cut")
    return Draft(text, None if text else "empty")


def _said(candidate: Candidate, told: list[Message]) -> Draft:
    """The user's next turn."""
    if candidate.error is not None or candidate.finish == "length":
        return _answer(candidate)
    try:
        text = labelled(candidate.text, [LABEL])[LABEL]
    except Unreadable as e:
        return Draft(candidate.text, "unparsable", f"{e}: {candidate.text.strip()}"[:500])
    if any(text == m["content"].strip() for m in told):
        return Draft(text, "repeated")
    return checked(Draft(text))
