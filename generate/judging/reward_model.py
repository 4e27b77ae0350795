"""A reward model: a classifier with one output, which reads a conversation with its response."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import gc
from collections.abc import Iterator, Sequence
from typing import Any

from generate.engine import Candidate, Message
from generate.engines.model_files import ModelFiles
from generate.engines.prompt_tokens import as_data, load_tokenizer
from seimai.errors import SeimaiError

RESPONSES_AT_ONCE = 16


class RewardModel:
    """The model and its tokenizer, whose chat template it was trained with; bfloat16 on a GPU."""

    def __init__(self, files: ModelFiles) -> None:
        self._files = files
        self._model: Any = None
        self._tokenizer: Any = None

    def __enter__(self) -> "RewardModel":
        self._tokenizer = load_tokenizer(self._files)
        if not getattr(self._tokenizer, "chat_template", None):
            raise SeimaiError(f"the reward model {self._files.base} has no chat template")
        self._model = _load(self._files)
        return self

    def __exit__(self, *exception: object) -> None:
        import torch

        self._model = self._tokenizer = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

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

        limit: object = getattr(self._model.config, "max_position_embeddings", None)
        most = limit if isinstance(limit, int) else 1 << 30
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


def _load(files: ModelFiles) -> Any:
    import torch
    from transformers import AutoModelForSequenceClassification
    from transformers.utils import logging

    logging.disable_progress_bar()
    if files.adapters:
        raise SeimaiError(f"{files.adapters[-1]} is an adapter: merge it into its reward model first")
    on_gpu = torch.cuda.is_available()
    dtype = torch.bfloat16 if on_gpu else torch.float32
    try:
        model: Any = AutoModelForSequenceClassification.from_pretrained(files.base, dtype=dtype)
    except (OSError, ValueError) as e:
        raise SeimaiError(f"the reward model {files.base} cannot be loaded: {e}") from e
    if model.config.num_labels != 1:
        raise SeimaiError(
            f"{files.base} has {model.config.num_labels} outputs: a reward model has one, the reward"
        )
    return model.eval().to("cuda" if on_gpu else "cpu")
