"""The runner's speed, and its own share of the time.

Run as:

    python benchmarks/runner.py [--data ../shared/data/corpora] [--workers 2]

The chain normalise, language, three filters, near_dedup over the corpora (about 120 MB of text):

1. `seimai run` with all workers: MB/s from files to the finished dataset.
2. `seimai run` with one worker, beside the same step functions called on the same frames in memory by one
   process: what the runner adds (reading, scheduling, writing, manifests, ledger) is its own share, of CPU
   time, so that a busy machine tells the same.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RECIPE = """\
name: bench
seed: 1
corpus:
  from: {{files: "{data}/*.jsonl.zst"}}
  steps:
    - curate.normalize
    - curate.language: {{keep: [ja], at_least: 0.65}}
    - curate.length: {{min_chars: 100}}
    - curate.kana: {{at_least: 0.1}}
    - curate.repetition
    - curate.near_dedup: {{ngram: 5, threshold: 0.8}}
"""

for name in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # this process stands for one worker


def main() -> None:
    """Print both tables."""
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
        folder = Path(name)
        recipe = folder / "bench.yaml"
        recipe.write_text(RECIPE.format(data=options.data.resolve()), "utf-8")
        run(recipe, folder / "warm", options.workers)  # compiled kernels, files in the page cache
        shutil.rmtree(folder / "warm")
        parallel, _ = run(recipe, folder / "parallel", options.workers)
        single, cpu = run(recipe, folder / "single", 1)
        steps, size = in_memory(recipe, folder / "single")
    alone = sum(steps.values())
    lines = [
        (f"seimai run, {options.workers} workers", parallel),
        ("seimai run, 1 worker", single),
        ("seimai run, 1 worker, CPU", cpu),
        *((f"  {name}", seconds) for name, seconds in steps.items()),
        ("the same steps in memory, 1 process, CPU", alone),
    ]
    print(f"{size / 1e6:.1f} MB of text")
    for what, seconds in lines:
        print(f"{what:40} {seconds:7.2f} s {size / seconds / 1e6:8.1f} MB/s")
    print(f"{'the runner’s own share':40} {cpu - alone:7.2f} s {1 - alone / cpu:7.1%}")


def run(recipe: Path, out: Path, workers: int) -> tuple[float, float]:
    """Seconds that the console script takes, its start included, and seconds of CPU."""

    def used() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime

    started, before = time.perf_counter(), used()
    command = [Path(sys.executable).parent / "seimai", "run", recipe, "--out", out, "--workers", str(workers)]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started, used() - before


def in_memory(recipe: Path, made: Path) -> tuple[dict[str, float], int]:
    """Seconds of each step called by hand on frames in memory, and the bytes of text."""
    import polars as pl

    import curate.read
    import curate.signals
    from seimai.chain import READER_COLUMNS
    from seimai.dataset import Dataset
    from seimai.executor import LocalExecutor
    from seimai.job import Job
    from seimai.plan import Planner
    from seimai.recipe import load_recipe
    from seimai.step import Filter, Selection, Transform

    loaded = load_recipe(recipe)
    passes = Planner(loaded, made).plan(["corpus"])
    source = passes[0].source
    assert source is not None
    frames = [f for task in source.tasks() for f in curate.read.read(task, source.spec)]
    frames = [f.filter(pl.col("failed").is_null()).drop("failed") for f in frames]
    size = sum(int(f["text"].str.len_bytes().sum()) for f in frames)
    seconds: dict[str, float] = {}
    steps = passes[0].steps
    for number, step in enumerate(steps):
        started = time.process_time()
        if isinstance(step, Transform):
            frames = [step.apply(f) for f in frames]
            seconds[step.path()] = time.process_time() - started
            filters = [s for s in steps[number + 1 :] if isinstance(s, Filter)]
            names = {n for s in filters for e in s.reasons().values() for n in e.meta.root_names()}
            names -= set(frames[0].columns) | READER_COLUMNS
            started = time.process_time()
            frames = [f.hstack(curate.signals.measure(f, sorted(names))) for f in frames]
            seconds["signals"] = time.process_time() - started
        elif isinstance(step, Filter):
            bad = pl.any_horizontal(step.reasons().values())
            frames = [f.filter(~bad) for f in frames]
            seconds[step.path()] = time.process_time() - started

    class Silent:
        def advance(self, amount: float = 1) -> None: ...
        def note(self, text: str) -> None: ...

    for todo in passes[1:]:
        (step,) = todo.steps
        assert isinstance(step, Selection)
        with tempfile.TemporaryDirectory() as work:
            job = Job("corpus", todo.seed, Path(work), Path(work), LocalExecutor(1), lambda *_: Silent())
            rows = Dataset(todo.parents[0].directory).kept
            started = time.process_time()
            list(step.select(rows, job))
            seconds[step.path()] = time.process_time() - started
    return seconds, size


if __name__ == "__main__":
    main()
