"""How probable a model holds a response: the log-probability of its tokens after the conversation."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import inspect
from collections.abc import Iterator, Sequence

from generate.engine import Candidate, Message
from generate.engines.loaded import Loaded
from generate.engines.prompt_tokens import prompt_tokens

TOKENS_AT_ONCE = 4096
"""Padded tokens a batch: their logits over 100,000 tokens of vocabulary take 1.6 GB in float32."""


class LikelihoodModel(Loaded):
    """A causal language model that reads responses in place of writing them."""

    def measure(self, messages: Sequence[Message], texts: Sequence[str]) -> list[Candidate]:
        """The sum of ln p over each text's tokens, as if the model had written it and not yet ended."""
        try:
            prompt = prompt_tokens(self._tokenizer, messages)
        except Exception as e:  # a template that refuses the turns
            return [Candidate(i, error=f"{type(e).__name__}: {e}") for i in range(len(texts))]
        tokens = [self._tokens(text) for text in texts]
        room = self.context - len(prompt)
        fits = [i for i, t in enumerate(tokens) if 0 < len(t) <= room]
        sums = dict[int, float]()
        for batch in _batches([len(prompt) + len(tokens[i]) for i in fits]):
            numbers = [fits[i] for i in batch]
            sums |= dict(zip(numbers, self._sums(prompt, [tokens[i] for i in numbers]), strict=True))
        return [
            Candidate(i, tokens=len(t), prompt_tokens=len(prompt), logprob=sums[i])
            if i in sums
            else Candidate(i, error=f"{len(prompt)} + {len(t)} tokens do not fit into the model's context")
            for i, t in enumerate(tokens)
        ]

    def _tokens(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])

    def _sums(self, prompt: list[int], texts: list[list[int]]) -> list[float]:
        import torch

        width = max(map(len, texts))
        rows = [prompt + t + [0] * (width - len(t)) for t in texts]
        seen = [[1] * (len(prompt) + len(t)) + [0] * (width - len(t)) for t in texts]
        device = self._model.device
        ids, mask = torch.tensor(rows, device=device), torch.tensor(seen, device=device)
        takes = inspect.signature(self._model.forward).parameters
        last: dict[str, int] = {"logits_to_keep": width + 1} if "logits_to_keep" in takes else {}
        with torch.inference_mode():
            logits = self._model(input_ids=ids, attention_mask=mask, use_cache=False, **last).logits
            logits = logits[:, -width - 1 : -1].float()
            losses = torch.nn.functional.cross_entropy(
                logits.transpose(1, 2), ids[:, -width:], reduction="none"
            )
            return (-(losses.double() * mask[:, -width:]).sum(1)).tolist()


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Numbers of sequences, longest first, so many together that the padded batch stays small."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > TOKENS_AT_ONCE:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
