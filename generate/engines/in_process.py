"""The `transformers` engine: a model in this process, on the GPU where there is one, else on the CPU.

All candidates of one prompt are one batch, and a batch never holds another prompt: no padding, the prompt
is read once, and what a candidate says depends on its prompt and on the seeds of that prompt alone. On the
same machine, with the same number of threads and the same `n`, the same seed gives the same text in any
order of prompts and after a resume. Another `n`, another number of threads or another processor changes
the shapes that the matrix products are cut into, so a last bit of a logit and, rarely, a token.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import gc
from collections.abc import Iterable, Iterator
from typing import Any

from generate.engine import Answer, Request, failed
from generate.engines.decoding import Decoder
from generate.engines.model_files import ModelFiles
from generate.engines.prompt_tokens import load_tokenizer, read
from seimai.errors import SeimaiError


class InProcess:
    """A causal language model and its tokenizer; float32 on a CPU, bfloat16 on a GPU."""

    def __init__(self, files: ModelFiles) -> None:
        self._files = files
        self._model: Any = None
        self._tokenizer: Any = None
        self._ends: frozenset[int] = frozenset()

    def __enter__(self) -> "InProcess":
        self._tokenizer = load_tokenizer(self._files)
        self._model = load_model(self._files)
        self._ends = _end_tokens(self._model, self._tokenizer)
        return self

    def __exit__(self, *exception: object) -> None:
        import torch

        self._model = self._tokenizer = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def chat(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """Answer the requests one after the other, all candidates of a prompt at once."""
        for request in requests:
            try:
                yield self._answer(request)
            except (MemoryError, SeimaiError):
                raise
            except Exception as e:  # a template that refuses the turns, a tokenizer that fails: this row only
                if type(e).__name__ == "OutOfMemoryError":
                    raise SeimaiError("the GPU has too little memory: set a lower n or max_tokens") from e
                yield failed(request, f"{type(e).__name__}: {e}")

    def _answer(self, request: Request) -> Answer:
        import torch

        prompt = read(self._tokenizer, request)
        room = _context(self._model) - len(prompt.tokens)
        if not prompt.tokens or room < 1:
            return failed(request, f"a prompt of {len(prompt.tokens)} tokens leaves no room for an answer")
        decoder = Decoder(self._model, self._tokenizer, self._ends)
        with torch.inference_mode():
            return Answer(request.key, decoder.write(prompt, request.seeds, request.sampling, room))


def load_model(files: ModelFiles) -> Any:
    """Load a model for inference, its adapters merged into it.

    Raises:
        SeimaiError: if the files cannot be loaded, or an adapter is named and PEFT is not installed.
    """
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()  # the run has one of its own
    on_gpu = torch.cuda.is_available()
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(
            files.base, dtype=torch.bfloat16 if on_gpu else torch.float32
        )
    except (OSError, ValueError) as e:
        raise SeimaiError(f"the model {files.base} cannot be loaded: {e}") from e
    for adapter in files.adapters:
        model = _merged(model, adapter)
    return model.eval().to("cuda" if on_gpu else "cpu")


def _merged(model: Any, adapter: str) -> Any:
    try:
        from peft import PeftModel
    except ImportError as e:
        raise SeimaiError(f"{adapter} is an adapter; to use it: pip install 'seimai[train]'") from e
    return PeftModel.from_pretrained(model, adapter).merge_and_unload()


def _end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    """Where an answer ends: what the generation settings say, and the tokenizer's end of sequence."""
    settings = getattr(model, "generation_config", None)
    told: object = getattr(settings, "eos_token_id", None)
    ends = [*told] if isinstance(told, list) else [told]
    return frozenset(e for e in [*ends, tokenizer.eos_token_id] if isinstance(e, int))


def _context(model: Any) -> int:
    """The number of tokens that the model can see; models without a limit say nothing."""
    limit: object = getattr(model.config, "max_position_embeddings", None)
    return limit if isinstance(limit, int) and limit > 0 else 1 << 30
