"""Tokenizers from files: Hugging Face's `tokenizer.json`, or a SentencePiece `.model`.

Text is text: what looks like a special token in a document (`</s>` in a page about tokenizers) is encoded as
the letters it is written with, nothing is added before or after, and nothing is cut, whatever
`tokenizer.json` says of truncation and padding. `transformers` by itself takes such letters for the token.
"""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from seimai.errors import SeimaiError

MISSING = "pip install 'seimai[tokens]'"
BATCH_BYTES = 4 << 20
"""UTF-8 bytes that are encoded at a time: an encoding takes some 60 bytes a token until it is taken over."""

Ids = NDArray[np.int32]


class TextTokenizer(Protocol):
    """What counting and packing ask of a tokenizer."""

    size: int
    """All ids lie below."""
    end: str | None
    """The token between documents, if the tokenizer names one."""

    def counts(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text."""
        ...

    def encode(self, texts: Sequence[str]) -> tuple[Ids, Ids]:
        """The ids of all texts, joined, and the number of each text's."""
        ...

    def id_of(self, token: str) -> int | None:
        """The id of a token of the vocabulary."""
        ...


@lru_cache(maxsize=4)
def open_tokenizer(place: str) -> TextTokenizer:
    """The tokenizer in an entry's folder, a folder or a file; loaded once a process.

    Raises:
        SeimaiError: if there is none, or it cannot be read.
    """
    file = _file_of(Path(place).expanduser())
    try:
        return _SentencePiece(file) if file.suffix == ".model" else _HuggingFace(file)
    except ModuleNotFoundError as e:
        raise SeimaiError(f"{file} needs the package {e.name!r}, which is missing: {MISSING}") from None
    except SeimaiError:
        raise
    except Exception as e:  # both libraries raise what comes: a file of another kind is the user's to mend
        raise SeimaiError(f"{file} is no tokenizer: {str(e).splitlines()[0]}") from None


def _file_of(path: Path) -> Path:
    if path.is_dir():
        folder = path / "model" if (path / "model").is_dir() else path
        if (folder / "tokenizer.json").is_file():
            return folder / "tokenizer.json"
        found = sorted(folder.glob("*.model"))
        if len(found) != 1:
            several = (
                f"{len(found)} .model files, name one" if found else "neither tokenizer.json nor a .model"
            )
            raise SeimaiError(f"{folder} holds no tokenizer: {several}")
        return found[0]
    if not path.is_file():
        raise SeimaiError(f"the tokenizer {path} is not there (a hub's must be downloaded first)")
    if path.suffix not in (".json", ".model"):
        raise SeimaiError(f"{path} is no tokenizer: expected a folder, a tokenizer.json or a .model")
    return path


class _HuggingFace:
    def __init__(self, file: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(file))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True
        self.size = max(self._tokenizer.get_vocab(with_added_tokens=True).values(), default=-1) + 1
        self.end = _end_beside(file)
        self._spelt = self._reachable()

    def _reachable(self) -> dict[str, list[int]]:
        """Special tokens that the model finds in text all the same, and the ids of their letters.

        A Unigram model that was converted from SentencePiece has them among its pieces.
        """
        added: dict[int, Any] = self._tokenizer.get_added_tokens_decoder()
        found: dict[str, list[int]] = {}
        for number, token in added.items():
            word = str(token.content)
            letters = [self.id_of(c) for c in word]
            if token.special and None not in letters and self._finds(number, word):
                found[word] = [i for i in letters if i is not None]
        return found

    def _finds(self, number: int, word: str) -> bool:
        around = (word, f"a{word}", f"、{word}。")
        return any(number in e.ids for e in self._encoded(around))

    def counts(self, texts: Sequence[str]) -> list[int]:
        encoded = zip(texts, self._encoded(texts), strict=True)
        return [len(self._ids(t, e)) if self._names_special(t) else len(e) for t, e in encoded]

    def encode(self, texts: Sequence[str]) -> tuple[Ids, Ids]:
        return _joined([self._ids(t, e) for t, e in zip(texts, self._encoded(texts), strict=True)])

    def _encoded(self, texts: Sequence[str]) -> Sequence[Any]:
        return self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)

    def _names_special(self, text: str) -> bool:
        return any(word in text for word in self._spelt)

    def _ids(self, text: str, encoding: Any) -> list[int]:
        ids: list[int] = encoding.ids
        if not self._names_special(text):
            return ids
        instead = {self.id_of(word): letters for word, letters in self._spelt.items()}
        return [i for one in ids for i in instead.get(one, (one,))]

    def id_of(self, token: str) -> int | None:
        return self._tokenizer.token_to_id(token)


def _end_beside(file: Path) -> str | None:
    """`eos_token` of the configuration that `transformers` keeps beside a tokenizer."""
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        try:
            settings: Any = json.loads((file.parent / name).read_text("utf-8"))
        except (OSError, ValueError):
            continue
        token: Any = settings.get("eos_token")
        if token:
            return str(cast("dict[str, Any]", token)["content"] if isinstance(token, dict) else token)
    return None


class _SentencePiece:
    def __init__(self, file: Path) -> None:
        import sentencepiece

        module: Any = sentencepiece
        self._tokenizer: Any = module.SentencePieceProcessor(model_file=str(file))
        self.size = int(self._tokenizer.get_piece_size())
        end = int(self._tokenizer.eos_id())
        self.end = str(self._tokenizer.id_to_piece(end)) if end >= 0 else None

    def counts(self, texts: Sequence[str]) -> list[int]:
        return [len(ids) for ids in self._encoded(texts)]

    def encode(self, texts: Sequence[str]) -> tuple[Ids, Ids]:
        return _joined(self._encoded(texts))

    def _encoded(self, texts: Sequence[str]) -> list[list[int]]:
        return self._tokenizer.encode(list(texts), out_type=int, num_threads=1)

    def id_of(self, token: str) -> int | None:
        known = int(self._tokenizer.piece_to_id(token))
        return known if str(self._tokenizer.id_to_piece(known)) == token else None


def _joined(ids: Sequence[Sequence[int]]) -> tuple[Ids, Ids]:
    lengths = np.fromiter((len(i) for i in ids), np.int32, len(ids))
    return np.fromiter(chain.from_iterable(ids), np.int32, int(lengths.sum())), lengths


def batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Texts in groups of about `BATCH_BYTES`; a longer text is alone."""
    first, size = 0, 0
    for number, text in enumerate(texts):
        length = len(text.encode())
        if number > first and size + length > BATCH_BYTES:
            yield texts[first:number]
            first, size = number, 0
        size += length
    if first < len(texts):
        yield texts[first:]
