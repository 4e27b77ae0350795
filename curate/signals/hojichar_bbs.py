"""Phrases of bulletin boards and shops, which HojiChar counts: dates, コメント, 投稿, 第3話."""

from collections.abc import Collection, Mapping
from typing import Final

import polars as pl

from curate.signals.hojichar import HOJICHAR
from seimai.signal import Signal

SIGNALS: Final[Mapping[str, Signal]] = {
    "hojichar_bbs": Signal(
        "dates, days in brackets, コメント, レビュー, 投稿, 質問, 3話 and the like, and each hyphen-minus",
        "matches",
        HOJICHAR,
        pl.Int64,
    ),
    "hojichar_bbs_mended": Signal("the same without the hyphen-minus", "matches", HOJICHAR, pl.Int64),
}

_DATE: Final = r"\d{4}[年.\-/] *\d{1,2}[月.\-/] *\d{1,2}日*"
_DAY: Final = r"\([月火水木金土日]\)"
_PHRASES: Final = rf"{_DATE}|コメント|SOLD OUT|レビュー|投稿|ページ|{_DAY}|質問|\d+話|楽天市場"
_PATTERNS: Final = {"hojichar_bbs": f"{_PHRASES}|-", "hojichar_bbs_mended": _PHRASES}


def measure(text: pl.Series, names: Collection[str]) -> dict[str, pl.Series]:
    """Those of this family's signals that are named."""
    return {
        name: text.str.count_matches(pattern).cast(pl.Int64)
        for name, pattern in _PATTERNS.items()
        if name in names
    }
