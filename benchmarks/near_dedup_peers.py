"""Peers of `curate.near_dedup`, each run as its users run it, on the same file; called by near_dedup.py.

    python near_dedup_peers.py PEER IN.parquet OUT.json

Runs in an environment of its own: `pip install datasketch rensa text-dedup 'datatrove[processing]' polars`
and, for datatrove's Japanese words, `spacy sudachipy sudachidict-core`. Written are the cluster of each row
and the seconds of CPU from reading the file on, without imports (but for text-dedup, which is a command).
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path

import polars as pl

THRESHOLD, NGRAM, NUM_PERM = 0.8, 5, 128


def compared(text: str) -> str:
    """NFKC without white space: what all of them get, so that only the search differs."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def grams(text: str) -> list[str]:
    """Character 5-grams."""
    return [text[i : i + NGRAM] for i in range(max(1, len(text) - NGRAM + 1))]


class Forest:
    """Disjoint sets."""

    def __init__(self, rows: int) -> None:
        self.parents = list(range(rows))

    def root(self, row: int) -> int:
        """The first row of a row's set, or one on the way to it."""
        while self.parents[row] != row:
            self.parents[row] = self.parents[self.parents[row]]
            row = self.parents[row]
        return row

    def unite(self, a: int, b: int) -> None:
        """Put two rows into one set."""
        a, b = sorted((self.root(a), self.root(b)))
        self.parents[b] = a


def datasketch(texts: list[str], *, verify: bool) -> list[int]:
    """MinHashLSH with its own layout; candidates, or those whose signatures reach the threshold."""
    from datasketch import MinHash, MinHashLSH

    lsh = MinHashLSH(threshold=THRESHOLD, num_perm=NUM_PERM)
    first = MinHash(NUM_PERM)
    forest = Forest(len(texts))
    sketches = []
    for row, text in enumerate(texts):
        sketch = MinHash(NUM_PERM, permutations=first.permutations, scheme=first.scheme)
        sketch.update_batch([g.encode() for g in grams(compared(text))])
        for other in lsh.query(sketch):
            if not verify or sketches[other].jaccard(sketch) >= THRESHOLD:
                forest.unite(other, row)
        lsh.insert(row, sketch)
        sketches.append(sketch)
    return [forest.root(row) for row in range(len(texts))]


def rensa(texts: list[str]) -> list[int]:
    """RMinHashDeduplicator with LSH: candidates that it has compared by their signatures."""
    from rensa import RMinHash, RMinHashDeduplicator

    found = RMinHashDeduplicator(THRESHOLD, NUM_PERM, True, 16)
    forest = Forest(len(texts))
    for row, text in enumerate(texts):
        sketch = RMinHash(NUM_PERM, 42)
        sketch.update(grams(compared(text)))
        for other in found.get_duplicates(sketch):
            forest.unite(int(other), row)
        found.add(str(row), sketch)
    return [forest.root(row) for row in range(len(texts))]


def text_dedup(texts: list[str]) -> list[int]:
    """The console module; letters stand apart, because it takes runs of letters for words."""
    import pickle

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spaced = [" ".join(compared(t)) for t in texts]
        pl.DataFrame({"text": spaced, "row": range(len(texts))}).write_parquet(folder / "in.parquet")
        command = [
            *(sys.executable, "-m", "text_dedup.minhash", "--path", "parquet", "--split", "train"),
            *("--data_files", str(folder / "in.parquet"), "--cache_dir", str(folder / "cache")),
            *("--output", str(folder / "out"), "--column", "text", "--threshold", str(THRESHOLD)),
            *("--ngram", str(NGRAM), "--num_perm", str(NUM_PERM), "--min_length", "1", "--num_proc", "1"),
            *("--batch_size", "10000", "--debug"),
        ]
        subprocess.run(command, check=True, capture_output=True)
        with (folder / "out/uf.pkl").open("rb") as f:
            found = pickle.load(f)
        parents = getattr(found, "parent", found)
        forest = Forest(len(texts))
        for row, parent in dict(parents).items():
            forest.unite(int(row), int(parent))
        return [forest.root(row) for row in range(len(texts))]


def datatrove(texts: list[str]) -> list[int]:
    """Its four stages with Japanese words, FineWeb-2's 5-grams, 14 buckets of 8."""
    import logging

    from datatrove.data import Document
    from datatrove.pipeline.dedup import (
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.utils.hashing import HashConfig

    logging.disable(logging.CRITICAL)
    config = MinhashConfig(NGRAM, 14, 8, hash_config=HashConfig(precision=64))
    documents = [Document(text=text, id=str(row)) for row, text in enumerate(texts)]
    with tempfile.TemporaryDirectory() as name:
        MinhashDedupSignature(f"{name}/s", config=config, language="jpn_Jpan").run(iter(documents), 0, 1)
        for bucket in range(config.num_buckets):
            MinhashDedupBuckets(f"{name}/s", f"{name}/b", config=config).run(None, bucket, config.num_buckets)
        MinhashDedupCluster(
            f"{name}/b", f"{name}/r", config=config, save_cluster_id=True, ignore_index_matches=True
        ).run(None, 0, 1)
        list(MinhashDedupFilter(f"{name}/r", load_cluster_ids=True).run(iter(documents), 0, 1))
        clusters: dict[object, int] = {}
        out: list[int] = []
        for row, document in enumerate(documents):
            of = document.metadata.get("minhash_cluster_id", -1)
            out.append(row if of in (None, -1) else clusters.setdefault(of, row))
        return out


PEERS: dict[str, Callable[[list[str]], list[int]]] = {
    "datasketch": lambda texts: datasketch(texts, verify=False),
    "datasketch, checked": lambda texts: datasketch(texts, verify=True),
    "rensa": rensa,
    "text-dedup": text_dedup,
    "datatrove": datatrove,
}


def seconds() -> float:
    """CPU time of this process and of those that it waited for."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(p.ru_utime + p.ru_stime for p in parts)


if __name__ == "__main__":
    os.environ |= {"RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "HF_DATASETS_OFFLINE": "1"}
    PEERS[sys.argv[1]](
        ["玄米を磨いて精米にする。" * 9] * 3
    )  # imports and models are loaded before the clock starts
    started = seconds()
    rows = pl.read_parquet(sys.argv[2])["text"].to_list()
    found = PEERS[sys.argv[1]](rows)
    Path(sys.argv[3]).write_text(json.dumps({"clusters": found, "seconds": seconds() - started}))
