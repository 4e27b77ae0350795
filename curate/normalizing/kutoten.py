"""Whether a text's punctuation is ，． or 、。, and the change to the latter."""

import re
from typing import Final, NamedTuple

import polars as pl

_AFTER: Final = r"）」』］〕】〉》\x{3041}-\x{3096}\x{30A1}-\x{30FA}々〇〻\x{3400}-\x{9FFF}\x{F900}-\x{FAFF}"
_BEYOND_BMP: Final = r"\x{20000}-\x{3FFFF}"
_FULLWIDTH: Final = "０-９Ａ-Ｚａ-ｚ"


class Majority(NamedTuple):
    """Which mark, and the columns that say where it is to be changed."""

    western: str
    japanese: str
    wins: pl.Series


def majorities(text: pl.Series, *, exact: bool) -> tuple[Majority, Majority]:
    """Whether ， outnumbers 、, and ． outnumbers 。, after Japanese letters and closing brackets.

    A run of marks counts once. Swallow's code means to count letters beyond the Basic Multilingual Plane
    (𠮷) and does not; they count if it need not be exact.
    """
    after = f"[{_AFTER}{'' if exact else _BEYOND_BMP}]"

    def outnumbers(western: str, japanese: str) -> pl.Series:
        some = text.str.contains(western, literal=True).fill_null(value=False)
        at = some.arg_true()
        few = text.gather(at)
        more = few.str.count_matches(after + western) > few.str.count_matches(after + japanese)
        return some.scatter(at, more)

    return Majority("，", "、", outnumbers("，", "、")), Majority("．", "。", outnumbers("．", "。"))


def changed(text: str, western: str, japanese: str, *, exact: bool) -> str:
    """The text with the mark changed, but not after full-width letters and digits (３．１４).

    Swallow's pattern also stops at `^` and at the start of the text, and does change the second of two marks
    after a digit. If it need not be exact, those are mended, and a mark between two ASCII letters or digits
    stays (3．14, which full-width digits become in `curate.normalize`).
    """
    if exact:
        runs = re.compile(f"([^^{_FULLWIDTH}])({western}+)")
        return runs.sub(lambda m: m[1] + japanese * len(m[2]), text)
    runs = re.compile(f"(?<![{_FULLWIDTH}{western}])(?!(?<=[0-9A-Za-z]){western}[0-9A-Za-z]){western}+")
    return runs.sub(lambda m: japanese * len(m[0]), text)
