"""A model of `transformers` in this process: loaded when entered, its memory free when left."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import gc
from typing import Any, Self

from generate.engines.model_files import ModelFiles
from generate.engines.prompt_tokens import load_tokenizer
from seimai.errors import SeimaiError


class Loaded:
    """A model and its tokenizer; float32 on a CPU, bfloat16 on a GPU."""

    what = "model"
    """What errors call it."""

    def __init__(self, files: ModelFiles) -> None:
        self._files = files
        self._model: Any = None
        self._tokenizer: Any = None

    def __enter__(self) -> Self:
        self._tokenizer = load_tokenizer(self._files)
        self._model = self.load()
        return self

    def __exit__(self, *exception: object) -> None:
        import torch

        self._model = self._tokenizer = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def load(self) -> Any:
        """Load the model: a causal language model, its adapters merged into it.

        Raises:
            SeimaiError: if the files cannot be loaded, or an adapter is named and PEFT is not installed.
        """
        from transformers import AutoModelForCausalLM

        return self.ready(AutoModelForCausalLM)

    def ready(self, kind: Any) -> Any:
        """A model of one of the classes of `transformers`, for inference on this machine."""
        import torch
        from transformers.utils import logging

        logging.disable_progress_bar()  # the run has one of its own
        on_gpu = torch.cuda.is_available()
        try:
            model = kind.from_pretrained(self._files.base, dtype=torch.bfloat16 if on_gpu else torch.float32)
        except (OSError, ValueError) as e:
            raise SeimaiError(f"the {self.what} {self._files.base} cannot be loaded: {e}") from e
        for adapter in self._files.adapters:
            model = _merged(model, adapter)
        return model.eval().to("cuda" if on_gpu else "cpu")

    @property
    def context(self) -> int:
        """The number of tokens that the model can see; models without a limit say nothing."""
        limit: object = getattr(self._model.config, "max_position_embeddings", None)
        return limit if isinstance(limit, int) and limit > 0 else 1 << 30


def _merged(model: Any, adapter: str) -> Any:
    try:
        from peft import PeftModel
    except ImportError as e:
        raise SeimaiError(f"{adapter} is an adapter; to use it: pip install 'seimai[train]'") from e
    return PeftModel.from_pretrained(model, adapter).merge_and_unload()
