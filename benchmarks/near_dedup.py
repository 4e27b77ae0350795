"""Near-duplicates: recall by similarity, precision, and speed, beside peers on the same documents.

    python benchmarks/near_dedup.py [--data ../shared/data/eval] [--peers PYTHON] [--sets law synth ...]

The truth is the exact Jaccard similarity of every pair of documents (character 5-grams of the text in NFKC
without white space), by a sparse matrix product over all pairs. A tool has found a pair when both documents
are in one of its clusters, so a chain of duplicates may join pairs below the threshold: precision is the
share of such pairs at 0.8 and above, for ours also of the pairs that made the clusters. `--peers` names the
Python of an environment with the peers (near_dedup_peers.py says which); without it, they are left out.
Seconds are CPU time from reading the Parquet file to clusters, for ours with verification and verdicts.

At the end the speed of signatures alone, on one thread, the least of three runs.
"""

import argparse
import itertools
import json
import os
import subprocess
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

os.environ |= {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}

import numpy as np
import polars as pl
import zstandard
from datasketch import MinHash
from scipy.sparse import csr_matrix, triu

from curate.buffers import utf8
from curate.minhash.bands import layout
from curate.minhash.comparable import comparable
from curate.minhash.search import Search
from curate.minhash.signature import fnv1a, permutations, signatures
from curate.minhash.similar import Similar
from curate.near_dedup import NearDedup
from seimai.dataset import Rows, Shard, write_parquet
from seimai.executor import LocalExecutor
from seimai.job import Job
from seimai.progress import Display

Pairs = set[tuple[int, int]]
THRESHOLD, NGRAM, NUM_PERM = 0.8, 5, 128
BANDS = (0.5, 0.6, 0.7, 0.8, 0.9)
PEERS = ("datasketch", "datasketch, checked", "rensa", "text-dedup", "datatrove")


def records(path: Path) -> pl.DataFrame:
    """A file of records."""
    with path.open("rb") as f:
        return pl.read_ndjson(zstandard.ZstdDecompressor().stream_reader(f).read())


def normal(text: str) -> str:
    """The text as it is compared, by Python's own means."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def shingles(text: str) -> list[bytes]:
    """All character 5-grams of a text."""
    return [text[i : i + NGRAM].encode() for i in range(max(1, len(text) - NGRAM + 1))]


def truth(sets: list[set[bytes]]) -> dict[tuple[int, int], float]:
    """All pairs that share a shingle, with their exact similarity."""
    numbers: dict[bytes, int] = {}
    columns = [numbers.setdefault(s, len(numbers)) for one in sets for s in one]
    starts = np.cumsum([0, *map(len, sets)])
    matrix = csr_matrix((np.ones(len(columns), np.int32), columns, starts), (len(sets), len(numbers)))
    shared = triu(matrix @ matrix.T, k=1).tocoo()
    sizes = np.diff(starts)
    values = shared.data / (sizes[shared.row] + sizes[shared.col] - shared.data)
    return dict(zip(zip(shared.row.tolist(), shared.col.tolist(), strict=True), values.tolist(), strict=True))


def documents(folder: Path, name: str) -> pl.DataFrame:
    """The documents of a set; those of a file of pairs are the two sides of each."""
    if name in ("law", "synth"):
        return records(folder / f"dup_{name}_docs.jsonl.zst").select("id", "text")
    file = {"git": "dup_git_history_pairs", "aozora": "dup_aozora_editions_pairs"}[name]
    pairs = records(folder / f"{file}.jsonl.zst")
    texts = [t for pair in pairs.select("a", "b").iter_rows() for t in pair]
    return pl.DataFrame({"id": [str(n) for n in range(len(texts))], "text": texts})


def ours(path: Path, rows: int) -> tuple[list[int], float]:
    """The cluster of each row, and the seconds."""
    with tempfile.TemporaryDirectory() as folder:
        job = Job("benchmark", 1, Path(folder), Path(folder), LocalExecutor(1), Display().bar)
        started = time.process_time()
        found = pl.concat(NearDedup().select(Rows((Shard(path, rows),)), job))
        seconds = time.process_time() - started
    clusters = list(range(rows))
    for row, cluster in found.select("row", "cluster").iter_rows():
        clusters[row] = -1 - hash(cluster)
    return clusters, seconds


def verified(path: Path, rows: int) -> Pairs:
    """The pairs that made our clusters."""
    with tempfile.TemporaryDirectory() as folder:
        job = Job("benchmark", 1, Path(folder), Path(folder), LocalExecutor(1), Display().bar)
        cut = layout(THRESHOLD, NUM_PERM)
        search = Search(Rows((Shard(path, rows),)), job, cut, NUM_PERM, Similar(NGRAM, exact=True))
        pairs = {(int(a), n) for n, a in enumerate(search.store.same.tolist()) if a != n}
        for a, b in search.duplicates(THRESHOLD):
            pairs |= set(zip(a.tolist(), b.tolist(), strict=True))
    return pairs


def together(clusters: list[int]) -> Pairs:
    """The pairs of rows that are in one cluster."""
    members: dict[int, list[int]] = {}
    for row, cluster in enumerate(clusters):
        members.setdefault(cluster, []).append(row)
    return {pair for group in members.values() for pair in itertools.combinations(group, 2)}


def quality(folder: Path, name: str, peers: str | None) -> None:
    """One table: recall by similarity, precision, seconds."""
    docs = documents(folder, name)
    exact = truth([set(shingles(normal(t))) for t in docs["text"]])
    bands = [{p for p, v in exact.items() if low <= v < low + 0.1 or v == low + 0.1 == 1} for low in BANDS]
    alike = bands[-2] | bands[-1]
    sizes = ", ".join(f"{len(band)} at {low}" for low, band in zip(BANDS, bands, strict=True))
    print(f"\n{name}: {docs.height} documents; pairs by similarity: {sizes}")
    print(
        "  "
        + " " * 22
        + "".join(f"{f'>= {low}':>9}" for low in BANDS)
        + f"{'recall':>9}{'precision':>11}{'CPU s':>8}"
    )
    with tempfile.TemporaryDirectory() as work:
        path = Path(work) / "in.parquet"
        write_parquet(docs, path)
        ours(path, docs.height)  # kernels are loaded
        line("curate.near_dedup", *ours(path, docs.height), bands, alike)
        made = verified(path, docs.height)
        good = len([p for p in made if exact.get(p, 0) >= THRESHOLD]) / max(1, len(made))
        print(f"  {'  pairs that made them':60}{good:29.4f}")
        for peer in PEERS if peers else ():
            out = Path(work) / "out.json"
            script = Path(__file__).with_name("near_dedup_peers.py")
            subprocess.run([peers, script, peer, path, out], check=True, capture_output=True)
            answer = json.loads(out.read_text())
            line(peer, answer["clusters"], answer["seconds"], bands, alike)


def line(what: str, clusters: list[int], seconds: float, bands: list[Pairs], alike: Pairs) -> None:
    """One row of the table."""
    found = together(clusters)
    shares = [len(band & found) / len(band) if band else float("nan") for band in bands]
    recall, precision = len(alike & found) / len(alike), len(alike & found) / max(1, len(found))
    print(
        f"  {what:22}"
        + "".join(f"{s:9.3f}" for s in shares)
        + f"{recall:9.4f}{precision:11.4f}{seconds:8.2f}",
        flush=True,
    )


def rate(what: str, size: int, work: Callable[[], object]) -> None:
    """The best of three runs."""
    best = min(_seconds(work) for _ in range(3))
    print(f"  {what:58} {size / 1e6 / best:8.1f} MB/s")


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def speed(folder: Path) -> None:
    """Megabytes of compared text a second, on one thread."""
    raw = records(folder / "dup_synth_docs.jsonl.zst")["text"]
    text = comparable(raw)
    size = int(text.data.size)
    of = permutations(NUM_PERM)
    print(f"\nsignatures, one thread, {len(text)} documents, {size / 1e6:.1f} MB of compared text")
    rate("NearDedup: text to compare (Numba)", size, lambda: comparable(raw))
    rate(
        "  the same with Polars: normalize, replace_all",
        size,
        lambda: utf8(raw.str.normalize("NFKC").str.replace_all(r"\s+", "")),
    )
    rate("NearDedup: signatures (Numba)", size, lambda: signatures(text, NGRAM, of))
    texts = [str(text.document(i), "utf-8") for i in range(len(text))]
    lists = [shingles(t) for t in texts]
    rate("datasketch update_batch, FNV-1a in Python", size // 10, lambda: sketched(lists[::10], fnv1a))
    rate("datasketch update_batch, SHA-1 (its default)", size // 10, lambda: sketched(lists[::10], None))
    try:
        from rensa import RMinHash
    except ModuleNotFoundError:
        print("  rensa is not installed")
        return
    words = [[t[i : i + NGRAM] for i in range(len(t) - NGRAM + 1)] for t in texts]
    rate("rensa, lists ready", size, lambda: RMinHash.digest_matrix_from_token_sets(words, NUM_PERM, 1))
    rate(
        "rensa, making the lists too",
        size,
        lambda: RMinHash.digest_matrix_from_token_sets(
            [[t[i : i + NGRAM] for i in range(len(t) - NGRAM + 1)] for t in texts], NUM_PERM, 1
        ),
    )


def sketched(lists: Iterable[list[bytes]], hashfunc: Callable[[bytes], int] | None) -> None:
    """Signatures by datasketch, with shared permutations."""
    first = MinHash(NUM_PERM, hashfunc=hashfunc)
    for tokens in lists:
        sketch = MinHash(NUM_PERM, hashfunc=hashfunc, permutations=first.permutations, scheme="affine32")
        sketch.update_batch(tokens)


def main() -> None:
    """All tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(__file__).resolve().parents[2] / "shared/data/eval"
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--peers", help="Python of an environment with the peers")
    parser.add_argument("--sets", nargs="*", default=["law", "synth", "git", "aozora"])
    options = parser.parse_args()
    for name in options.sets:
        quality(options.data, name, options.peers)
    speed(options.data)


if __name__ == "__main__":
    main()
