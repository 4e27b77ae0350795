"""What-if against running again: the bytes that are read, and the CPU time.

Run as:

    python benchmarks/tune.py [--data ../shared/data/corpora]

`seimai tune` moves one threshold of a finished run over the corpora (about 120 MB of text); the peer is
`seimai run --set` with the same threshold, one worker. Both are whole commands, imports included; the last
lines are the parts of the first one inside a process that has imported everything.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
from rich.console import Console

from seimai.dataset import Dataset
from seimai.tune import Question, tune

RECIPE = """\
name: bench
corpus:
  from: {{files: "{data}/*.jsonl.zst"}}
  steps:
    - curate.normalize
    - curate.language: {{keep: [ja], at_least: 0.65}}
    - curate.length: {{min_chars: 200}}
    - curate.rules: {{preset: seimai-ja}}
    - curate.repetition
    - curate.sentences
    - curate.symbols
"""
SETTING = "curate.symbols.max_symbols=0.3"


def main() -> None:
    """Print both and their ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(__file__).resolve().parents[2] / "shared/data/corpora"
    parser.add_argument("--data", type=Path, default=default)
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"{options.data}: no such folder; --data names one with *.jsonl.zst")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bench.yaml").write_text(RECIPE.format(data=options.data.resolve()), "utf-8")
        command(folder, "run", "bench.yaml", "--workers", "1")
        (base,) = (folder / "runs/bench").glob("corpus-*")
        asked = command(folder, "tune", base, "--set", SETTING, "--rows", "0")
        made = command(folder, "run", "bench.yaml", "--workers", "1", "--set", SETTING)
        (again,) = set((folder / "runs/bench").glob("corpus-*")) - {base}
        print(f"seimai run --set   {made:6.2f} s CPU")
        print(f"seimai tune --set  {asked:6.2f} s CPU, {made / asked:.0f} times less")
        parts(base, again)


def command(folder: Path, *arguments: object) -> float:
    """CPU seconds of a command and of its workers."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    script = Path(sys.executable).with_name("seimai")
    subprocess.run([script, *map(str, arguments)], cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def parts(base: Path, again: Path) -> None:
    """Bytes read, seconds without imports, and whether both keep the same documents."""
    quiet = Console(quiet=True)
    tune(Question(base, [SETTING], rows=0), quiet)
    started, wall = time.process_time(), time.perf_counter()
    effect = tune(Question(base, [SETTING], rows=0), quiet)
    cpu, wall = time.process_time() - started, time.perf_counter() - wall
    stored = effect.decider.stored
    text = sum(s["bytes"] for side in Dataset(base).manifest["shards"].values() for s in side)
    print(
        f"  verdicts, curve and page: {cpu:.3f} s CPU, {wall:.3f} s; read {stored.read_bytes / 1e6:.2f} MB "
        f"of {stored.all_bytes / 1e6:.1f} MB ({text / 1e6:.0f} MB of text)"
    )
    rows = (effect.now.side == 0).nonzero()[0]
    same = set(stored.fetch(rows, ["id"])["id"]) == set(pl.Series(Dataset(again).kept.read(["id"])["id"]))
    print(f"  {rows.size:,} documents kept by both: {'the same' if same else 'NOT the same'}")


if __name__ == "__main__":
    main()
