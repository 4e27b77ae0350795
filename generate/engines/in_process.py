"""The `transformers` engine: a model in this process, on the GPU where there is one, else on the CPU.

All candidates of one prompt are one batch, and a batch never holds another prompt: no padding, the prompt
is read once, and what a candidate says depends on its prompt and on the seeds of that prompt alone. On the
same machine, with the same number of threads and the same `n`, the same seed gives the same text in any
order of prompts and after a resume. Another `n`, another number of threads or another processor changes
the shapes that the matrix products are cut into, so a last bit of a logit and, rarely, a token.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Iterable, Iterator
from typing import Any, Self

from generate.engine import Answer, Request, failed
from generate.engines.decoding import Decoder
from generate.engines.loaded import Loaded
from generate.engines.prompt_tokens import read
from seimai.errors import SeimaiError


class InProcess(Loaded):
    """A causal language model that writes."""

    _ends: frozenset[int] = frozenset()

    def __enter__(self) -> Self:
        super().__enter__()
        self._ends = _end_tokens(self._model, self._tokenizer)
        return self

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
        room = self.context - len(prompt.tokens)
        if not prompt.tokens or room < 1:
            return failed(request, f"a prompt of {len(prompt.tokens)} tokens leaves no room for an answer")
        decoder = Decoder(self._model, self._tokenizer, self._ends)
        with torch.inference_mode():
            return Answer(request.key, decoder.write(prompt, request.seeds, request.sampling, room))


def _end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    """Where an answer ends: what the generation settings say, and the tokenizer's end of sequence."""
    settings = getattr(model, "generation_config", None)
    told: object = getattr(settings, "eos_token_id", None)
    ends = [*told] if isinstance(told, list) else [told]
    return frozenset(e for e in [*ends, tokenizer.eos_token_id] if isinstance(e, int))
