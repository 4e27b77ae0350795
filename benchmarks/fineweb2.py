"""`fineweb2-ja` beside datatrove's own filters: speed on one core, the same documents, the same run.

Run as:

    python benchmarks/fineweb2.py ../shared/golden PEER_PYTHON

PEER_PYTHON is a Python with datatrove 0.10.1, spaCy, SudachiPy, PyYAML and Polars; this file runs itself
there for datatrove's side (three filters in the order of fineweb-2-pipeline.py, each document until it is
dropped, words cached between the filters as datatrove does). Our side is the runner's chain with
`curate.rules: {preset: fineweb2-ja}`. Both sides are warm: models loaded, kernels compiled. Seconds are
processor time, the best of three; datatrove's side is measured before and after ours.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ |= {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}

import polars as pl

THRESHOLDS = {
    "dup_line_frac": 0.328,
    "top_n_grams": ((2, 0.239), (3, 0.196), (4, 0.172)),
    "dup_n_grams": ((5, 0.243), (6, 0.225), (7, 0.207), (8, 0.19), (9, 0.175), (10, 0.159)),
}


def documents(folder: Path) -> pl.DataFrame:
    """The documents, and what datatrove decided on each when the golden files were made."""
    decided = pl.read_parquet(folder / "fineweb2_ja.parquet", columns=["id", "fineweb2_keep"])
    return pl.read_parquet(folder / "docs.parquet", columns=["id", "text", "n_bytes"]).join(decided, on="id")


def peer(folder: Path) -> None:
    """Datatrove's side, in its own interpreter: processor seconds for kept and for dropped documents."""
    from datatrove.data import Document
    from datatrove.pipeline.filters import FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
    from datatrove.utils.text import split_into_words

    language = "jpn_Jpan"
    stop_words = list("のにをはたてがとで年し・月れさ")
    filters = [
        GopherRepetitionFilter(
            language=language, dup_para_frac=0, dup_line_char_frac=0, dup_para_char_frac=0, **THRESHOLDS
        ),
        FineWebQualityFilter(
            language=language,
            short_line_thr=999,
            char_duplicates_ratio=0.1,
            line_punct_thr=0.096,
            new_line_ratio=0.13,
        ),
        GopherQualityFilter(
            language=language,
            max_avg_word_length=6,
            min_avg_word_length=1,
            stop_words=stop_words,
            max_non_alpha_words_ratio=0.759,
            min_stop_words=2,
        ),
    ]
    split_into_words("米を磨く。", language)
    seconds = {True: 0.0, False: 0.0}
    kept = 0
    rows = documents(folder)
    for one, text, good in rows.select("id", "text", "fineweb2_keep").iter_rows():
        document = Document(text=text, id=one)
        start = time.process_time()
        keeps = all(f.filter(document) is True for f in filters)
        seconds[good] += time.process_time() - start
        kept += keeps
        assert keeps == good, f"datatrove decides on {one} otherwise than the golden file"
    print(json.dumps({"kept": seconds[True], "dropped": seconds[False]}))


def best(work: Callable[[], object]) -> float:
    """The least processor time of three runs."""
    return min(_seconds(work) for _ in range(3))


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def stages(rows: pl.DataFrame) -> None:
    """What each part of our side takes, on all documents, whether the cheap rules keep them or not."""
    from curate.presets.preset import preset
    from curate.signals import SIGNALS, measure
    from curate.signals.text import batches
    from curate.words.tokens import _tokenizer, words_of
    from seimai.signal import named

    wanted = named(rule.bad(rule.threshold or 0) for rule in preset("fineweb2-ja").rules)
    cheap = sorted(name for name in wanted if not SIGNALS[name].costly)
    counts = sorted(n for n in wanted if SIGNALS[n].costly and "gram" not in n)
    decoded = list(batches(rows["text"]))
    tokenizer = _tokenizer()
    short = [text for text in rows["text"] if len(text.encode()) < 49_149]
    short_mb = sum(len(text.encode()) for text in short) / 1e6
    mb = rows["n_bytes"].sum() / 1e6
    words = best(lambda: [words_of(text) for text in decoded])
    counted = best(lambda: measure(rows, counts))
    everything = best(lambda: measure(rows, sorted(wanted - set(cheap))))
    for what, size, seconds in (
        ("signals of lines and marks, decoding included", mb, best(lambda: measure(rows, cheap))),
        ("words", mb, words),
        ("SudachiPy alone, its words as Python strings", short_mb, best(lambda: sudachi(tokenizer, short))),
        ("words and what is counted of them, decoding included", mb, counted),
        ("the same and all n-grams", mb, everything),
    ):
        print(f"  {what:58} {size / seconds:8.1f} MB/s")


def sudachi(tokenizer: object, texts: list[str]) -> None:
    """Words by SudachiPy."""
    for text in texts:
        [m.surface() for m in tokenizer.tokenize(text)]  # type: ignore[attr-defined]


def main(folder: Path, python: str) -> None:
    """Print both sides' speed on all, on kept and on dropped documents."""
    from curate.rules import Rules
    from seimai.chain import compile_chain, run_chain

    rows = documents(folder)
    chain = compile_chain([Rules(preset="fineweb2-ja")], "documents", {}, added={"n_bytes", "fineweb2_keep"})
    outcome = run_chain(rows, chain)
    assert set(outcome.kept["id"]) == set(rows.filter("fineweb2_keep")["id"]), "verdicts differ"
    theirs = [_datatrove(folder, python)]
    sets = {"kept": rows.filter("fineweb2_keep"), "dropped": rows.filter(~pl.col("fineweb2_keep"))}
    ours = {name: best(lambda part=part: run_chain(part, chain)) for name, part in sets.items()}
    ours["all"] = best(lambda: run_chain(rows, chain))
    theirs.append(_datatrove(folder, python))
    print(f"{rows.height} documents, {rows['n_bytes'].sum() / 1e6:.2f} MB; all verdicts equal")
    print(f"{'':10} {'MB':>6} {'datatrove':>12} {'seimai':>12} {'ratio':>7}")
    for name in ("all", *sets):
        mb = sets.get(name, rows)["n_bytes"].sum() / 1e6
        peer_seconds = min(sum(t.values()) if name == "all" else t[name] for t in theirs)
        line = f"{name:10} {mb:6.2f} {mb / peer_seconds:7.3f} MB/s {mb / ours[name]:7.2f} MB/s"
        print(f"{line} {peer_seconds / ours[name]:6.1f}x")
    print("parts of ours, on all documents")
    stages(rows)


def _datatrove(folder: Path, python: str) -> dict[str, float]:
    done = subprocess.run(
        [python, __file__, str(folder)], check=True, stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    if len(sys.argv) == 2:
        peer(Path(sys.argv[1]))
    else:
        main(Path(sys.argv[1]), sys.argv[2])
