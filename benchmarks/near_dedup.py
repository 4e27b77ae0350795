"""Near-duplicates: recall by similarity, precision, and speed, beside peers on the same documents.

    python benchmarks/near_dedup.py [--data ../shared/data/eval] [--peers PYTHON] [--sets law synth ...]
                                    [--megabytes 60 240 [--against rensa datatrove]]

The truth is the exact Jaccard similarity of every pair of documents (character 5-grams of the text in NFKC
without white space), by a sparse matrix product over all pairs. A tool has found a pair when both documents
are in one of its clusters, so a chain of duplicates may join pairs below the threshold: precision is the
share of such pairs at 0.8 and above, for ours also of the pairs that made the clusters. `--peers` names the
Python of an environment with the peers (near_dedup_peers.py says which); without it, they are left out.
Seconds are CPU time from reading the Parquet file to clusters, for ours with verification and verdicts.

`--megabytes` adds a table of speed on a larger file, made of the corpora beside the evaluation data: whole
documents, round after round, each round with its kanji moved to others, every fifth one followed by a copy
with a few letters changed. All read that one Parquet file. `seimai run` is everything: processes, import,
search, verification, and the datasets written.

At the end the speed of signatures alone, on one thread, the least of three runs.
"""

import argparse
import itertools
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

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


def ours(path: Path, rows: int, step: NearDedup | None = None) -> tuple[list[int], float]:
    """The cluster of each row, and the seconds."""
    step = step or NearDedup()
    with tempfile.TemporaryDirectory() as folder:
        job = Job("benchmark", 1, Path(folder), Path(folder), LocalExecutor(1), Display().bar)
        started = time.process_time()
        found = pl.concat(step.select(Rows((Shard(path, rows),)), job))
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
        for ngram in (2, 3, 5):
            step = NearDedup(shingles="words", ngram=ngram)
            line(f"  {ngram} words", *ours(path, docs.height, step), bands, alike)
        made = verified(path, docs.height)
        good = len([p for p in made if exact.get(p, 0) >= THRESHOLD]) / max(1, len(made))
        print(f"  {'  pairs that made them':60}{good:29.4f}")
        for peer in PEERS if peers else ():
            answer = asked(peer, path, peers)
            line(peer, answer["clusters"], answer["seconds"], bands, alike)


def corpora(folder: Path, size: int) -> pl.DataFrame:
    """Documents of about this many bytes of text in all, the same every time."""
    files = ("aozora", "debian_docs_ja", "egov_law", "jawiki_jaquad", "techdocs")
    texts = [t for name in files for t in records(folder / f"{name}.jsonl.zst")["text"]]
    dice = random.Random(7)
    made: list[str] = []
    held = turn = 0
    while held < size:
        kanji = range(0x4E00, 0x9FB0)
        moved = str.maketrans({c: chr(0x4E00 + (c - 0x4E00 + 1009 * turn) % len(kanji)) for c in kanji})
        for n, text in enumerate(texts):
            made.append(text.translate(moved))
            if n % 5 == 0:
                letters = list(made[-1])
                for place in dice.sample(range(len(letters)), len(letters) // 150):
                    letters[place] = chr(dice.choice(kanji))
                made.append("".join(letters))
            held += len(text.encode()) * (2 if n % 5 == 0 else 1)
            if held >= size:
                break
        turn += 1
    return pl.DataFrame({"id": [f"d{n}" for n in range(len(made))], "text": made})


def end_to_end(folder: Path, megabytes: int, peers: str | None, names: list[str]) -> None:
    """A table: CPU seconds of one core from the same file to who stays."""
    docs = corpora(folder, megabytes * 1_000_000)
    size = int(docs["text"].str.len_bytes().sum()) / 1e6
    print(f"\n{docs.height} documents, {size:.0f} MB of text; CPU seconds from the same Parquet file")
    with tempfile.TemporaryDirectory() as work:
        path = Path(work) / "in.parquet"
        write_parquet(docs, path)
        whole = f"name: speed\nseed: 1\ncorpus:\n  from: {{files: {path}}}\n  steps: [curate.near_dedup]\n"
        recipe = Path(work) / "speed.yaml"
        recipe.write_text(whole, "utf-8")
        before = children()
        command = [Path(sys.executable).parent / "seimai", "run", recipe, "--out", Path(work) / "out"]
        subprocess.run([*command, "--workers", "1"], check=True, capture_output=True)
        everything = children() - before
        clusters, search = ours(path, docs.height)
        print(f"  {'seimai run':22}{everything:9.2f} s{size / everything:9.1f} MB/s")
        print(f"  {'its search':22}{search:9.2f} s{size / search:9.1f} MB/s{len(set(clusters)):9} stay")
        for peer in names if peers else ():
            answer = asked(peer, path, peers)
            spent = answer["seconds"]
            print(
                f"  {peer:22}{spent:9.2f} s{size / spent:9.1f} MB/s{len(set(answer['clusters'])):9} stay"
                f"{spent / everything:9.1f} x seimai run{spent / search:9.1f} x its search",
                flush=True,
            )


def asked(peer: str, path: Path, python: str | None) -> dict[str, Any]:
    """What a peer finds in a file, and how long it takes."""
    with tempfile.TemporaryDirectory() as work:
        out = Path(work) / "out.json"
        script = Path(__file__).with_name("near_dedup_peers.py")
        subprocess.run([str(python), script, peer, path, out], check=True, capture_output=True)
        return json.loads(out.read_text())


def children() -> float:
    """CPU seconds of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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
    parser.add_argument("--megabytes", type=int, nargs="*", default=[], help="sizes of larger files")
    parser.add_argument("--against", nargs="*", default=["rensa", "datatrove"], help="peers on those")
    options = parser.parse_args()
    for name in options.sets:
        quality(options.data, name, options.peers)
    for megabytes in options.megabytes:
        end_to_end(options.data.parent / "corpora", megabytes, options.peers, options.against)
    speed(options.data)


if __name__ == "__main__":
    main()
