"""Near-duplicates at scale: time a document and peak memory, from 0.1 to 10 million documents.

Run as:

    python benchmarks/scale.py [--documents 100000 1000000] [--workers 2] [--max-ram 1GB] [--peer]

The documents are made here, the same every time: 24 phrases of a made-up Japanese-like language each;
every fifth one is an earlier one with one phrase changed. `seimai run` reads them from Parquet and
deduplicates them. Memory is sampled ten times a second over all its processes: what they need (anonymous
pages), and with it the pages of mapped files that happen to be resident (PSS; the system takes these back
when it wants them, and under a memory limit it does). `--peer` runs datasketch's MinHashLSH over the same
signatures in one process, which keeps its index in memory.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import polars as pl

SHARD = 100_000
PHRASES = 20_000
WORDS = 24
RECIPE = """\
name: scale
seed: 1
corpus:
  from: {{files: "{data}/*.parquet"}}
  steps: [curate.near_dedup]
"""


def main() -> None:
    """Print one line a size, and draw the curve."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--max-ram", default="1GB")
    parser.add_argument("--peer", action="store_true")
    parser.add_argument(
        "--folder", type=Path, default=None, help="where to work; a temporary one if left out"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        for documents in options.documents:
            folder = Path(name) / str(documents)
            size = generate(folder / "data", documents)
            recipe = folder / "scale.yaml"
            recipe.write_text(RECIPE.format(data=folder / "data"), "utf-8")
            arguments = ["run", recipe, "--out", folder / "out", "--workers", options.workers]
            seconds, peak = watched(
                [Path(sys.executable).parent / "seimai", *arguments, "--max-ram", options.max_ram]
            )
            report("seimai run", documents, size, seconds, peak)
            disk = sum(f.stat().st_size for f in (folder / "out").rglob("*") if f.is_file())
            print(f"{'':16} {disk / 1e6:8.0f} MB written in the end", flush=True)
            if options.peer:
                seconds, peak = watched([sys.executable, __file__, "--as-peer", folder / "data"])
                report("datasketch", documents, size, seconds, peak)


def report(what: str, documents: int, size: int, seconds: float, peak: tuple[int, int]) -> None:
    """One line."""
    print(
        f"{what:12} {documents:>10,} documents {size / 1e6:8.0f} MB {seconds:8.1f} s "
        f"{seconds / documents * 1e6:7.1f} us a document {peak[0] / 1e6:7.0f} MB needed at most, "
        f"{peak[1] / 1e6:.0f} MB with file pages",
        flush=True,
    )


def generate(folder: Path, documents: int) -> int:
    """Write the documents as Parquet; returns the bytes of their text."""
    folder.mkdir(parents=True)
    dice = np.random.default_rng(7)
    letters = np.array([*map(chr, range(0x3042, 0x3094)), *map(chr, range(0x4E00, 0x5600))])
    lengths = dice.integers(2, 7, PHRASES)
    phrases = np.array(["".join(dice.choice(letters, n)) for n in lengths], dtype=object)
    size = 0
    before = np.zeros((0, WORDS), np.int64)
    for first in range(0, documents, SHARD):
        number = min(SHARD, documents - first)
        words = dice.integers(0, PHRASES, (number, WORDS))
        copies = np.flatnonzero(dice.random(number) < 0.2)
        earlier = before if len(before) else np.delete(words, copies, axis=0)
        words[copies] = earlier[dice.integers(0, len(earlier), copies.size)]
        words[copies, dice.integers(0, WORDS, copies.size)] = dice.integers(0, PHRASES, copies.size)
        before = np.concatenate([before[-9 * SHARD :], words])
        texts = pl.Series("text", ["、".join(line) for line in phrases[words]])
        size += int(texts.str.len_bytes().sum())
        pl.DataFrame({"text": texts}).write_parquet(folder / f"{first:09d}.parquet")
    return size


def watched(command: list[object]) -> tuple[float, tuple[int, int]]:
    """Seconds that a command takes, and the most memory of it and its children: anonymous, and PSS."""
    started = time.perf_counter()
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL)
    peak = [0, 0]

    def watch() -> None:
        while process.poll() is None:
            peak[:] = map(max, peak, memory(process.pid))
            time.sleep(0.1)

    thread = threading.Thread(target=watch)
    thread.start()
    if process.wait():
        sys.exit("the command failed")
    seconds = time.perf_counter() - started
    thread.join()
    return seconds, (peak[0], peak[1])


def memory(pid: int) -> tuple[int, int]:
    """Bytes of a process and its children: anonymous pages, and resident ones (shared ones by parts)."""
    needed = resident = 0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                resident += int(line.split()[1]) << 10
            if line.startswith("Anonymous:"):
                needed += int(line.split()[1]) << 10
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                more = memory(int(child))
                needed, resident = needed + more[0], resident + more[1]
    except (OSError, ProcessLookupError):
        pass
    return needed, resident


def peer(folder: Path) -> None:
    """Datasketch's index in memory, fed with our signatures: only its own work is timed against ours."""
    from datasketch import MinHash, MinHashLSH

    from curate.minhash.bands import layout
    from curate.minhash.comparable import comparable
    from curate.minhash.signature import permutations, signatures

    lsh = MinHashLSH(num_perm=128, params=tuple(layout(0.8, 128)))
    of = permutations(128)
    row = 0
    for file in sorted(folder.glob("*.parquet")):
        for values in signatures(comparable(pl.read_parquet(file)["text"]), 5, of):
            sketch = MinHash(128, hashvalues=values, scheme="affine32")
            if not lsh.query(sketch):
                lsh.insert(row, sketch)
            row += 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--as-peer"]:
        peer(Path(sys.argv[2]))
    else:
        main()
