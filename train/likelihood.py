"""Log-likelihoods of token sequences under a model: what perplexity and preference are made of."""

from dataclasses import dataclass
from typing import Any

TOKENS_AT_ONCE = 4096
"""Padded tokens a batch: their logits over 100,000 tokens of vocabulary take 1.6 GB in float32."""


@dataclass(frozen=True)
class Scored:
    """Token ids, and which of them count (the first one never: nothing predicts it)."""

    ids: list[int]
    counts: list[bool]

    @property
    def tokens(self) -> int:
        """How many tokens count."""
        return sum(self.counts[1:])


def log_likelihoods(model: Any, sequences: list[Scored]) -> list[float]:
    """The summed log-probability (nats) of the counted tokens of each sequence.

    Right-padded batches of similar length, without the cache (with it, packed models look across documents).
    """
    import torch

    result = [0.0] * len(sequences)
    was_training: bool = model.training
    model.eval()
    with torch.inference_mode():
        for numbers in _batches([len(s.ids) for s in sequences]):
            batch = [sequences[i] for i in numbers]
            width = max(len(s.ids) for s in batch)
            ids = torch.tensor([s.ids + [0] * (width - len(s.ids)) for s in batch], device=model.device)
            mask = torch.tensor(
                [[1] * len(s.ids) + [0] * (width - len(s.ids)) for s in batch], device=model.device
            )
            counted = torch.tensor(
                [s.counts + [False] * (width - len(s.ids)) for s in batch], device=model.device
            )
            logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits[:, :-1].float()
            losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
            sums: Any = -(losses.double() * counted[:, 1:]).sum(1)
            for i, value in zip(numbers, sums.tolist(), strict=True):
                result[i] = value
    model.train(was_training)
    return result


def _batches(lengths: list[int]) -> list[list[int]]:
    """Numbers of sequences, longest first, so many together that the padded batch stays small."""
    batches: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= TOKENS_AT_ONCE:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches
