"""A reward model: a classifier with one output, which reads a conversation with its response."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Iterator, Sequence
from typing import Any

from generate.engine import Candidate, Message
from generate.engines.loaded import Loaded
from generate.engines.prompt_tokens import as_data
from seimai.errors import SeimaiError

RESPONSES_AT_ONCE = 16


class RewardModel(Loaded):
    """A classifier with the chat template that it was trained with."""

    what = "reward model"

    def load(self) -> Any:
        """Load the classifier.

        Raises:
            SeimaiError: if it cannot be loaded, has no chat template, has several outputs or is an adapter.
        """
        from transformers import AutoModelForSequenceClassification

        if not getattr(self._tokenizer, "chat_template", None):
            raise SeimaiError(f"the reward model {self._files.base} has no chat template")
        if self._files.adapters:
            raise SeimaiError(
                f"{self._files.adapters[-1]} is an adapter: merge it into its reward model first"
            )
        model = self.ready(AutoModelForSequenceClassification)
        if model.config.num_labels != 1:
            outputs = model.config.num_labels
            raise SeimaiError(f"{self._files.base} has {outputs} outputs: a reward model has one, the reward")
        return model

    def measure(self, messages: Sequence[Message], texts: Sequence[str]) -> list[Candidate]:
        """The reward of each text, as the text of its candidate."""
        found: list[Candidate] = []
        # Without a padding token the classifiers of `transformers` cannot tell where a shorter text ends.
        at_once = RESPONSES_AT_ONCE if self._model.config.pad_token_id is not None else 1
        for first in range(0, len(texts), at_once):
            found += self._batch(messages, texts[first : first + at_once], first)
        return found

    def _batch(self, messages: Sequence[Message], texts: Sequence[str], first: int) -> Iterator[Candidate]:
        import torch

        most = self.context
        try:
            rows = [self._tokens(messages, text) for text in texts]
        except Exception as e:  # a template that refuses the turns
            yield from (Candidate(first + i, error=f"{type(e).__name__}: {e}") for i in range(len(texts)))
            return
        fits = [i for i, row in enumerate(rows) if len(row) <= most]
        rewards = dict[int, float]()
        if fits:
            with torch.inference_mode():
                rewards = dict(zip(fits, self._rewards([rows[i] for i in fits]), strict=True))
        for i, row in enumerate(rows):
            if i in rewards:
                yield Candidate(first + i, f"{rewards[i]:.6f}", prompt_tokens=len(row))
            else:
                yield Candidate(first + i, error=f"{len(row)} tokens do not fit into a context of {most}")

    def _rewards(self, rows: list[list[int]]) -> list[float]:
        """Padded on the right: the classifiers of `transformers` read the reward off the last real token."""
        import torch

        width, pad = max(map(len, rows)), self._model.config.pad_token_id or 0
        device = self._model.device
        ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows], device=device)
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=device)
        return self._model(input_ids=ids, attention_mask=mask).logits.float()[:, 0].tolist()

    def _tokens(self, messages: Sequence[Message], text: str) -> list[int]:
        whole = as_data(self._tokenizer, [*messages, Message(role="assistant", content=text)])
        shown: str = self._tokenizer.apply_chat_template([dict(m) for m in whole], tokenize=False)
        return list(self._tokenizer(shown, add_special_tokens=False)["input_ids"])
