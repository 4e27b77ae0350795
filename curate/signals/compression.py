"""Compression: how much shorter a general compressor makes a document.

Text that repeats itself, at any length and distance, compresses far better than prose; noise does not
compress. Short texts compress badly: compare documents of like length. zstd is used because it is fast;
LLM-jp's bound is over zlib, `llmjp_compression_ratio`.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final, cast

import numpy as np
import polars as pl

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
    arrow = cast("Any", text.fill_null("").rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()))
    _, offsets_buffer, data_buffer = arrow.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int64, len(arrow) + 1, arrow.offset * 8)
    data = memoryview(data_buffer or b"")
    sizes = [
        len(compressor.compress(data[a:b]))
        for a, b in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
    ]
    lengths = np.diff(offsets)
    found = np.divide(sizes, lengths, out=np.zeros(len(sizes)), where=lengths > 0)
    return {"compression_ratio": pl.Series("compression_ratio", found, dtype=pl.Float64)}
