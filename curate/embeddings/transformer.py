"""Transformers as encoders: a folder that sentence-transformers wrote, or a plain one (the mean is taken).

Read with `transformers` and `torch` alone. A folder's `modules.json` may name Transformer, Pooling, Dense and
Normalize, which is what the known Japanese and multilingual encoders are made of.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from curate.embeddings.encoder import modules_of, read_json
from seimai.errors import SeimaiError

WINDOWS = 8
"""Of a text that is longer than the model's input, at most so many windows are read, evenly spread."""
BATCH_TOKENS = 1 << 14
"""Tokens of a batch, padding and all: some hundred megabytes in a base model."""

_LEGACY = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}


class TransformerEncoder:
    """A model that gives a vector for each token, and what makes one vector of them."""

    def __init__(self, folder: Path) -> None:
        import torch
        from transformers import AutoModel, AutoTokenizer

        modules = modules_of(folder) or [{"type": "Transformer", "path": ""}]
        kinds = [str(m["type"]).rpartition(".")[2] for m in modules]
        if kinds[0] != "Transformer" or not set(kinds) <= {"Transformer", "Pooling", "Dense", "Normalize"}:
            raise SeimaiError(f"{folder}/modules.json: cannot read a model of {', '.join(kinds)}")
        source = folder / modules[0]["path"]
        self._torch: Any = torch
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._tokenizer: Any = AutoTokenizer.from_pretrained(source, local_files_only=True)
        self._tokenizer.padding_side = "right"
        model: Any = AutoModel.from_pretrained(source, local_files_only=True, dtype=torch.float32)
        self._model = model.eval().to(self._device)
        self._longest = _longest(source, self._tokenizer, model.config)
        steps = list(zip(kinds[1:], (folder / m["path"] for m in modules[1:]), strict=True))
        self._pooling = [_pooling(path) for kind, path in steps if kind == "Pooling"] or [["mean"]]
        self._dense = [self._layer(path) for kind, path in steps if kind == "Dense"]
        self.size = self.encode(["米"], "").shape[1]

    def _layer(self, path: Path) -> Any:
        settings = read_json(path / "config.json")
        nn = self._torch.nn
        linear = nn.Linear(settings["in_features"], settings["out_features"], bias=settings.get("bias", True))
        if (path / "model.safetensors").is_file():
            from safetensors.torch import load_file

            tensors: dict[str, Any] = load_file(path / "model.safetensors")
        else:
            tensors = self._torch.load(path / "pytorch_model.bin", weights_only=True)
        linear.load_state_dict({k.removeprefix("linear."): v for k, v in tensors.items()})
        name = str(settings.get("activation_function", "Identity")).rpartition(".")[2]
        if name not in ("Identity", "Tanh", "ReLU", "GELU", "SiLU"):
            raise SeimaiError(f"{path}/config.json: the activation {name} is not known")
        return nn.Sequential(linear, getattr(nn, name)()).eval().to(self._device)

    def encode(self, texts: Sequence[str], prompt: str) -> npt.NDArray[np.floating]:
        """The mean of the units of each text's windows; empty texts get zeros."""
        room = self._longest - 2 - len(self._ids(prompt))
        if room < 1:
            raise SeimaiError(f"the prompt {prompt!r} is longer than what the encoder reads")
        windows = [(n, prompt + w) for n, text in enumerate(texts) if text for w in self._windows(text, room)]
        sums: npt.NDArray[np.floating] = np.zeros((len(texts), 0))
        before = self._torch.get_num_threads()
        self._torch.set_num_threads(1)  # other numbers of threads give other last bits
        try:
            for numbers, vectors in self._batches(windows):
                if not sums.shape[1]:
                    sums = np.zeros((len(texts), vectors.shape[1]))
                length = np.linalg.norm(vectors, axis=1, keepdims=True)
                np.add.at(sums, numbers, vectors / np.maximum(length, 1e-12))
        finally:
            self._torch.set_num_threads(before)
        return sums if sums.shape[1] else np.zeros((len(texts), self.size))

    def _ids(self, text: str) -> list[int]:
        return self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]

    def _windows(self, text: str, room: int) -> list[str]:
        """A text that is too long, in parts of as many tokens as fit."""
        if len(text) > WINDOWS * 8 * room:
            starts = np.linspace(0, len(text) - 4 * room, WINDOWS).astype(int).tolist()
            return [text[start : start + 4 * room] for start in starts]
        number = -(-len(self._ids(text)) // room)
        size = -(-len(text) // max(1, number))
        some = np.linspace(0, number - 1, min(number, WINDOWS)).round().astype(int).tolist() or [0]
        return [text[n * size : (n + 1) * size] for n in some]

    def _batches(
        self, windows: list[tuple[int, str]]
    ) -> Iterator[tuple[list[int], npt.NDArray[np.floating]]]:
        """The vectors of windows of about the same length, with the numbers of their texts."""
        order = sorted(range(len(windows)), key=lambda n: (len(windows[n][1]), n))
        while order:
            # The longest of a batch stands last; a token has a character or more, but for rare letters.
            size = 1
            while size < len(order) and (size + 1) * min(self._longest, len(windows[order[size]][1]) + 2) <= (
                BATCH_TOKENS
            ):
                size += 1
            some, order = order[:size], order[size:]
            vectors = self._forward([windows[n][1] for n in some])
            yield [windows[n][0] for n in some], vectors

    def _forward(self, texts: list[str]) -> npt.NDArray[np.floating]:
        with self._torch.inference_mode():
            entered = self._tokenizer(
                texts, padding=True, truncation=True, max_length=self._longest, return_tensors="pt"
            ).to(self._device)
            tokens = self._model(**entered).last_hidden_state
            pooled = _pool(self._torch, tokens, entered["attention_mask"], self._pooling[0])
            for layer in self._dense:
                pooled = layer(pooled)
            return pooled.float().cpu().numpy().astype(np.float64)


def _longest(source: Path, tokenizer: Any, config: Any) -> int:
    """Tokens that the model reads at most, `[CLS]` and the like with them."""
    given = None
    if (source / "sentence_bert_config.json").is_file():
        given = read_json(source / "sentence_bert_config.json").get("max_seq_length")
    places = getattr(config, "max_position_embeddings", None)
    known = [n for n in (given, places, tokenizer.model_max_length) if n and n < 1 << 20]
    return int(given or min(known, default=512))


def _pooling(path: Path) -> list[str]:
    """The modes of pooling, whose results stand one after another."""
    settings = read_json(path / "config.json")
    named = settings.get("pooling_mode") or [m for key, m in _LEGACY.items() if settings.get(key)] or "mean"
    modes = [named] if isinstance(named, str) else list(named)
    if not set(modes) <= set(_LEGACY.values()):
        raise SeimaiError(f"{path}/config.json: pooling by {', '.join(modes)} is not known")
    return modes


def _pool(torch: Any, tokens: Any, attention: Any, modes: list[str]) -> Any:
    """One vector a text from those of its tokens; padding stands on the right."""
    mask = attention.unsqueeze(-1).to(tokens.dtype)
    number = mask.sum(dim=1).clamp(min=1)
    found: list[Any] = []
    for mode in modes:
        match mode:
            case "cls":
                found.append(tokens[:, 0])
            case "max":
                found.append(tokens.masked_fill(mask == 0, float("-inf")).max(dim=1).values)
            case "lasttoken":
                found.append(tokens[torch.arange(tokens.shape[0]), attention.sum(dim=1) - 1])
            case "weightedmean":
                weights = mask * torch.arange(1, tokens.shape[1] + 1, device=mask.device).view(1, -1, 1)
                found.append((tokens * weights).sum(dim=1) / weights.sum(dim=1))
            case _:
                divisor = number if mode == "mean" else number.sqrt()
                found.append((tokens * mask).sum(dim=1) / divisor)
    return torch.cat(found, dim=-1)
