"""Counting and packing tokens, beside `tokenizers` alone, datatrove's tokenizer stage and Megatron's builder.

Run as:

    python benchmarks/packing.py [--megabytes 20] [--datatrove PYTHON] [--megatron FOLDER]

All read the same documents of ../shared/data/corpora, take LLM-jp's tokenizer and run in one process and one
thread after each other; what is shown is CPU time (imports and loading the tokenizer left out), which a
busy machine changes little. `--datatrove` names the Python of an environment with datatrove, `--megatron`
a folder with the package megatron-core (`pip install --no-deps --target FOLDER megatron-core`): its
IndexedDatasetBuilder is fed as its tools/preprocess_data.py feeds it, a document at a time.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[2] / "shared/data"
END = "<EOD|LLM-jp>"
Timed = tuple[float, int]
"""CPU seconds, and tokens without end-of-text tokens."""


def main() -> None:
    """Print one line each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, default=20)
    parser.add_argument("--datatrove", default=None, help="Python of an environment with datatrove")
    parser.add_argument("--megatron", default=None, help="folder with megatron-core")
    options = parser.parse_args()
    if not SHARED.is_dir():
        sys.exit(f"needs {SHARED}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size, documents = prepare(folder, options.megabytes * 1e6)
        print(f"{documents:,} documents, {size / 1e6:.1f} MB of UTF-8, one process\n")
        print(f"{'':34} {'CPU s':>7} {'MB/s':>7} {'tokens/s':>12} {'of encode_batch':>16}")
        base = None
        for label, case, python in cases(options.datatrove):
            seconds, tokens = run(case, folder, python, options.megatron)
            if not seconds:
                continue
            base = base or seconds
            rates = f"{size / seconds / 1e6:7.2f} {tokens / seconds:12,.0f} {base / seconds:15.2f}x"
            print(f"{label:34} {seconds:7.2f} {rates}", flush=True)


def cases(datatrove: str | None) -> Iterator[tuple[str, str, str]]:
    """Label, name and interpreter of each measurement."""
    here = sys.executable
    yield "tokenizers: encode_batch", "encode_batch", here
    yield "curate.count_tokens", "count", here
    yield "curate.count_tokens, SentencePiece", "count_pieces", here
    yield "curate.pack", "pack", here
    yield "curate.pack, SentencePiece", "pack_pieces", here
    yield "Megatron's IndexedDatasetBuilder", "megatron", here
    if datatrove:
        yield "datatrove: DocumentTokenizer", "datatrove", datatrove


def prepare(folder: Path, limit: float) -> tuple[int, int]:
    """Documents of all corpora in turn, as Parquet and JSON lines, and the tokenizer's files."""
    import polars as pl
    import zstandard

    texts: list[str] = []
    size = 0
    unpack = zstandard.ZstdDecompressor()
    files = sorted((SHARED / "corpora").glob("*.jsonl.zst"))
    for file in files:
        own = 0
        for line in unpack.stream_reader(file.read_bytes()).read().splitlines():
            text = json.loads(line)["text"]
            texts.append(text)
            own += len(text.encode())
            if own >= limit / len(files):
                break
        size += own
    pl.DataFrame({"id": [f"d{n}" for n in range(len(texts))], "text": texts}).write_parquet(
        folder / "a.parquet"
    )
    (folder / "json").mkdir()
    lines = "".join(
        json.dumps({"text": t, "id": str(n)}, ensure_ascii=False) + "\n" for n, t in enumerate(texts)
    )
    (folder / "json/a.jsonl").write_text(lines, "utf-8")
    models = SHARED / "models/llm-jp-tokenizer"
    packed = (models / "tokenizer.json.zst").read_bytes()
    (folder / "tokenizer.json").write_bytes(unpack.stream_reader(packed).read())
    (folder / "tokenizer_config.json").write_bytes((models / "tokenizer_config.json").read_bytes())
    (folder / "pieces.model").write_bytes(next(models.glob("*.model")).read_bytes())
    return size, len(texts)


def run(case: str, folder: Path, python: str, megatron: str | None) -> Timed:
    """Measure a case in a process of its own; nothing if what it needs is not there."""
    if case == "megatron" and not megatron:
        return 0.0, 0
    threads = {"RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    done = subprocess.run(
        [python, __file__, "--case", case, folder, megatron or ""],
        env={**os.environ, **threads, "TOKENIZERS_PARALLELISM": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{case}: {done.stderr[-2000:]}")
    seconds, tokens = json.loads(done.stdout.splitlines()[-1])
    return seconds, tokens


def texts_of(folder: Path) -> list[str]:
    """The documents."""
    with (folder / "json/a.jsonl").open(encoding="utf-8") as f:
        return [json.loads(line)["text"] for line in f]


def timed(work: Callable[[], int]) -> Timed:
    """CPU seconds of this process."""
    started = time.process_time()
    tokens = work()
    return time.process_time() - started, tokens


def encode_batch(folder: Path, _: str) -> Timed:
    """The library alone, 1,000 documents at a time."""
    from tokenizers import Tokenizer

    tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
    texts = texts_of(folder)

    def work() -> int:
        total = 0
        for first in range(0, len(texts), 1000):
            for encoding in tokenizer.encode_batch(texts[first : first + 1000], add_special_tokens=False):
                total += len(encoding.ids)
        return total

    return timed(work)


def count(folder: Path, _: str, tokenizer: str = "tokenizer.json") -> Timed:
    """Our step, from Parquet."""
    import polars as pl

    from curate.count_tokens import CountTokens
    from curate.counting.tokenizer import open_tokenizer

    step = CountTokens(tokenizer=str(folder / tokenizer))
    open_tokenizer(step.tokenizer)
    return timed(lambda: int(step.apply(pl.read_parquet(folder / "a.parquet"))["tokens"].sum()))


def count_pieces(folder: Path, _: str) -> Timed:
    """Our step with the same tokenizer as a SentencePiece model."""
    return count(folder, _, "pieces.model")


def pack(folder: Path, _: str, tokenizer: str = "tokenizer.json") -> Timed:
    """Our step, from Parquet to token files and rows."""
    import polars as pl

    from curate.counting.tokenizer import open_tokenizer
    from curate.pack import Pack
    from seimai.dataset import Rows, Shard
    from seimai.executor import LocalExecutor
    from seimai.job import Job
    from seimai.progress import Display

    step = Pack(tokenizer=str(folder / tokenizer))
    open_tokenizer(step.tokenizer)
    documents = pl.scan_parquet(folder / "a.parquet").select(pl.len()).collect().item()
    rows = Rows((Shard(folder / "a.parquet", documents),))
    work = folder / f"work-{tokenizer}"
    work.mkdir()
    job = Job("packed", 0, work, folder / "out", LocalExecutor(1), Display().bar)
    return timed(lambda: sum(int((f["tokens"] - 1).sum()) for f in step.rewrite(rows, job)))


def pack_pieces(folder: Path, _: str) -> Timed:
    """Our step with the same tokenizer as a SentencePiece model."""
    return pack(folder, _, "pieces.model")


def megatron(folder: Path, place: str) -> Timed:
    """As Megatron's preprocess_data does it with a Hugging Face tokenizer."""
    sys.path.append(place)
    import numpy as np
    import torch
    from megatron.core.datasets.indexed_dataset import IndexedDatasetBuilder
    from tokenizers import Tokenizer

    tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
    end = tokenizer.token_to_id(END)

    def work() -> int:
        total = 0
        builder = IndexedDatasetBuilder(str(folder / "m.bin"), dtype=np.uint16)
        with (folder / "json/a.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                ids = tokenizer.encode(json.loads(line)["text"], add_special_tokens=False).ids
                total += len(ids)
                builder.add_document(torch.IntTensor([*ids, end]), [len(ids) + 1])
        builder.finalize(str(folder / "m.idx"))
        return total

    return timed(work)


def datatrove(folder: Path, _: str) -> Timed:
    """Datatrove's stage, from JSON lines to its own token files."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.tokens import DocumentTokenizer

    stage = DocumentTokenizer(
        output_folder=str(folder / "dt"),
        tokenizer_name_or_path=str(folder / "tokenizer.json"),
        eos_token=END,
        shuffle_documents=False,
    )
    _ = stage.tokenizer  # loads it
    pipeline = [JsonlReader(str(folder / "json")), stage]
    executor = LocalPipelineExecutor(pipeline, logging_dir=str(folder / "log"), tasks=1, workers=1)

    def work() -> int:
        executor.run()
        return sum(f.stat().st_size for f in (folder / "dt").glob("*.ds")) // 2

    seconds, tokens = timed(work)
    return seconds, tokens - len(texts_of(folder))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--case"]:
        kinds = {
            f.__name__: f for f in (encode_batch, count, count_pieces, pack, pack_pieces, megatron, datatrove)
        }
        print(json.dumps(kinds[sys.argv[2]](Path(sys.argv[3]), sys.argv[4])))
    else:
        main()
