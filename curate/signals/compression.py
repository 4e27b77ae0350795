"""Compression: how much shorter a general compressor makes a document.

Text that repeats itself, at any length and distance, compresses far better than prose; noise does not
compress. Short texts compress badly: compare documents of like length. zstd is used because it is fast;
LLM-jp's bound is over zlib, `llmjp_compression_ratio`.
"""

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
import polars as pl

from curate.buffers import utf8
from seimai.signal import Signal

LEVEL: Final = 3

SIGNALS: Final[Mapping[str, Signal]] = {
    "compression_ratio": Signal(
        f"bytes after zstd (level {LEVEL}, with its frame of about 10 bytes) by bytes of UTF-8; the third "
        "digit may change with the library's version",
        "ratio",
    )
}


def measure(text: pl.Series, names: Collection[str]) -> dict[str, pl.Series]:
    """The named signals of this family."""
    if "compression_ratio" not in names:
        return {}
    import zstandard

    compressor = zstandard.ZstdCompressor(level=LEVEL)
    documents = utf8(text)
    sizes = [len(compressor.compress(documents.document(i))) for i in range(len(documents))]
    lengths = np.diff(documents.offsets)
    found = np.divide(sizes, lengths, out=np.zeros(len(sizes)), where=lengths > 0)
    return {"compression_ratio": pl.Series("compression_ratio", found, dtype=pl.Float64)}
