"""Sudachi's segmentation, line by line: the cheapest path through the words that a line may consist of."""

import numpy as np
import numpy.typing as npt
from numba import boolean, int16, int32, int64, njit, types, uint16, uint32, uint64

_SPACE = 1 << 1
_KANJI = 1 << 2
_KANA = 1 << 6 | 1 << 7
_KATAKANA = 1 << 7
_NUMBER = 1 << 4 | 1 << 8
_ALPHABETS = 1 << 5 | 1 << 9 | 1 << 10
_NOT_FIRST = 1 << 30
_CATEGORIES = 11
_HARD = 0xFFFFFFFF
_SPACE_LEFT = 5966
_OTHER = 5968
_OTHER_COST = 3857
_SHIFT = 20
