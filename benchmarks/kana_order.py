"""The table of `kana_order_bits`: made from corpora, and what it tells apart.

    python benchmarks/kana_order.py ../shared/data [--write]

Counts neighbours in up to 300 documents (20,000 code points each) of every corpus, gives each corpus the
same weight, and writes `curate/signals/kana_order.npy`. Then prints the signal's quantiles for each kind of
damage.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import zstandard

from curate.signals import measure
from curate.signals.kana_order import SYMBOLS, symbols

CORPORA = ("aozora", "egov_law", "jawiki_jaquad", "techdocs", "debian_docs_ja")
TABLE = Path(__file__).parents[1] / "curate/signals/kana_order.npy"


def records(path: Path) -> pl.DataFrame:
    """A file of records."""
    with path.open("rb") as f:
        return pl.read_ndjson(zstandard.ZstdDecompressor().stream_reader(f).read(), infer_schema_length=None)


def counted(texts: pl.Series) -> npt.NDArray[Any]:
    """How often each symbol follows each."""
    of = symbols()
    counts = np.zeros((SYMBOLS, SYMBOLS))
    for text in texts:
        points = np.frombuffer(text[:20_000].encode("utf-32-le"), np.uint32)
        row = of[np.where(points < 0x10000, points, 0x10000 + (points >> 8))].astype(int)
        np.add.at(counts, (row[:-1], row[1:]), 1)
    return counts


def association(folder: Path) -> npt.NDArray[Any]:
    """Pointwise mutual information in sixteenths of a bit; half a count is added to each pair."""
    total = np.full((SYMBOLS, SYMBOLS), 0.5)
    for name in CORPORA:
        texts = records(folder / f"corpora/{name}.jsonl.zst")["text"]
        counts = counted(texts.sample(min(300, len(texts)), seed=1))
        total += counts / counts.sum() * 2e6
    p = total / total.sum()
    bits: npt.NDArray[np.float64] = np.log2(p / p.sum(axis=1, keepdims=True) / p.sum(axis=0, keepdims=True))
    return np.asarray(np.clip(np.round(bits * 16), -127, 127), np.int8)


def main(folder: Path, *, write: bool) -> None:
    """Make the table if asked to, and print what it tells apart."""
    if write:
        np.save(TABLE, association(folder))
    rows = records(folder / "eval/quality_synth.jsonl.zst")
    rows = rows.hstack(measure(rows, ["kana_order_bits"]))
    bits = pl.col("kana_order_bits")
    quantiles = [bits.quantile(q).round(2).alias(f"{q:.1%}") for q in (0, 0.002, 0.01, 0.5, 0.99, 1)]
    with pl.Config(tbl_rows=20, tbl_hide_dataframe_shape=True):
        print(rows.group_by("kind", maintain_order=True).agg(quantiles))


if __name__ == "__main__":
    main(Path(sys.argv[1]), write="--write" in sys.argv)
