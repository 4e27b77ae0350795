"""Perplexity of held-out text: how surprised a model is, a token at a time."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from train.likelihood import Scored, log_likelihoods


@dataclass(frozen=True)
class Perplexity:
    """Negative log-likelihood of a text, with what to divide it by."""

    nats: float
    tokens: int
    bytes: int

    @property
    def per_token(self) -> float:
        """Perplexity: exp of the mean loss, weighted by tokens. Compares models that share a tokenizer."""
        return math.exp(self.nats / self.tokens) if self.tokens else math.nan

    @property
    def bits_per_byte(self) -> float:
        """Bits that the model needs for a byte of UTF-8. Compares models with different tokenizers."""
        return self.nats / math.log(2) / self.bytes if self.bytes else math.nan

    def as_metrics(self) -> dict[str, float]:
        """For the manifest."""
        return asdict(self) | {"per_token": self.per_token, "bits_per_byte": self.bits_per_byte}


def of_texts(model: Any, tokenizer: Any, texts: list[str], *, max_length: int) -> Perplexity:
    """Perplexity of documents, all of their tokens.

    A long document is read in windows of `max_length` tokens. Each begins with a token that is not counted:
    the end-of-text token, which precedes documents in packed training, or the last one of the window before
    (as lm-evaluation-harness' rolling log-likelihood does).
    """
    start = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    windows: list[Scored] = []
    for text in texts:
        ids = [start, *tokenizer(text, add_special_tokens=False)["input_ids"]]
        for first in range(0, len(ids) - 1, max_length - 1):
            window = ids[first : first + max_length]
            windows.append(Scored(window, [True] * len(window)))
    return _sum(model, windows, sum(len(text.encode()) for text in texts))


def of_sequences(model: Any, tokenizer: Any, sequences: list[list[int]]) -> Perplexity:
    """Perplexity of sequences of ids, of all but the first id of each."""
    size = sum(len(tokenizer.decode(ids[1:]).encode()) for ids in sequences)
    return _sum(model, [Scored(ids, [True] * len(ids)) for ids in sequences], size)


def of_answers(model: Any, chats: list[Scored], contents: list[str]) -> Perplexity:
    """Perplexity of the assistant's turns; `contents` is their text."""
    return _sum(model, chats, sum(len(text.encode()) for text in contents))


def _sum(model: Any, sequences: list[Scored], size: int) -> Perplexity:
    nats = -math.fsum(log_likelihoods(model, sequences))
    return Perplexity(nats, sum(s.tokens for s in sequences), size)
