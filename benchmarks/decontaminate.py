"""Decontamination: what is found of injected benchmark items, what is flagged of clean text, and how fast.

    python benchmarks/decontaminate.py ../shared/data [PEER_PYTHON]

`eval/contamination_cases` has 830 documents with an item of `eval/bench_decontam` injected in one of
eight ways, and 900 clean ones; even and odd cases are reported apart. A case is found only if the injected
item itself is named. The peer is datatrove's n-gram decontamination: windows of 12 words, its default, with
the questions' own windows looked for and its Japanese tokeniser. PEER_PYTHON is an interpreter that has
datatrove 0.10.1, spaCy, SudachiPy and xxhash below 4. It runs datatrove's own hashing and filtering; it names
no item, so any match counts for it. Speeds are in CPU time of one process, without reading files.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

QUESTIONS, CASES = "eval/bench_decontam.jsonl.zst", "eval/contamination_cases.jsonl.zst"
CORPORA = ("aozora", "jawiki_jaquad", "techdocs")


def records(path: Path) -> list[dict[str, Any]]:
    """A file of records."""
    import zstandard

    with path.open("rb") as f:
        return [
            json.loads(line) for line in zstandard.ZstdDecompressor().stream_reader(f).read().splitlines()
        ]


def peer(folder: Path) -> None:
    """Print whether datatrove drops each case, the CPU seconds it took, and what indexing took, as JSON."""
    import numpy as np
    from datatrove.data import Document  # type: ignore[import-not-found]
    from datatrove.pipeline.decont.n_grams import (  # type: ignore[import-not-found]
        NGramsDecontConfig,
        NGramsDecontFilter,
        NGramsDecontIndexer,
    )

    cases, questions = json.loads((folder / "texts.json").read_text("utf-8"))
    config = NGramsDecontConfig(find_query_ngrams=True)
    step = NGramsDecontFilter(str(folder), config=config, language="jpn")
    # The indexer's constructor asks for lighteval, which only finds items; its hashing needs none of it.
    indexer = SimpleNamespace(config=config, tokenizer=step.tokenizer, hash_func=step.hash_func)
    start = time.process_time()
    hashes = {h for q in questions for h in NGramsDecontIndexer.compute_hashes(indexer, "", q)}
    np.array(sorted(hashes), config.hash_config.np_descr).tofile(folder / "bench.index.hashes")
    indexed = time.process_time()
    step.load_index_hashes()
    dropped = [step.filter(Document(text=text, id=str(n))) is not True for n, text in enumerate(cases)]
    print(json.dumps([dropped, time.process_time() - indexed, indexed - start]))


def ours(folder: Path, data: Path, texts: list[str]) -> tuple[list[set[str]], Callable[[list[str]], float]]:
    """The items found in each text, and what measures MB/s on other texts."""
    import polars as pl

    from curate.contamination.benchmarks import items
    from curate.contamination.search import matches
    from curate.decontaminate import Decontaminate

    name = str(data / QUESTIONS)
    benchmarks = Decontaminate(against=name).benchmarks(folder / "index")
    start = time.process_time()
    benchmarks.write(items({name: name}, {"question": ["text"]}))
    print(f"ours: index of {benchmarks.items().height:,} items in {time.process_time() - start:.1f} s\n")

    def speed(some: list[str]) -> float:
        rows = pl.DataFrame({"text": some})
        matches(rows[:10], ("text",), benchmarks)
        start = time.process_time()
        matches(rows, ("text",), benchmarks)
        return sum(len(t.encode()) for t in some) / 1e6 / (time.process_time() - start)

    owners = benchmarks.owners().join(benchmarks.items(), on="item").select("text", "name")
    found = matches(pl.DataFrame({"text": texts}), ("text",), benchmarks).join(owners, on="text")
    named: list[set[str]] = [set() for _ in texts]
    for row, item in found.select("row", "name").iter_rows():
        named[row].add(item)
    return named, speed


def table(cases: list[dict[str, Any]], good: dict[str, list[bool]]) -> None:
    """Recall by kind, and false positives, of even and odd cases."""
    kinds = sorted({c["kind"] for c in cases}, key=lambda k: (k == "clean", k))
    heads = [f"{who} {half}" for who in good for half in ("even", "odd")]
    print(f"| kind | cases | {' | '.join(heads)} |\n|---|--:|{'--:|' * len(heads)}")
    for kind in kinds:
        cells: list[str] = []
        for which in good.values():
            for half in (0, 1):
                hits = [
                    hit
                    for n, (c, hit) in enumerate(zip(cases, which, strict=True))
                    if c["kind"] == kind and n % 2 == half
                ]
                cells.append(
                    f"{sum(hits)} of {len(hits)}" if kind == "clean" else f"{sum(hits) / len(hits):.3f}"
                )
        name = "clean (flagged)" if kind == "clean" else kind
        print(f"| {name} | {Counter(c['kind'] for c in cases)[kind]} | {' | '.join(cells)} |")


def main(data: Path, python: str | None) -> None:
    """Print the tables in Markdown."""
    cases = records(data / CASES)
    texts = [c["text"] for c in cases]
    size = sum(len(t.encode()) for t in texts) / 1e6
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        named, speed = ours(folder, data, texts)
        right = [
            c["bench_id"] in found if c["contaminated"] else bool(found)
            for c, found in zip(cases, named, strict=True)
        ]
        good = {"seimai": right}
        clean = [c["text"] for c in cases if not c["contaminated"]]
        speeds = {"the cases (48 % injected)": texts, "the clean ones": clean}
        speeds |= {c: [r["text"] for r in records(data / f"corpora/{c}.jsonl.zst")] for c in CORPORA}
        lines = [f"| {what} | {speed(some):.0f} |" for what, some in speeds.items()]
        if python:
            questions = [r["text"] for r in records(data / QUESTIONS)]
            (folder / "texts.json").write_text(json.dumps([texts, questions]), "utf-8")
            done = subprocess.run(
                [python, __file__, "--peer", name], check=True, stdout=subprocess.PIPE, text=True
            )
            dropped, seconds, indexing = json.loads(done.stdout.splitlines()[-1])
            good["datatrove"] = dropped
            lines.append(f"| datatrove, the cases | {size / seconds:.2f} (its index: {indexing:.0f} s) |")
    table(cases, good)
    print("\n| text | MB/s of one core |\n|---|--:|\n" + "\n".join(lines))


if __name__ == "__main__":
    if sys.argv[1] == "--peer":
        peer(Path(sys.argv[2]))
    else:
        main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
