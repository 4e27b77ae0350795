"""Morphemes, as MeCab with unidic-lite cuts a document: how many are nouns, how much wording repeats."""

import importlib
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.signals.hojichar import HOJICHAR
from seimai.errors import SeimaiError
from seimai.signal import Signal

_SOURCE: Final = f"{HOJICHAR}; fugashi with unidic-lite 1.0.8"

SIGNALS: Final[Mapping[str, Signal]] = {
    "hojichar_morphemes": Signal("morphemes", "morphemes", _SOURCE, pl.Int64, costly=True),
    "hojichar_words": Signal(
        "morphemes that are no signs (補助記号)", "morphemes", _SOURCE, pl.Int64, costly=True
    ),
    "hojichar_nouns": Signal("nouns (名詞)", "morphemes", _SOURCE, pl.Int64, costly=True),
    "hojichar_noun_ratio": Signal(
        "nouns among morphemes that are no signs; 0 without any", "share", _SOURCE, costly=True
    ),
    "hojichar_repeated_word_7gram_ratio": Signal(
        "runs of 7 morphemes that occur more than once, among all runs of 7", "share", _SOURCE, costly=True
    ),
}

_CHUNK: Final = 100_000
"""Characters given to MeCab at a time, as in HojiChar: much longer texts crash it."""
_N: Final = 7
_BASE: Final = np.uint64(0x9E3779B97F4A7C15)


def measure(text: pl.Series, names: Collection[str]) -> dict[str, pl.Series]:
    """Those of this family's signals that are named; loads no dictionary if none is."""
    own = [name for name in names if name in SIGNALS]
    if not own:
        return {}
    rows = [_measure(t, grams="hojichar_repeated_word_7gram_ratio" in own) for t in text.fill_null("")]
    frame = pl.DataFrame(
        rows, schema=[(name, signal.dtype) for name, signal in SIGNALS.items()], orient="row"
    )
    return {name: frame[name] for name in own}


def _measure(text: str, *, grams: bool) -> tuple[int, int, int, float, float]:
    """The values in the order of `SIGNALS`; 0 for the repetition unless it is asked for."""
    morphemes = signs = nouns = 0
    keys: list[npt.NDArray[np.uint64]] = []
    numbers: dict[str, int] = {}
    for lines in _lines(text):
        morphemes += lines.count("\n")
        signs += lines.count("\t補助記号\n")
        nouns += lines.count("\t名詞\n")
        if grams:
            keys.append(_grams([line.partition("\t")[0] for line in lines.split("\n")[:-1]], numbers))
    words = morphemes - signs
    noun_ratio = nouns / words if words else 0.0
    return morphemes, words, nouns, noun_ratio, _repeated(keys)


def _lines(text: str) -> Iterator[str]:
    """MeCab's answer to each chunk: surface, tab, part of speech, newline. It reads up to a NUL only."""
    tagger = _tagger()
    for start in range(0, len(text), _CHUNK):
        lines: str = tagger.parse(text[start : start + _CHUNK].partition("\0")[0])
        yield f"{lines}\n" if lines else ""


def _grams(surfaces: list[str], numbers: dict[str, int]) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of each run of `_N` surfaces."""
    known = (numbers.setdefault(surface, len(numbers) + 1) for surface in surfaces)
    ids = np.fromiter(known, np.uint64, len(surfaces))
    count = len(ids) - _N + 1
    if count <= 0:
        return np.empty(0, np.uint64)
    key = np.zeros(count, np.uint64)
    for i in range(_N):
        key = (key ^ (key >> np.uint64(29))) * _BASE + ids[i : i + count]
    return key


def _repeated(keys: list[npt.NDArray[np.uint64]]) -> float:
    if not keys or not sum(map(len, keys)):
        return 0.0
    _, times = np.unique(np.concatenate(keys), return_counts=True)
    return int(times[times > 1].sum()) / int(times.sum())


@cache
def _tagger() -> Any:
    """MeCab, made once a process, that writes what is asked of it and no more.

    Raises:
        SeimaiError: if fugashi or the dictionary is missing.
    """
    try:
        fugashi: Any = importlib.import_module("fugashi")  # it has no types
        unidic: Any = importlib.import_module("unidic_lite")
    except ModuleNotFoundError as e:
        raise SeimaiError(
            f"the signals of morphemes need the package {e.name}, which is missing: "
            "pip install 'seimai[morphemes]'"
        ) from None
    folder: str = unidic.DICDIR
    line = r"%m\t%f[0]\n"
    # Without -O the dictionary's own settings would override the lines that are asked for.
    return fugashi.GenericTagger(f'-r "{folder}/mecabrc" -d "{folder}" -O "" -F "{line}" -U "{line}" -E ""')
