"""How far deflate shortens a document, which LLM-jp v1 decides by: repetition below, noise above.

The number is that of zlib 1.2.13 at level 9. The format does not fix how a compressor chooses, so another
zlib may differ by some bytes (docs/presets-hojichar-llm-jp.md has figures), and a text at the very
threshold may change sides.
"""

import zlib
from collections.abc import Collection, Mapping
from typing import Final

import polars as pl

from seimai.signal import Signal

LLM_JP: Final = "LLM-jp corpus v1 (llm-jp/llm-jp-corpus at 9815fc5, filters.py)"

SIGNALS: Final[Mapping[str, Signal]] = {
    "llmjp_zlib_bytes": Signal(
        "length of the text, compressed with zlib at level 9", "bytes", LLM_JP, pl.Int64, costly=True
    ),
    "llmjp_compression_ratio": Signal(
        "llmjp_zlib_bytes among the bytes of the text; 0 for an empty text", "share", LLM_JP, costly=True
    ),
}


def measure(text: pl.Series, names: Collection[str]) -> dict[str, pl.Series]:
    """Those of this family's signals that are named."""
    if not set(names) & set(SIGNALS):
        return {}
    raw = [t.encode() for t in text.fill_null("")]
    packed = pl.Series([len(zlib.compress(t, 9)) for t in raw], dtype=pl.Int64)
    ratios = [size / len(t) if t else 0.0 for size, t in zip(packed, raw, strict=True)]
    columns = {
        "llmjp_zlib_bytes": packed,
        "llmjp_compression_ratio": pl.Series(ratios, dtype=pl.Float64),
    }
    return {name: column for name, column in columns.items() if name in names}
