"""Asking a language model for one of a few given answers, with or without its reasons before.

The answer is chosen by `Sampling.choices`: whatever a document or a response says, the judge can only say
one of them. What it reasons is text that is shown to people and to itself, and is never read for a verdict.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from generate.asker import Asker
from generate.drafting.fenced import CONTROL, WIDE
from generate.engine import Message, Request, Sampling
from generate.template import Template

CHOICE_TOKENS = 16
"""Room for one of the choices: all are a few characters long."""
DRAWN = 1.0
"""Temperature of verdicts that are averaged: they are drawn as the model holds them probable (G-Eval, Liu et
al. 2023, https://arxiv.org/abs/2303.16634, draws 20)."""

Question = dict[str, Any]
"""The values that the template is filled in with."""


@dataclass(frozen=True)
class Vote:
    """One answer of the judge, or None; `said`: its reasons, or why there is no answer."""

    choice: str | None
    said: str = ""


class Verdicts:
    """Questions to a judge: asked together, looked up one by one."""

    def __init__(
        self,
        asker: Asker,
        template: Template,
        choices: tuple[str, ...],
        *,
        votes: int = 1,
        reason_tokens: int | None = None,
    ) -> None:
        """`reason_tokens`: where the judge's reasons are cut; None: it gives none."""
        self._asker = asker
        self._template = template
        self._votes = votes
        self._reason_tokens = reason_tokens
        self._temperature = 0.0 if votes == 1 else DRAWN
        drawn = self._temperature if reason_tokens is None else 0.0
        self._choosing = Sampling(drawn, 1.0, CHOICE_TOKENS, choices=choices)

    def ask(self, questions: Callable[[], Iterable[Question]]) -> None:
        """Ask what is not answered yet; `questions` is called several times and gives the same each time."""
        if self._reason_tokens is not None:
            self._asker.ask(lambda: map(self._reasoning, questions()), "reasons")
        self._asker.ask(lambda: (r for q in questions() for r, _ in self._requests(q) if r), "verdicts")

    def votes(self, question: Question) -> list[Vote]:
        """The answers to a question that was asked."""
        found: list[Vote] = []
        for request, said in self._requests(question):
            if request is None:
                found.append(Vote(None, said))
                continue
            for candidate in self._asker.candidates(request):
                text = candidate.text.strip()
                if candidate.error is not None:
                    found.append(Vote(None, candidate.error))
                elif text in request.sampling.choices:
                    found.append(Vote(text, said))
                else:
                    found.append(Vote(None, f"the answer {text[:40]!r} is none of the choices"))
        return found

    def _requests(self, question: Question) -> Iterator[tuple[Request | None, str]]:
        """What is asked for a choice, with the reasons given before; None: the reasons failed."""
        if self._reason_tokens is None:
            yield self._asker.request(self._messages(question), self._choosing, self._votes), ""
            return
        for candidate in self._asker.candidates(self._reasoning(question)):
            if candidate.error is not None:
                yield None, candidate.error
                continue
            reasons = candidate.text.strip()
            told = CONTROL.sub(lambda m: WIDE[m.group()], reasons)
            messages = [
                *self._messages(question),
                Message(role="assistant", content=told),
                Message(role="user", content=self._template.render(**question, reasons_given=True)),
            ]
            yield self._asker.request(messages, self._choosing), reasons

    def _reasoning(self, question: Question) -> Request:
        sampling = Sampling(self._temperature, 1.0, self._reason_tokens or 0)
        return self._asker.request(self._messages(question), sampling, self._votes)

    def _messages(self, question: Question) -> list[Message]:
        explain = self._reason_tokens is not None
        return self._template.messages(**question, explain=explain, reasons_given=False)
