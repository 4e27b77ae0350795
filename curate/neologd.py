"""The normalisation of mecab-ipadic-NEologd, as the package neologdn has it."""

import unicodedata
from functools import cache
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import Field

from curate.normalizing import classes
from curate.normalizing.column import column, utf8
from seimai.step import Transform

_BLOCK, _HYPHEN, _CHOON, _TILDE, _SPACE = 1, 2, 4, 8, 16
_KINDS: Final = {
    _HYPHEN: "\u02d7\u058a\u2010\u2011\u2012\u2013\u2043\u207b\u208b\u2212",
    _CHOON: "\ufe63\uff0d\uff70\u2014\u2015\u2500\u2501\u30fc",
    _TILDE: "~\u223c\u223e\u301c\u3030\uff5e",
    _SPACE: " \u3000",
}
_BLOCKS: Final = ((0x3001, 0x30FF), (0x4E00, 0x9FFF), (0xFF00, 0xFFEF))
_AS_THEY_ARE: Final = "\uff02\uff07\uff3c\uff40\uff5e\uff5f\uff60\uff9e\uff9f"
_QUOTES: Final = dict(zip("\u201c\u201d\u2019\u2018\u00a5\u309b\u309c", '""\'`\\\uff9e\uff9f', strict=True))
_VOICED: Final = "ウカキクケコサシスセソタチツテトハヒフヘホう"
_HALF_VOICED: Final = "ハヒフヘホはひふへほ"
_TILDES: Final = {"remove": 0, "normalize": 0x7E, "normalize_zenkaku": 0x301C, "ignore": -1}


class Neologdn(Transform):
    """neologdn 0.5.6, exactly: the text as NEologd's dictionaries expect it, not as people write it.

    Half-width kana become full-width, full-width letters, digits and most marks ASCII (（！） too), quotes
    straight, dashes one hyphen or one long vowel mark, spaces beside Japanese go, the ideographic space at
    the start of a paragraph as well. Tildes and wave dashes are removed (スーパ〜カー is スーパカー and
    10〜20 is 1020): `tilde: normalize_zenkaku` keeps them. For tokenising with a NEologd dictionary, or to
    repeat an older corpus; for a corpus to train on see `curate.normalize`.

    The original is not idempotent: of byte order marks at the start, and with `remove_space: false` of spaces
    at the end, each pass takes one; with `repeat`, a cut brings about repetitions that the next pass cuts.
    `exact: false` takes them all at once. Source: neologdn 0.5.6 (ikegami-yukino/neologdn, Apache-2.0), rules
    after mecab-ipadic-NEologd's wiki.

    >>> rows = pl.DataFrame({"text": ["　ﾊﾝｶｸ　と　ＰＲＭＬ（副 読 本）、スーパーーーー"]})
    >>> Neologdn().apply(rows)["text"].item()
    'ハンカクとPRML(副読本)、スーパー'
    """

    tilde: Literal["remove", "normalize", "normalize_zenkaku", "ignore"] = Field(
        default="remove", description="remove tildes, make each ~ or 〜, or leave them"
    )
    remove_space: bool = Field(default=True, description="remove spaces beside Japanese characters")
    repeat: int = Field(default=0, ge=0, description="shorten repetitions to so many; 0 leaves them")
    max_repeat_length: int = Field(
        default=8, ge=1, le=100, description="longest repeated string that is shortened, in characters"
    )
    exact: bool = Field(default=True, description="neologdn's bytes; off: the same rules, made idempotent")

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with their text normalised; a null stays null."""
        from curate.normalizing.kernels.neologd import neologdn

        text = rows["text"]
        how = (_TILDES[self.tilde], self.remove_space, self.repeat, self.max_repeat_length, self.exact)
        kinds, folds, voiced = _tables()
        new, ends = neologdn(*utf8(text), kinds, folds, voiced, *how)
        return rows.with_columns(column(new, ends, text))


@cache
def _tables() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
    """Kinds of characters, what a character becomes, and what a kana with a sound mark becomes."""
    kinds = np.zeros(0x10000, np.uint8)
    for first, last in _BLOCKS:
        kinds[first : last + 1] = _BLOCK
    for kind, members in _KINDS.items():
        kinds[[ord(c) for c in members]] |= kind
    folds = np.arange(0x10000, dtype=np.uint16)
    widths = {**classes.folds("halfwidth_kana"), **classes.folds("fullwidth_letters")}
    marks = {c: new for c, new in classes.folds("fullwidth_marks").items() if c < "\uff61"}
    for c, new in {**widths, **marks, **dict.fromkeys(_AS_THEY_ARE), **_QUOTES}.items():
        if new is not None and len(c) == 1:
            folds[ord(c)] = ord(new)
    voiced = np.zeros((2, 0x10000), np.uint16)
    for row, (mark, letters) in enumerate((("\u3099", _VOICED), ("\u309a", _HALF_VOICED))):
        for letter in letters:
            voiced[row, ord(letter)] = ord(unicodedata.normalize("NFC", letter + mark))
    return kinds, folds, voiced
