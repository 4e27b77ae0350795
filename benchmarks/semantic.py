"""Semantic duplicates: an encoder of our own, its cut-off, and the cells beside all pairs.

    python benchmarks/semantic.py ../shared/data [--rows 60000]

1. A static encoder is trained on ../shared's corpora (PPMI of pieces within three places, SVD, the weights of
   SIF: Arora et al. 2017) and saved as model2vec saves its own. Its rank correlation with people's judgement
   on JSTS and JSICK, beside the pieces themselves (random vectors in their place: a bag of words). Nothing of
   JSTS or JSICK is trained on.
2. The cut-off: the least cosine at which 90 % (60 %) of the pairs above are "the same" to people (JSTS >= 4,
   JSICK >= 4.5), chosen on one half of the pairs, judged on the other.
3. Sentences of JSTS and JSICK and lines of the corpora, compared in cells and all with all: pairs that meet,
   rows that go, processor time of one thread.

If the packages are there: model2vec's vectors and speed beside ours, and the recall of usearch's HNSW.
"""

import argparse
import importlib.util
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

os.environ |= {
    "POLARS_MAX_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
}

import numpy as np
import numpy.typing as npt
import polars as pl
import scipy.sparse as sp
import zstandard
from safetensors.numpy import save_file
from scipy.stats import spearmanr
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from curate.embeddings.cells import Grid, near_cells
from curate.embeddings.encoder import Encoder, open_encoder
from curate.embeddings.greedy import preference, stars
from curate.embeddings.kmeans import centres
from curate.embeddings.measure import Measure
from curate.embeddings.vectors import Units, Vectors, cosines, reached, units, whole
from curate.minhash.bands import Layout
from curate.minhash.search import Search
from curate.minhash.similar import Similar
from seimai.dataset import Rows, Shard, write_parquet
from seimai.executor import LocalExecutor
from seimai.job import Job
from seimai.progress import Display

Array = npt.NDArray[Any]
T = TypeVar("T")
SAME = {"jsts_similarity": ("score", 4.0), "jsick_pairs": ("relatedness", 4.5)}
PRECISIONS = (0.9, 0.6)


def records(path: Path) -> pl.DataFrame:
    """A file of records."""
    with path.open("rb") as f:
        return pl.read_ndjson(zstandard.ZstdDecompressor().stream_reader(f).read())


def seconds(work: Callable[[], T]) -> tuple[T, float]:
    """What work gives, and its processor time."""
    started = time.process_time()
    return work(), time.process_time() - started


def train(texts: Iterable[str], folder: Path, *, pieces: int = 8000, size: int = 256) -> None:
    """Train a static encoder on texts and save it: `model.safetensors`, `tokenizer.json`, `config.json`."""
    lines = [line for text in texts for line in text.splitlines() if line.strip()]
    tokenizer = _tokenizer(lines, pieces)
    ids = [np.array(e.ids) for e in tokenizer.encode_batch_fast(lines, add_special_tokens=False)]
    number = tokenizer.get_vocab_size()
    counts = np.bincount(np.concatenate(ids), minlength=number)
    share = counts / counts.sum()
    weights = 1e-3 / (1e-3 + share)
    vectors = _directions(_ppmi(ids, number), size)
    vectors -= (weights * share) @ vectors / (weights * share).sum()
    scaled = vectors * (np.sqrt(share) * weights)[:, None]
    common = np.linalg.svd(scaled, full_matrices=False)[2][:1]  # what all texts have says nothing of one
    vectors -= vectors @ common.T @ common
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    tensors = {
        "embeddings": vectors.astype(np.float32),
        "weights": weights.astype(np.float64),
        "mapping": np.arange(number),
    }
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "model2vec", "normalize": True}), "utf-8")


def _tokenizer(lines: list[str], pieces: int) -> Any:
    found: Any = Tokenizer(models.Unigram())
    found.normalizer = normalizers.NFKC()
    kinds = Regex(r"\p{Hiragana}+|\p{Han}+|[\p{Katakana}ー]+|\p{Punctuation}")
    found.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(kinds, "isolated")]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=pieces,
        unk_token="[UNK]",
        special_tokens=["[UNK]"],
        max_piece_length=8,
        show_progress=False,
    )
    found.train_from_iterator(lines[:: max(1, len(lines) // 30_000)], trainer)
    return found


def _ppmi(ids: list[Array], number: int, window: int = 3) -> sp.csr_matrix:
    """Positive pointwise mutual information of pieces that stand near each other."""
    gap = np.full(window, -1)
    sequence = np.concatenate([part for line in ids for part in (line, gap)])
    counts: Any = sp.csr_matrix((number, number))
    for apart in range(1, window + 1):
        a, b = sequence[:-apart], sequence[apart:]
        good = (a >= 0) & (b >= 0)
        counts = counts + sp.csr_matrix(
            (np.full(good.sum(), 1 / apart), (a[good], b[good])), (number, number)
        )
    counts = (counts + counts.T).tocoo()
    totals = np.asarray(counts.sum(axis=1)).ravel()
    smooth = totals**0.75
    values = np.log(counts.data * smooth.sum() / (totals[counts.row] * smooth[counts.col]))
    good = values > 0
    return sp.csr_matrix((values[good], (counts.row[good], counts.col[good])), (number, number))


def _directions(matrix: Any, size: int) -> Array:
    """The first left singular vectors (randomised, Halko et al. 2011), each row of length 1."""
    basis = np.random.default_rng(0).normal(size=(matrix.shape[0], size + 32))
    for _ in range(4):
        basis = np.linalg.qr(matrix @ basis)[0]
    inner = np.linalg.svd((matrix.T @ basis).T, full_matrices=False)[0]
    found = (basis @ inner)[:, :size]
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)


def corpus(data: Path, characters: int = 8_000_000) -> list[str]:
    """Texts to train on."""
    shares = (("jawiki_jaquad", 0.5), ("aozora", 0.4), ("techdocs", 0.1))
    texts: list[str] = []
    for name, share in shares:
        left = share * characters
        for text in records(data / f"corpora/{name}.jsonl.zst")["text"]:
            if left <= 0:
                break
            texts.append(text[:20_000])
            left -= len(texts[-1])
    return texts


def judged(data: Path, name: str, encoder: Encoder) -> tuple[Array, Array]:
    """The cosines of the pairs of a set, and people's judgement."""
    pairs = records(data / f"eval/{name}.jsonl.zst")
    a, b = (units(whole(encoder.encode(pairs[c].to_list(), ""))) for c in "ab")
    products = np.einsum("ij,ij->i", a.values, b.values) * a.scale * b.scale
    return products, pairs[SAME[name][0]].cast(pl.Float64).to_numpy()


def cut_off(values: Array, same: Array, precision: float) -> float:
    """The least cosine at which so great a share of the pairs above it are the same."""
    order = np.argsort(-values, kind="stable")
    right = np.cumsum(same[order]) / np.arange(1, order.size + 1)
    good = np.flatnonzero((right >= precision) & (np.arange(order.size) >= 20))
    return float(values[order[good[-1]]]) if good.size else 1.0


def bag_of_words(folder: Path, target: Path) -> None:
    """The same tokenizer and weights with a random vector a piece."""
    from safetensors.numpy import load_file

    tensors = load_file(folder / "model.safetensors")
    shape = tensors["embeddings"].shape
    tensors["embeddings"] = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    target.mkdir()
    save_file(tensors, target / "model.safetensors")
    for name in ("tokenizer.json", "config.json"):
        (target / name).write_bytes((folder / name).read_bytes())


def calibration(data: Path, folder: Path, words: Path) -> None:
    """Print rank correlations and the quality of calibrated cut-offs."""
    print("| set | Spearman | bag of words | the same | for | cut-off | precision | recall | all pairs |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, (_, least) in SAME.items():
        values, score = judged(data, name, open_encoder(folder))
        plain = judged(data, name, open_encoder(words))[0]
        same = score >= least
        half = np.random.default_rng(0).permutation(same.size) < same.size // 2
        for precision in PRECISIONS:
            cut = cut_off(values[half], same[half], precision)
            above, truth = values[~half] >= cut, same[~half]
            print(
                f"| {name} ({same.size:,}) | {spearmanr(values, score).statistic:.3f} | "
                f"{spearmanr(plain, score).statistic:.3f} | >= {least} | {precision} | {cut:.3f} | "
                f"{truth[above].mean():.3f} | {above[truth].mean():.3f} | {truth.mean():.3f} |"
            )


def sentences(data: Path, number: int) -> pl.DataFrame:
    """Sentences of the two sets and lines of the corpora."""
    texts: list[str] = []
    for name in SAME:
        pairs = records(data / f"eval/{name}.jsonl.zst")
        texts += [*pairs["a"], *pairs["b"]]
    for name in ("debian_docs_ja", "egov_law", "aozora"):
        lines = records(data / f"corpora/{name}.jsonl.zst")["text"].str.split("\n").explode()
        texts += lines.filter(lines.str.len_chars().is_between(20, 300)).to_list()[: number // 2]
    texts = list(dict.fromkeys(texts))
    some = np.random.default_rng(0).permutation(len(texts))[:number]
    return pl.DataFrame({"id": [f"s{n}" for n in some], "text": [texts[n] for n in some]})


def all_pairs(vectors: Vectors, rank: Array, threshold: float) -> Array:
    """The same choice without cells: each row with all that stay so far; for each row the one that stays."""
    order = np.argsort(rank)
    found = np.arange(order.size)
    kept: list[Units] = []
    rows: list[Array] = []
    least = reached(threshold)
    for cut in range(0, order.size, 1024):
        block = order[cut : cut + 1024]
        values = vectors.units(block)
        best, who = np.full(block.size, -1.0), block.copy()
        for theirs, names in zip(kept, rows, strict=True):
            likeness = cosines(values, theirs)
            place = likeness.argmax(axis=1)
            value = likeness[np.arange(place.size), place]
            better = value > best
            best[better], who[better] = value[better], names[place[better]]
        inner = cosines(values, values)
        stays = best < least
        for i in range(block.size):
            before = np.flatnonzero(stays[:i] & (inner[i, :i] >= least))
            if before.size:
                stays[i] = False
                j = before[inner[i, before].argmax()]
                if inner[i, j] > best[i]:
                    who[i] = block[j]
        found[block] = np.where(stays, block, who)
        kept.append(Units(values.values[stays], values.scale[stays]))
        rows.append(block[stays])
    return found


def meeting(vectors: Vectors, grid: Grid, seed: int, threshold: float, near: int) -> tuple[int, float, float]:
    """All pairs at the threshold: how many, the share that meets in one cell, and in so many."""
    rows = np.flatnonzero(vectors.store.same == np.arange(vectors.store.rows))
    middle = units(centres(vectors, rows, grid.number, seed))
    cells = near_cells(vectors.units(rows), middle, grid.near)
    total = one = more = 0
    every = vectors.units(rows)
    for cut in range(0, rows.size, 1024):
        some = Units(every.values[cut : cut + 1024], every.scale[cut : cut + 1024])
        a, b = np.nonzero(cosines(some, every) >= reached(threshold))
        a, b = (a + cut)[a + cut < b], b[a + cut < b]
        total += a.size
        one += int((cells[a, 0] == cells[b, 0]).sum())
        meets = (cells[a, :near] == cells[b, :1]).any(axis=1) | (cells[b, :near] == cells[a, :1]).any(axis=1)
        more += int(meets.sum())
    return total, one / max(1, total), more / max(1, total)


def cells(docs: pl.DataFrame, encoder: Path, work: Path, thresholds: Iterable[float]) -> None:
    """Print, for each threshold, the cells beside all pairs."""
    print("\n| threshold | pairs | meet in one cell | cells | meet | rows that go | in both | s | all, s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for threshold in thresholds:
        folder = work / f"{threshold}"
        (folder / "work").mkdir(parents=True)
        write_parquet(docs, folder / "0.parquet")
        rows = Rows((Shard(folder / "0.parquet", docs.height),))
        job = Job("bench", 1, folder / "work", folder / "out", LocalExecutor(1), Display().bar)
        store = Search(rows, job, Layout(0, 0), 0, Similar(0, exact=False)).store
        rank = preference(store.same.copy(), store.chars.astype(np.float64))
        store.put("rank", rank)
        measure = Measure(rows, job, store, encoder, "")
        near, sampling = seconds(lambda m=measure, t=threshold: m.show(t, 0.99))
        grid = measure.grid
        found, choosing = seconds(lambda g=grid, n=near, t=threshold, j=job: stars(g, n, t, j))
        truth, brute = seconds(lambda g=grid, r=rank, t=threshold: all_pairs(g.vectors, r, t))
        total, one, more = meeting(grid.vectors, grid, job.seed, threshold, near)
        every = np.flatnonzero(store.same == np.arange(found.size))  # copies go in either way
        ours, theirs = found[every] != every, truth[every] != every
        print(
            f"| {threshold} | {total:,} | {one:.4f} | {near} of {grid.number} | {more:.4f} | {ours.sum():,} "
            f"(all pairs: {theirs.sum():,}) | {(ours & theirs).sum() / max(1, (ours | theirs).sum()):.4f} | "
            f"{sampling:.1f} + {choosing:.1f} | {brute:.1f} |",
            flush=True,
        )


def beside_model2vec(encoder: Path, texts: list[str]) -> None:
    """Print model2vec's speed, and how far its vectors are from ours."""
    if importlib.util.find_spec("model2vec") is None:
        print("\nmodel2vec is not installed: not compared")
        return
    from model2vec import StaticModel

    theirs: Any = StaticModel.from_pretrained(encoder)
    ours = open_encoder(encoder)
    ours.encode(texts[:10], "")
    a, mine = seconds(lambda: ours.encode(texts, ""))
    b, its = seconds(lambda: theirs.encode(texts, max_length=None, use_multiprocessing=False))
    a /= np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1e-12)
    size = sum(len(t.encode()) for t in texts) / 1e6
    off = np.abs(a - b).max()
    print(f"\nvectors: ours {size / mine:.1f} MB/s, model2vec {size / its:.1f} MB/s, off by {off:.1e}")


def beside_usearch(encoder: Path, docs: pl.DataFrame, threshold: float) -> None:
    """Print how many pairs HNSW finds among 32 neighbours of each row, and its time."""
    if importlib.util.find_spec("usearch") is None:
        print("usearch is not installed: not compared")
        return
    from usearch.index import Index

    values = units(whole(open_encoder(encoder).encode(docs["text"].to_list(), "")))
    vectors = values.values * values.scale[:, None]
    rows = np.arange(len(vectors))

    def search() -> Any:
        index: Any = Index(ndim=vectors.shape[1], metric="cos", dtype="f32")
        index.add(rows, vectors, threads=1)
        return index.search(vectors, 32, threads=1)

    found, spent = seconds(search)
    near = found.keys.astype(np.int64)
    pairs = {(min(a, b), max(a, b)) for a in rows.tolist() for b in near[a].tolist() if a != b}
    total = hit = 0
    for cut in range(0, rows.size, 1024):
        some = Units(values.values[cut : cut + 1024], values.scale[cut : cut + 1024])
        a, b = np.nonzero(cosines(some, values) >= reached(threshold))
        for x, y in zip((a + cut).tolist(), b.tolist(), strict=True):
            if x < y:
                total += 1
                hit += (x, y) in pairs
    print(f"usearch (HNSW, 32 neighbours) at {threshold}: {hit / max(1, total):.4f} of pairs, {spent:.1f} s")


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--thresholds", type=float, nargs="*", default=[0.95, 0.9, 0.8, 0.7])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        _, spent = seconds(lambda: train(corpus(options.data), work / "encoder"))
        print(f"trained in {spent:.0f} s of processor time\n")
        bag_of_words(work / "encoder", work / "words")
        calibration(options.data, work / "encoder", work / "words")
        docs = sentences(options.data, options.rows)
        print(f"\n{docs.height:,} sentences and lines")
        cells(docs, work / "encoder", work, options.thresholds)
        beside_model2vec(work / "encoder", docs["text"].to_list())
        beside_usearch(work / "encoder", docs, 0.8)


if __name__ == "__main__":
    main()
