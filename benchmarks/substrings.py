"""Repeated substrings and recurring units on the corpora: what goes, how fast, in how much memory.

Run as:

    python benchmarks/substrings.py [--data ../shared/data/corpora] [--chars 100]

Prints, for each corpus, the share of characters that `curate.line_dedup` and `curate.substring_dedup`
remove and the speed of the latter; then, for all of them in one text, one suffix array of pydivsufsort over
the whole beside seimai's blocks: MB/s, peak memory and bytes of memory a byte of text. Both count the windows
that occur again: the numbers must be equal.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for name in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")

NAMES = ("aozora", "jawiki_jaquad", "egov_law", "debian_docs_ja", "techdocs")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(__file__).resolve().parents[2] / "shared/data/corpora"
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--chars", type=int, default=100)
    parser.add_argument("--measure", choices=["blocks", "whole"], help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.work, options.chars)))
        return
    if not options.data.is_dir():
        sys.exit(f"{options.data}: no such folder; --data names one with *.jsonl.zst")
    with tempfile.TemporaryDirectory() as folder:
        shares(options.data, Path(folder), options.chars)
        size = write_all(options.data, Path(folder))
        found = {
            kind: json.loads(
                subprocess.run(
                    [
                        sys.executable,
                        __file__,
                        "--measure",
                        kind,
                        "--work",
                        folder,
                        "--chars",
                        str(options.chars),
                    ],
                    check=True,
                    capture_output=True,
                    text=True,
                ).stdout
            )
            for kind in ("whole", "blocks")
        }
    print(f"\n{size / 1e6:.0f} MB in one text           CPU s    MB/s   peak MB  memory/text  windows again")
    for kind, label in (("whole", "one suffix array"), ("blocks", "seimai, blocks of 4 MiB")):
        cpu, peak, idle, again = (found[kind][k] for k in ("cpu", "peak", "idle", "windows"))
        speed, memory = size / cpu / 1e6, (peak - idle) / size
        print(f"{label:24s}{cpu:10.1f} {speed:7.1f} {peak / 1e6:9.0f} {memory:12.1f} {again:14,}")


def load(path: Path):
    """The documents of one corpus."""
    import polars as pl
    import zstandard

    with path.open("rb") as f:
        rows = pl.read_ndjson(zstandard.ZstdDecompressor().stream_reader(f).read())
    return rows.select("id", "text")


def shares(data: Path, folder: Path, chars: int) -> None:
    """Print what goes of each corpus."""
    from curate.line_dedup import LineDedup
    from curate.substring_dedup import SubstringDedup

    print("share of characters removed   line_dedup   cut: sentence   cut: character    MB/s of CPU")
    for name in NAMES:
        rows = load(data / f"{name}.jsonl.zst")
        total = rows["text"].str.len_chars().sum()
        steps = (
            LineDedup(),
            SubstringDedup(min_chars=chars),
            SubstringDedup(min_chars=chars, cut="character"),
        )
        columns = ("unit_chars_removed", "substring_chars_removed", "substring_chars_removed")
        found: list[float] = []
        begin = time.process_time()
        for n, (step, column) in enumerate(zip(steps, columns, strict=True)):
            begin = time.process_time()
            found.append(100 * run(step, rows, folder / f"{name}-{n}")[column].sum() / total)
        speed = rows["text"].str.len_bytes().sum() / (time.process_time() - begin) / 1e6
        print(f"{name:28s} {found[0]:9.2f} % {found[1]:13.2f} % {found[2]:14.2f} % {speed:14.1f}")


def run(step, rows, folder: Path):
    """The rows that a step makes of one shard."""
    import polars as pl

    from seimai.dataset import Rows, Shard, write_parquet
    from seimai.executor import LocalExecutor
    from seimai.job import Job
    from seimai.progress import Display

    (folder / "work").mkdir(parents=True)
    write_parquet(rows, folder / "rows.parquet")
    executor = LocalExecutor(1)
    job = Job("corpus", 1, folder / "work", folder / "captured", executor, Display().bar)
    return pl.concat(step.rewrite(Rows((Shard(folder / "rows.parquet", rows.height),)), job))


def write_all(data: Path, folder: Path) -> int:
    """Write all texts into one file, as the step does; returns its size."""
    with (folder / "text").open("wb") as f:
        for name in NAMES:
            for text in load(data / f"{name}.jsonl.zst")["text"]:
                f.write(text.encode() + b"\xff")
        return f.tell()


def measure(kind: str, folder: Path, chars: int) -> dict[str, float]:
    """Find all windows that occur more than once, in a process of its own."""
    import numpy as np

    from curate.suffixes.across import parts, shared_windows
    from curate.suffixes.blocks import Block, index
    from curate.suffixes.corpus import BLOCK, Corpus
    from curate.suffixes.windows import common_prefixes, leaders, suffix_array, window_bytes

    def peak() -> int:
        # Not ru_maxrss: it starts from that of the process that started this one.
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024

    size = (folder / "text").stat().st_size
    idle, begin = peak(), time.process_time()
    if kind == "whole":
        text = np.fromfile(folder / "text", np.uint8)
        order = suffix_array(text)
        widths = window_bytes(text, text.size, chars)
        first = leaders(order, common_prefixes(text, order), widths)
        again = int((first >= 0).sum() - (first == np.arange(first.size)).sum())
    else:
        corpus = Corpus(folder, size, chars, BLOCK)
        blocks = [Block(corpus, n) for n in range(corpus.blocks)]
        counts = [index(block) for block in blocks]
        again = sum(block.file("leaders").stat().st_size // 4 for block in blocks) - sum(counts)
        again += sum(shared_windows(part).size for part in parts(corpus, counts, "first"))
    return {"cpu": time.process_time() - begin, "idle": idle, "peak": peak(), "windows": again}


if __name__ == "__main__":
    main()
