"""What Sudachi makes of each character before it looks for words."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

CATEGORIES: Final = {
    name: 1 << bit
    for bit, name in enumerate(
        (
            "DEFAULT",
            "SPACE",
            "KANJI",
            "SYMBOL",
            "NUMERIC",
            "ALPHA",
            "HIRAGANA",
            "KATAKANA",
            "KANJINUMERIC",
            "GREEK",
            "CYRILLIC",
            "USER1",
            "USER2",
            "USER3",
            "USER4",
        )
    )
} | {"NOOOVBOW": 1 << 30, "NOOOVEOW": 1 << 31, "ALL": (1 << 30) - 1}
"""SudachiPy's character categories, in its order (sudachi.rs, category_type.rs)."""

LONGER: Final = 1 << 31
"""Set where a character becomes none or more than one: the rest is a place in `longer`."""
UNKNOWN: Final = 0xFFFFFFFF
"""Stands for a character whose line is left to SudachiPy."""
_FIRST_PLANE: Final = 1 << 16


@dataclass(frozen=True)
class Characters:
    """Of each code point of the Basic Multilingual Plane, and of kana with a sound mark."""

    normal: npt.NDArray[np.uint32]
    """The code point after normalisation; LONGER or UNKNOWN."""
    longer: npt.NDArray[np.uint32]
    """How many code points a character becomes, then these."""
    categories: npt.NDArray[np.uint32]
    """Bits of CATEGORIES."""
    pairs: npt.NDArray[np.uint64]
    """Two code points that become one, in ascending order: the first, and in the low half the second."""
    pair_values: npt.NDArray[np.uint32]
    """What they become."""


def resource_folder() -> Path:
    """Where SudachiPy keeps its settings."""
    sudachipy: Any = importlib.import_module("sudachipy")
    return Path(sudachipy.__file__).parent / "resources"


def characters(sudachi: Any) -> Characters:
    """Tables from SudachiPy's own normalizer, its `char.def` and its `rewrite.def`."""
    normal, longer = _normal(sudachi)
    pairs = _pairs(normal)
    keys = np.array(sorted(pairs), np.uint64)
    return Characters(normal, longer, _categories(), keys, np.array([pairs[int(k)] for k in keys], np.uint32))


def _categories() -> npt.NDArray[np.uint32]:
    found = np.zeros(_FIRST_PLANE, np.uint32)
    for line in (resource_folder() / "char.def").read_text("utf-8").splitlines():
        if not line.startswith("0x"):
            continue
        span, *names = line.split("#")[0].split()
        first, _, last = span.partition("..")
        for name in names:
            found[int(first, 16) : int(last or first, 16) + 1] |= np.uint32(CATEGORIES[name])
    found[found == 0] = CATEGORIES["DEFAULT"]
    return found


def _normal(sudachi: Any) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    normalizer = sudachi.text_normalizer()
    normal = np.full(_FIRST_PLANE, UNKNOWN, np.uint32)
    longer: list[int] = []
    for point in (*range(0xD800), *range(0xE000, _FIRST_PLANE)):
        text = [ord(c) for c in normalizer.normalize(chr(point))]
        if len(text) == 1:
            normal[point] = text[0]
        elif max(text, default=0) < _FIRST_PLANE:
            normal[point] = LONGER | len(longer)
            longer += [len(text), *text]
        if max(text, default=0) >= _FIRST_PLANE:
            normal[point] = UNKNOWN
    return normal, np.array(longer, np.uint32)


def _pairs(normal: npt.NDArray[np.uint32]) -> dict[int, int]:
    """Replacements of two characters by one; what begins another replacement is left to SudachiPy."""
    pairs: dict[int, int] = {}
    for line in (resource_folder() / "rewrite.def").read_text("utf-8").splitlines():
        fields = line.split()
        if line.startswith("#") or len(fields) != 2:
            continue
        key, value = fields
        if len(key) == 2 and len(value) == 1 and max(map(ord, key + value)) < _FIRST_PLANE:
            pairs[ord(key[0]) << 32 | ord(key[1])] = ord(value)
        elif len(key) > 1:
            normal[ord(key[0])] = UNKNOWN
    return pairs
