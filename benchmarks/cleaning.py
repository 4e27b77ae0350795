"""The cleaning chain of `seimai-ja`: normalise, language, rules; one core, and what a second one gains.

Run as:

    python benchmarks/cleaning.py [--data ../shared/data/corpora] [--workers 2]

First the steps in memory by one process (CPU time, MB of UTF-8 that come in), then `seimai run` over the same
files with one worker and with all of them (wall time: run it on a machine that does nothing else).
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for name in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")

RECIPE = """\
name: cleaning
seed: 1
corpus:
  from: {{files: "{data}/*.jsonl.zst"}}
  steps:
    - curate.normalize
    - curate.language: {{keep: [ja], at_least: 0.65}}
    - curate.rules: {{preset: seimai-ja}}
"""


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(__file__).resolve().parents[2] / "shared/data/corpora"
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"{options.data}: no such folder; --data names one with *.jsonl.zst")
    with tempfile.TemporaryDirectory() as name:
        recipe = Path(name) / "cleaning.yaml"
        recipe.write_text(RECIPE.format(data=options.data.resolve()), "utf-8")
        size = in_memory(recipe)
        run(recipe, Path(name) / "out", options.workers)  # files in the page cache
        one, many = (run(recipe, Path(name) / "out", n) for n in (1, options.workers))
    print(f"seimai run, 1 worker         {one:7.2f} s {size / one / 1e6:8.1f} MB/s")
    print(f"seimai run, {options.workers} workers        {many:7.2f} s {size / many / 1e6:8.1f} MB/s", end="")
    print(f"   {one / many:.2f} times one")


def in_memory(recipe: Path) -> int:
    """Time each part of the chain; returns the bytes of text."""
    import polars as pl

    import curate.read
    import curate.signals
    from curate.language import Language
    from curate.normalize import Normalize
    from curate.rules import Rules
    from seimai.chain import Decision, compile_chain, run_chain
    from seimai.plan import Planner
    from seimai.recipe import load_recipe

    loaded = load_recipe(recipe)
    source = Planner(loaded, recipe.parent / "none").plan(["corpus"])[0].source
    assert source is not None
    frames = [f for task in source.tasks() for f in curate.read.read(task, source.spec)]
    frames = [f.filter(pl.col("failed").is_null()).drop("failed") for f in frames]
    size = sum(int(f["text"].str.len_bytes().sum()) for f in frames)
    filters = (Language(keep=["ja"], at_least=0.65), Rules())
    chain = compile_chain(filters, "documents", {}, [])
    (decision,) = chain.links
    assert isinstance(decision, Decision)
    names = decision.measure["curate.signals"]
    run_chain(Normalize().apply(frames[0]), chain)  # kernels and the model are loaded
    started = time.process_time()
    frames = [Normalize().apply(f) for f in frames]
    normalised = time.process_time()
    of_language = {"language", "language_probability"}
    for f in frames:
        curate.signals.measure(f, [n for n in names if n not in of_language])
    measured = time.process_time()
    for f in frames:
        run_chain(f, chain)
    whole = time.process_time() - measured
    print(f"{size / 1e6:.1f} MB of text, CPU time of one process")
    for what, seconds in (
        ("normalise", normalised - started),
        (f"{len(names) - 2} signals of the rules", measured - normalised),
        ("signals, language and both filters", whole),
        ("the whole chain", normalised - started + whole),
    ):
        print(f"  {what:36} {seconds:7.2f} s {size / seconds / 1e6:8.1f} MB/s")
    return size


def run(recipe: Path, out: Path, workers: int) -> float:
    """Seconds of the console script, its start included."""
    shutil.rmtree(out, ignore_errors=True)
    started = time.perf_counter()
    command = [Path(sys.executable).parent / "seimai", "run", recipe, "--out", out, "--workers", str(workers)]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
