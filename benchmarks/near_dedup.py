"""Near-duplicates: recall and precision against exact similarities, and the speed of signatures.

    python benchmarks/near_dedup.py ../shared/data/eval

The truth is every pair of documents with an exact Jaccard similarity of at least 0.8 (character 5-grams of
the text in NFKC without white space), found by a sparse matrix product over all pairs and checked against
the recorded pairs. Found by us: the pairs of one cluster, which a chain of duplicates may join below the
threshold; and, for precision, the verified pairs that make the clusters. Found by datasketch: the pairs that
`MinHashLSH.query` gives, on the same shingles and the same signatures, with its own layout for 0.8 and with
ours. Signatures are timed on one thread, on text as it is compared; for datasketch and rensa, which take
lists of tokens, with and without the making of the lists. Seconds are processor time, the least of three
runs, so that a busy machine tells the same.
"""

import itertools
import os
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

os.environ |= {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}

import numpy as np
import polars as pl
import zstandard
from datasketch import MinHash, MinHashLSH
from scipy.sparse import csr_matrix, triu

from curate.minhash.bands import layout
from curate.minhash.comparable import comparable, utf8
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


def ours(docs: pl.DataFrame) -> tuple[Pairs, Pairs, pl.DataFrame]:
    """The pairs of one cluster, the verified pairs that made the clusters, and the verdicts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        write_parquet(docs.select("id", "text"), path / "0.parquet")
        rows = Rows((Shard(path / "0.parquet", docs.height),))
        job = Job("benchmark", 1, path, path, LocalExecutor(1), Display().bar)
        found = NearDedup(ngram=NGRAM, threshold=THRESHOLD, num_perm=NUM_PERM).select(rows, job)
        found = found.filter(pl.col("reason").is_not_null())
        cut = layout(THRESHOLD, NUM_PERM)
        search = Search(rows, job, cut, NUM_PERM, Similar(NGRAM, exact=True))
        verified = {(a, b) for a, b in enumerate(search.store.same.tolist()) if a != b}
        for a, b in search.duplicates(THRESHOLD):
            verified |= set(zip(a.tolist(), b.tolist(), strict=True))
    row = {one: n for n, one in enumerate(docs["id"])}
    clusters: dict[int, list[int]] = {}
    for goes, stays in found.select("row", "duplicate_of").iter_rows():
        clusters.setdefault(row[stays], [row[stays]]).append(goes)
    pairs = {p for group in clusters.values() for p in itertools.combinations(sorted(group), 2)}
    verified = {(min(p), max(p)) for p in verified}
    return (
        pairs,
        verified,
        found.with_columns(stays=pl.col("duplicate_of").replace_strict(row, return_dtype=pl.Int64)),
    )


def datasketches(values: np.ndarray, **how: object) -> Pairs:
    """The pairs that datasketch's index gives."""
    lsh = MinHashLSH(num_perm=NUM_PERM, **how)
    pairs: Pairs = set()
    for i, hashes in enumerate(values):
        sketch = MinHash(NUM_PERM, hashvalues=hashes, scheme="affine32")
        pairs |= {(other, i) for other in lsh.query(sketch)}
        lsh.insert(i, sketch)
    return pairs


def quality(folder: Path, name: str) -> None:
    """Recall and precision on one set of documents."""
    docs = records(folder / f"dup_{name}_docs.jsonl.zst")
    exact = truth([set(shingles(normal(t))) for t in docs["text"]])
    row = {one: n for n, one in enumerate(docs["id"])}
    recorded = records(folder / f"dup_{name}_pairs.jsonl.zst").select("a", "b", "jaccard5").rows()
    worst = max(
        abs(exact.get((min(row[a], row[b]), max(row[a], row[b])), 0) - value) for a, b, value in recorded
    )
    alike = {pair for pair, value in exact.items() if value >= THRESHOLD}
    print(f"\n{name}: {docs.height} documents, {len(alike)} pairs with J >= {THRESHOLD} of all pairs")
    print(f"  {len(recorded)} recorded similarities differ from ours by at most {worst:.5f}")
    found, verified, verdicts = ours(docs)
    off = [
        abs(exact[min(a, b), max(a, b)] - value)
        for a, b, value in verdicts.select("row", "stays", "similarity").iter_rows()
    ]
    print(f"  {verdicts.height} documents go; their `similarity` is off by at most {max(off):.1e}")
    report("NearDedup: pairs of one cluster", found, alike)
    report("NearDedup: verified pairs", verified, alike, whole=False)
    partners = {n for pair in alike & found for n in pair}
    clustered = {n for pair in found for n in pair}
    print(
        f"    documents in clusters with an exact partner there: {len(partners & clustered)}/{len(clustered)}"
    )
    values = signatures(comparable(docs["text"]), NGRAM, permutations(NUM_PERM))
    report("datasketch LSH, its layout", datasketches(values, threshold=THRESHOLD), alike)
    cut = layout(THRESHOLD, NUM_PERM)
    report(f"datasketch LSH, {cut.bands} bands of {cut.rows}", datasketches(values, params=tuple(cut)), alike)


def report(what: str, found: Pairs, alike: Pairs, *, whole: bool = True) -> None:
    """One line: recall and precision over pairs; no recall where not all pairs are named."""
    hits = len(found & alike)
    recall = f"{hits / len(alike):6.4f}" if whole else "     -"
    print(f"  {what:34} recall {recall}  precision {hits / len(found):.4f}")


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


if __name__ == "__main__":
    here = Path(sys.argv[1])
    quality(here, "law")
    quality(here, "synth")
    speed(here)
