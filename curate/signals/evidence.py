"""What the scripts of a text say of its language: enough for most Japanese, and a vote on the rest.

Each letter that only Japanese writes is one point for Japanese: kana, and kanji that JIS has and the set of
Chinese lacks (GB 2312 or Big5, whichever can better write the text: no text is written in both). A kanji that
JIS lacks and that set has is a point for Chinese. Level 2 of a set, the rarer kanji, is half lacking. Where
the two sides are close, a model is asked; `curate.signals.scripts` has the sets.
"""

from dataclasses import dataclass
from math import exp, log
from typing import Final

import numpy as np
import numpy.typing as npt

from curate.signals import scripts

_NATIVE: Final = 0.25
"""Least share of kana and kanji among letters. In NTREX's translations one Japanese letter stands for 1.9
English ones, so here two fifths of what is said are Japanese or Chinese. Where NTREX's Japanese and English
sentences are mixed, fastText turns to Japanese at 0.2; above 0.25 it calls 99 % of mixtures Japanese."""
_HANGUL: Final = 0.02
_FOREIGN: Final = 0.05
"""Largest shares of letters of other scripts: Korean writes kanji too; other cases are the model's."""
_RARE: Final = 0.1
"""Largest share, beside kana, of kanji that are in level 1 of no set: UTF-8 read as Shift_JIS (縺ｮ縺ｧ) has
more."""
_MIXED: Final = 5.0
_MINORITY: Final = 0.1
"""With five points for the losing side, and a tenth of the other's, a text is in two languages."""
_SETTLED: Final = 1.0
"""Lead of Japanese, in points, from which no model is asked."""
WEIGHT: Final = 6.0
"""Logits of a point. On one half of the evaluation data 6 and 8 fit equally well, 4 and 2 worse."""

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_LEVELS: Final = np.arange(27)
_LACKING: Final = np.array([1.0, 0.0, 0.5])
"""Points against a language for a kanji that its set does not have, has in level 1, has in level 2."""
_JIS, _GB2312, _BIG5 = (_LACKING[_LEVELS // w % 3] for w in (9, 3, 1))
_IS_RARE: Final = (_LEVELS // 9 != 1) & (_LEVELS // 3 % 3 != 1) & (_LEVELS % 3 != 1)
_NET: Final = np.stack([_GB2312 - _JIS, _BIG5 - _JIS], axis=1)


@dataclass(frozen=True)
class Evidence:
    """One value a document."""

    letters: npt.NDArray[np.int64]
    lead: Numbers
    """Points for Japanese less points for Chinese."""
    mass: Numbers
    """Probability of Japanese and Chinese together: 0 or 1 by the scripts, NaN where a model must say it."""
    usable: Flags
    """Whether lead and mass mean anything: not for misread text, nor for text in two languages."""
    settled: Flags
    """Whether the scripts leave only Japanese."""

    @property
    def probability(self) -> Numbers:
        """Of Japanese against Chinese, by the scripts alone."""
        return 1 / (1 + np.exp(-np.clip(WEIGHT * self.lead, -40, 40)))  # beyond 40 it is 0 or 1


def weigh(counts: npt.NDArray[np.int64]) -> Evidence:
    """Evidence from the counts of script classes, one row a document."""
    kanji = counts[:, scripts.KANJI :].astype(np.float64)
    kana, hangul, foreign = (counts[:, k] for k in (scripts.KANA, scripts.HANGUL, scripts.FOREIGN))
    native = kana + kanji.sum(axis=1)
    letters = native + hangul + foreign + counts[:, scripts.LATIN]
    # Of GB 2312 and Big5, the one that can better write the text.
    of_set = np.arange(len(kanji)), (kanji @ _NET).argmin(axis=1)
    japanese = kana + (kanji @ np.maximum(_NET, 0))[of_set]
    chinese = (kanji @ np.maximum(-_NET, 0))[of_set]
    less, more = np.minimum(japanese, chinese), np.maximum(japanese, chinese)
    mixed = (less >= _MIXED) & (less > _MINORITY * more)
    misread = (kana > 0) & (kanji[:, _IS_RARE].sum(axis=1) > _RARE * kanji.sum(axis=1))
    east = (native >= _NATIVE * letters) & (hangul <= _HANGUL * letters) & (foreign <= _FOREIGN * letters)
    mass = np.where(native == 0, 0.0, np.where(east, 1.0, np.nan))
    lead: Numbers = japanese - chinese
    usable = ~mixed & ~misread
    settled = usable & (mass == 1) & (lead >= _SETTLED) & (chinese <= _MINORITY * japanese)
    return Evidence(letters, lead, mass, usable, settled)


def join(lead: float, japanese: float, chinese: float) -> float:
    """Probability of Japanese against Chinese by the scripts and a model's two probabilities.

    0.01 is added to both: below it the model's numbers are noise.

    >>> join(0.0, 0.3, 0.1) > 0.7 > join(-0.5, 0.3, 0.1)
    True
    """
    odds = log((japanese + 0.01) / (chinese + 0.01)) + WEIGHT * lead
    return 1 / (1 + exp(-min(max(odds, -40), 40)))
