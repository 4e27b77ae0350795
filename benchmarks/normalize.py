"""Normalisation a second of CPU time: ours, neologdn and Python's NFKC; same documents, same run, one core.

    POLARS_MAX_THREADS=1 python benchmarks/normalize.py ../shared/data/corpora

Ours start from a Polars column and give one back; the peers start from Python strings and give those. The
best of three passes each; the steps' tables are made before the first.
"""

import os
import sys
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import neologdn
import polars as pl
import zstandard

from curate.dashes import Dashes
from curate.kutoten import Kutoten
from curate.neologd import Neologdn
from curate.normalize import Normalize
from curate.runs import Runs
from curate.unicode_form import UnicodeForm

OURS = {
    "curate.normalize": Normalize(),
    "curate.neologd": Neologdn(),
    "curate.unicode_form": UnicodeForm(),
    "curate.kutoten": Kutoten(),
    "curate.dashes": Dashes(),
    "curate.runs": Runs(),
}
PEERS: dict[str, Callable[[str], str]] = {
    "neologdn": neologdn.normalize,
    "unicodedata NFKC": lambda text: unicodedata.normalize("NFKC", text),
}


def texts(path: Path) -> pl.Series:
    """The texts of a file of JSON lines."""
    with path.open("rb") as f:
        return pl.read_ndjson(zstandard.ZstdDecompressor().stream_reader(f).read())["text"]


def seconds(work: Callable[[], object]) -> float:
    """CPU time of the fastest of three passes."""
    best = float("inf")
    for _ in range(3):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return best


def times(column: pl.Series) -> dict[str, float]:
    """Seconds of every step and peer on a column."""
    rows, strings = column.to_frame("text"), column.to_list()
    took = {name: seconds(lambda step=step: step.apply(rows)) for name, step in OURS.items()}
    peers = {
        name: seconds(lambda call=call: [call(text) for text in strings]) for name, call in PEERS.items()
    }
    return took | peers


def main() -> None:
    """Print megabytes of UTF-8 a second by corpus, and the ratios over all of them."""
    names = (*OURS, *PEERS)
    spent = dict.fromkeys(names, 0.0)
    total = 0.0
    for step in OURS.values():
        step.apply(pl.DataFrame({"text": ["米"]}))
    print(f"{'MB/s':28}" + "".join(f"{name:>21}" for name in names))
    for path in sorted(Path(sys.argv[1]).glob("*.jsonl.zst")):
        column = texts(path)
        took = times(column)
        size = column.str.len_bytes().sum() / 1e6
        total += size
        spent = {name: spent[name] + took[name] for name in names}
        print(
            f"{path.name.split('.')[0]:20} {size:5.1f} MB" + "".join(f"{size / took[n]:21.0f}" for n in names)
        )
    print(f"{'all':20} {total:5.1f} MB" + "".join(f"{total / spent[n]:21.0f}" for n in names))
    for ours, peer in (
        ("curate.normalize", "neologdn"),
        ("curate.normalize", "unicodedata NFKC"),
        ("curate.neologd", "neologdn"),
        ("curate.unicode_form", "unicodedata NFKC"),
    ):
        print(f"{ours} is {spent[peer] / spent[ours]:.1f} times as fast as {peer}")


if __name__ == "__main__":
    main()
