"""Static encoders: one vector a token, a text's vector is the mean of those of its tokens.

Read as model2vec (its own folder) and sentence-transformers (`StaticEmbedding`) write them, with the packages
that these use: `safetensors` and `tokenizers`. Other than model2vec, which cuts at 512 tokens, all of a text
counts: two documents with the same beginning are not the same.
"""

import importlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import float32, float64, int64, njit, types, void

from seimai.errors import SeimaiError

PIECE = 1 << 16
"""Characters that are cut into tokens at a time: a book of one document does not grow the memory."""
TOGETHER = 256
"""Pieces that are cut at a time."""

Array = npt.NDArray[Any]


class StaticEncoder:
    """A matrix of vectors, and a tokenizer whose ids are its rows."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        load_file: Any = importlib.import_module("safetensors.numpy").load_file
        nested = folder / "0_StaticEmbedding"
        folder = nested if nested.is_dir() else folder
        tensors: dict[str, Array] = load_file(folder / "model.safetensors")
        matrix = tensors.get("embeddings", tensors.get("embedding.weight"))
        if matrix is None:
            raise SeimaiError(f"{folder}/model.safetensors has no tensor 'embeddings'")
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        number: int = self._tokenizer.get_vocab_size(with_added_tokens=True)
        self._vectors = np.ascontiguousarray(matrix, np.float32)
        self._rows = np.asarray(tensors.get("mapping", np.arange(number)), np.int64)
        self._weights = np.asarray(tensors.get("weights", np.ones(number)), np.float64)
        if min(self._rows.size, self._weights.size) < number or self._rows.max() >= len(self._vectors):
            raise SeimaiError(f"{folder} has fewer vectors than its tokenizer.json has tokens ({number})")
        # model2vec leaves the unknown token out, sentence-transformers takes it as any other.
        self._unknown = _unknown(self._tokenizer) if "embeddings" in tensors else -1
        self.size = self._vectors.shape[1]

    def encode(self, texts: Sequence[str], prompt: str) -> npt.NDArray[np.floating]:
        """The weighted mean of the vectors of each text's tokens."""
        sums = np.zeros((len(texts), self.size), np.float64)
        for numbers, pieces in _pieces(texts, prompt):
            found = self._tokenizer.encode_batch_fast(pieces, add_special_tokens=False)
            ids = [np.asarray(encoding.ids, np.int64) for encoding in found]
            owner = np.repeat(np.array(numbers, np.int64), [i.size for i in ids])
            joined = np.concatenate(ids)
            known = joined != self._unknown
            _add(sums, owner[known], joined[known], self._rows, self._vectors, self._weights)
        return sums  # the length of the sum goes when it is made a unit


def _pieces(texts: Sequence[str], prompt: str) -> Iterator[tuple[list[int], list[str]]]:
    """Pieces of texts with the number of the text of each, some at a time."""
    numbers: list[int] = []
    pieces: list[str] = []
    for number, text in enumerate(texts):
        whole = prompt + text
        for cut in range(0, len(whole), PIECE):
            numbers.append(number)
            pieces.append(whole[cut : cut + PIECE])
            if len(pieces) >= TOGETHER:
                yield numbers, pieces
                numbers, pieces = [], []
    if pieces:
        yield numbers, pieces


def _unknown(tokenizer: Any) -> int:
    """The id of the unknown token; -1 if there is none."""
    model = json.loads(tokenizer.to_str())["model"]
    if model.get("unk_id") is not None:
        return int(model["unk_id"])
    known = tokenizer.token_to_id(model["unk_token"]) if model.get("unk_token") else None
    return -1 if known is None else int(known)


_READ = {"readonly": True}


@njit(
    void(
        float64[:, ::1],
        int64[::1],
        int64[::1],
        types.Array(int64, 1, "C", **_READ),
        types.Array(float32, 2, "C", **_READ),
        types.Array(float64, 1, "C", **_READ),
    ),
    cache=True,
    nogil=True,
)
def _add(sums: Array, owner: Array, ids: Array, rows: Array, vectors: Array, weights: Array) -> None:
    # In the order of the tokens: a text's sum does not depend on its neighbours.
    for i in range(ids.size):
        weight, row, to = weights[ids[i]], rows[ids[i]], owner[i]
        for d in range(vectors.shape[1]):
            sums[to, d] += weight * vectors[row, d]
