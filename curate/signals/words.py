"""Words: how many there are, what they are made of, and how much of what they say is said again.

*Words* are those of datatrove's Japanese tokeniser: Sudachi's short units, without white space. They are
found once for all signals of a measurement. What Gopher's and FineWeb's rules count in their own way bears
their names.
"""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.signals.text import FACTOR, Text, Values, batches, ratio
from curate.words.tokens import Words, words_of
from seimai.signal import Signal

DATATROVE: Final = "datatrove 0.10.1 (Gopher's rules, words of its Japanese tokeniser)"
FINEWEB: Final = "FineWeb-2 (configs/jpn_Jpan.yml), by datatrove 0.10.1"
SIZES: Final = range(2, 11)
STOP_WORDS: Final = "のにをはたてがとで年し・月れさ"
"""The fifteen words that FineWeb-2 takes for signs of Japanese prose; each is one character."""

_WORDS: Final = "words"
SIGNALS: Final[Mapping[str, Signal]] = {
    "words": Signal("words (Sudachi's short units)", _WORDS, DATATROVE, pl.Int64, costly=True),
    "mean_word_chars": Signal("mean length of words", "code points", costly=True),
    "letter_word_ratio": Signal("words with a letter (`str.isalpha`)", "share", DATATROVE, costly=True),
    "readable_words": Signal("words with a letter or digit", _WORDS, dtype=pl.Int64, costly=True),
    "mean_readable_word_chars": Signal(
        "mean length of words with a letter or digit", "code points", costly=True
    ),
    "gopher_words": Signal(
        "words that are not made of punctuation alone (datatrove's list: １ is on it, 『 is not)",
        _WORDS,
        DATATROVE,
        pl.Int64,
        costly=True,
    ),
    "gopher_mean_word_chars": Signal(
        "mean length of the words in gopher_words", "code points", DATATROVE, costly=True
    ),
    "fineweb_stop_words": Signal(
        f"how many of {' '.join(STOP_WORDS)} occur as words", _WORDS, FINEWEB, pl.Int64, costly=True
    ),
    **{
        f"gopher_top_{n}gram_ratio": Signal(
            f"the commonest word {n}-gram, if it occurs only once the first: its length with spaces between "
            "its words, times its occurrences, by the code points of the text",
            "share",
            DATATROVE,
            costly=True,
        )
        for n in SIZES
    },
    **{
        f"gopher_duplicate_{n}gram_ratio": Signal(
            f"code points of word {n}-grams that were met before, read on behind each, among all of the text",
            "share",
            DATATROVE,
            costly=True,
        )
        for n in SIZES
    },
    **{
        f"top_word_{n}gram_ratio": Signal(
            f"the word {n}-gram that takes most of the text, of those that occur twice or more without "
            "overlapping themselves: its code points times its occurrences, by those of the text",
            "share",
            costly=True,
        )
        for n in SIZES
    },
}

_MADE_OF: Final[Mapping[str, Callable[[Values], Values]]] = {
    "words": lambda n: n[:, 0],
    "mean_word_chars": lambda n: ratio(n[:, 1], n[:, 0]),
    "letter_word_ratio": lambda n: ratio(n[:, 2], n[:, 0]),
    "readable_words": lambda n: n[:, 5],
    "mean_readable_word_chars": lambda n: ratio(n[:, 6], n[:, 5]),
    "gopher_words": lambda n: n[:, 3],
    "gopher_mean_word_chars": lambda n: ratio(n[:, 4], n[:, 3]),
    "fineweb_stop_words": lambda n: np.bitwise_count(n[:, 7]).astype(np.int64),
}


def measure(text: pl.Series, names: Collection[str]) -> dict[str, pl.Series]:
    """Those of the named signals that are this family's; loads nothing if none is.

    Raises:
        SeimaiError: if SudachiPy or its dictionary is missing.
    """
    own = [name for name in names if name in SIGNALS]
    parts: dict[str, list[Values]] = {name: [] for name in own}
    if own:
        for batch in batches(text):
            for name, values in _measured(batch, words_of(batch), own).items():
                parts[name].append(values)
    return {
        name: pl.Series(name, np.concatenate(p) if p else [], dtype=SIGNALS[name].dtype)
        for name, p in parts.items()
    }


def _measured(text: Text, words: Words, names: Collection[str]) -> dict[str, Values]:
    from curate.signals.kernels.word_counts import counts

    values: dict[str, Values] = {}
    if made := [name for name in names if name in _MADE_OF]:
        found = counts(text.points, words.offsets, words.first, words.end, _kinds())
        values |= {name: _MADE_OF[name](found) for name in made}
    if ngrams := [name for name in names if name not in _MADE_OF]:
        grams = _Ngrams(text, words)
        values |= {name: ratio(grams.letters_of(name), text.chars) for name in ngrams}
    return values


class _Ngrams:
    """The n-grams of a batch; what is needed for several signals is made once."""

    def __init__(self, text: Text, words: Words) -> None:
        from curate.signals.kernels.word_ngrams import joined, prefixes

        self._offsets = words.offsets
        self._letters, self._at = joined(text.points, words.first, words.end)
        self._sums, self._powers = prefixes(self._letters, FACTOR)
        self._repeated: dict[int, npt.NDArray[np.uint8]] = {}

    def letters_of(self, name: str) -> Values:
        """Code points of the n-grams that a signal is about."""
        from curate.signals.kernels.word_ngrams import commonest, duplicated

        n = int(name.split("_")[2].removesuffix("gram"))
        if name.startswith("gopher_duplicate"):
            return duplicated(
                self._letters, self._offsets, self._at, self._sums, self._powers, self._may_repeat(n), n
            )
        as_datatrove = int(name.startswith("gopher"))
        return commonest(self._letters, self._offsets, self._at, self._sums, self._powers, n, as_datatrove)

    def _may_repeat(self, n: int) -> npt.NDArray[np.uint8]:
        from curate.signals.kernels.word_ngrams import repeated_starts

        size = min(n, SIZES.start + 3)
        if size not in self._repeated:
            self._repeated[size] = repeated_starts(self._offsets, self._at, self._sums, self._powers, size)
        return self._repeated[size]


@lru_cache(maxsize=1)
def _kinds() -> npt.NDArray[np.uint32]:
    """Bits of each code point of the planes that have letters: see the kernel."""
    from curate.signals.fineweb import SYMBOLS

    kinds = np.zeros(0x40000, np.uint32)
    for point in range(len(kinds)):
        c = chr(point)
        kinds[point] = c.isalpha() | c.isalnum() << 2
    for first, last in SYMBOLS:
        kinds[first : last + 1] |= np.uint32(2)
    for bit, word in enumerate(STOP_WORDS):
        kinds[ord(word)] |= np.uint32(1 << 8 + bit)
    return kinds
