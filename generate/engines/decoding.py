"""Writing the candidates of one prompt, token by token, with a key-value cache."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from generate.engine import Candidate, Sampling
from generate.engines.choices import Choices, Node
from generate.engines.prompt_tokens import Prompt
from generate.engines.sampling import Draws, next_tokens

if TYPE_CHECKING:
    import torch


@dataclass
class Writing:
    """One candidate while it is written."""

    seed: int
    node: Node | None = None
    tokens: list[int] = field(default_factory=list[int])
    logprob: float = 0.0
    text: str | None = None
    """What was said, once it is over."""


class Decoder:
    """A model, its tokenizer and the tokens at which it stops by itself."""

    def __init__(self, model: Any, tokenizer: Any, ends: frozenset[int]) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._ends = ends
        # Logits of a whole prompt, of which the last row alone is used, take a gigabyte at 1,000 tokens of a
        # vocabulary of 256,000.
        takes = inspect.signature(model.forward).parameters
        self._last_only = {"logits_to_keep": 1} if "logits_to_keep" in takes else {}

    def write(
        self, prompt: Prompt, seeds: Sequence[int], sampling: Sampling, room: int
    ) -> tuple[Candidate, ...]:
        """The candidates of a prompt, of at most `room` tokens each.

        Raises:
            ValueError: if the choices cannot be told apart in the model's tokens.
        """
        ends = self._ends | set(prompt.stop_tokens)
        choices = Choices(sampling.choices, self._tokenizer, self._ends) if sampling.choices else None
        all_of_them = [Writing(seed, choices.root if choices else None) for seed in seeds]
        draws, cache = Draws(seeds), None
        going = list(range(len(seeds)))
        reading = self._tensor([prompt.tokens])
        for step in range(room if choices else min(room, sampling.max_tokens)):
            output = self._model(input_ids=reading, past_key_values=cache, use_cache=True, **self._last_only)
            cache, logits = output.past_key_values, output.logits[:, -1, :].float()
            if step == 0:
                logits = logits.expand(len(seeds), -1)
                cache.batch_repeat_interleave(len(seeds))
            writings = [all_of_them[i] for i in going]
            if choices:
                logits = _masked(logits, [choices.allowed(w.node) for w in writings if w.node])
            chosen = next_tokens(logits, draws.next(going), sampling)
            if sampling.logprobs:
                _count(logits, chosen, writings)
            for writing, token in zip(writings, chosen, strict=True):
                writing.tokens.append(token)
                writing.text = self._said(writing, prompt.stop, ends, choices)
            alive = [i for i, writing in enumerate(writings) if writing.text is None]
            if not alive:
                break
            if len(alive) < len(going):
                cache.batch_select_indices(self._tensor(alive))
            going = [going[i] for i in alive]
            reading = self._tensor([[chosen[i]] for i in alive])
        return tuple(self._candidate(w, len(prompt.tokens), sampling) for w in all_of_them)

    def _tensor(self, numbers: list[Any]) -> "torch.Tensor":
        import torch

        return torch.tensor(numbers, device=self._model.device)

    def _said(
        self, writing: Writing, stop: Sequence[str], ends: frozenset[int], choices: Choices | None
    ) -> str | None:
        """The answer, if the last token ended it."""
        token = writing.tokens[-1]
        if choices and writing.node:
            writing.node = choices.after(writing.node, token)
            return writing.node.choice if choices.is_over(writing.node, token) else None
        if token in ends:
            return self._text(writing.tokens[:-1])
        if not stop:
            return None
        # A text of so many bytes has at most as many tokens; those before them hold what is left of a
        # character. The whole is decoded only where the end looks right.
        reach = max(len(s.encode()) for s in stop) + 4
        last = self._text(writing.tokens[-reach:])
        if not any(s in last for s in stop):
            return None
        text = self._text(writing.tokens)
        places = [place for s in stop if (place := text.find(s)) >= 0]
        return text[: min(places)] if places else None

    def _text(self, tokens: list[int]) -> str:
        return self._tokenizer.decode(tokens, skip_special_tokens=True)

    def _candidate(self, writing: Writing, read: int, sampling: Sampling) -> Candidate:
        text, finish = writing.text, "stop"
        if text is None and sampling.choices:
            return Candidate(writing.seed, error="the context ended before one of the choices was said")
        if text is None:
            # Where an answer is cut, the last bytes may be a part of a character.
            text, finish = self._text(writing.tokens).rstrip("\ufffd"), "length"
        logprob = writing.logprob if sampling.logprobs else None
        return Candidate(writing.seed, text, len(writing.tokens), finish, None, read, logprob)


def _masked(logits: "torch.Tensor", allowed: Sequence[list[int]]) -> "torch.Tensor":
    """The logits with nothing left but what each row may say."""
    import torch

    masked = torch.full_like(logits, -torch.inf)
    for row, tokens in enumerate(allowed):
        masked[row, tokens] = logits[row, tokens]
    return masked


def _count(logits: "torch.Tensor", chosen: Sequence[int], writings: Sequence[Writing]) -> None:
    """Add to each candidate how probable its new token was, at temperature 1."""
    import torch

    tokens = torch.tensor(chosen, device=logits.device).unsqueeze(-1)
    added: list[float] = logits.double().log_softmax(-1).gather(-1, tokens).squeeze(-1).tolist()
    for writing, logprob in zip(writings, added, strict=True):
        writing.logprob += logprob
