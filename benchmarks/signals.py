"""Signals beside the code that they copy: megabytes a second on one core, on the same documents.

    python benchmarks/signals.py ../shared/golden/docs.parquet --swallow PATH/TO/swallow-corpus

Swallow's `quality.main` (github.com/swallow-llm/swallow-corpus, quality.py) is called on every document, and
all signals of `swallow-v1` are measured of the same ones. What it crashes on counts as done. Seconds are
processor time, so that a busy machine tells the same; ours is the best of five rounds, each beside a part of
Swallow's, which is slow enough for one round. `--each` then times the families one by one.
"""

import argparse
import contextlib
import importlib.util
import os
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

os.environ |= {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}

import polars as pl

from curate.presets.preset import preset
from curate.signals import SIGNALS, measure
from seimai.signal import named

ROUNDS = 5
RUNNER = (
    "chars",
    "hiragana_ratio",
    "duplicate_5gram_ratio",
    "duplicate_line_ratio",
    "duplicate_line_char_ratio",
)
"""What the recipe of benchmarks/runner.py names, but for the language."""


def seconds(work: Callable[[], object]) -> float:
    """Processor time of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def quality(folder: Path) -> Callable[[dict[str, str]], Any]:
    """Swallow's own code, from where the user has it."""
    spec = importlib.util.spec_from_file_location("swallow_quality", folder / "quality.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"no quality.py in {folder}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def swallow(main: Callable[[dict[str, str]], Any], texts: pl.Series) -> None:
    """Every document through Swallow's code, as its annotate.py does."""
    for text in texts:
        with contextlib.suppress(IndexError, ValueError):
            main({"text": text})


def beside_swallow(rows: pl.DataFrame, names: Collection[str], folder: Path) -> None:
    """Ours and Swallow's in turn, over the same documents."""
    main = quality(folder)
    size = float(rows["text"].str.len_bytes().sum()) / 1e6
    ours: list[float] = []
    theirs = 0.0
    for part in range(ROUNDS):
        ours.append(seconds(lambda: measure(rows, names)))
        texts = rows["text"].gather_every(ROUNDS, part)
        theirs += seconds(lambda texts=texts: swallow(main, texts))
    best = min(ours)
    print(f"{rows.height} documents, {size:.1f} MB of UTF-8, one core")
    print(f"  Swallow's quality.py{'':37} {size / theirs:8.2f} MB/s")
    print(f"  all {len(names)} signals of swallow-v1{'':26} {size / best:8.1f} MB/s")
    print(f"  ratio{'':52} {theirs / best:8.1f}")


def rates(rows: pl.DataFrame, what: dict[str, Collection[str]]) -> None:
    """The best of five rounds for each set of signals."""
    size = float(rows["text"].str.len_bytes().sum()) / 1e6
    for label, names in what.items():
        best = min(seconds(lambda names=names: measure(rows, names)) for _ in range(ROUNDS))
        print(f"  {label:57} {size / best:8.1f} MB/s")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("documents", type=Path, help="Parquet with a column `text`")
    parser.add_argument("--swallow", type=Path, help="a checkout of swallow-llm/swallow-corpus")
    parser.add_argument("--each", action="store_true", help="time each family of signals")
    options = parser.parse_args()
    rows = pl.read_parquet(options.documents, columns=["text"])
    names = sorted(named(rule.bad(rule.threshold or 0.0) for rule in preset("swallow-v1").rules))
    measure(rows, names)
    if options.swallow:
        beside_swallow(rows, names, options.swallow)
    what: dict[str, Collection[str]] = {
        "all signals of swallow-v1": names,
        "chars": ["chars"],
        "the runner's: chars, hiragana, 5-grams, lines": RUNNER,
    }
    if options.each:
        what |= families()
    rates(rows, what)


def families() -> dict[str, Collection[str]]:
    """The families whose signals need no model, tokeniser or word list."""
    from curate.signals import characters, damage, lines, ngrams, paragraphs, sentences, swallow

    modules = (characters, sentences, lines, paragraphs, ngrams, damage, swallow)
    each: dict[str, Collection[str]] = {m.__name__: list(m.SIGNALS) for m in modules}
    every = [name for module in modules for name in module.SIGNALS if name in SIGNALS]
    return {**each, "all of these": every}


if __name__ == "__main__":
    main()
