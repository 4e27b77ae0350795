"""The `server` engine under load: is every candidate answered exactly once or reported, is memory flat?

Run as:

    python benchmarks/generate_load.py [--prompts 10000] [--n 4] [--concurrency 64] [--kills 0]
    python benchmarks/generate_load.py --vllm PYTHON --prompts 10000

`seimai run` asks a server for `n` candidates to each prompt. The server is the stub that misbehaves in every
way (`misbehaving_server.py`), or vLLM's own with a tiny model made on the spot. Requests and answers are
counted at the stub, rows and candidates in the dataset; memory is sampled from outside. With `--kills`, the
run is killed that often, evenly spread, and started again.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import polars as pl

from seimai.dataset import Dataset

HERE = Path(__file__).resolve().parent
VLLM = "--served-model-name rice --host 127.0.0.1 --dtype float32 --enforce-eager --no-enable-chunked-prefill"
QUIET = {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1"}
OFFLINE = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "PASSIVE"}


def main() -> None:
    """Ask, count, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prompts", type=int, default=10_000)
    parser.add_argument("--n", type=int, default=4)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--max-tokens", type=int, default=16)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=15, help="the run is ended after that")
    parser.add_argument("--vllm", metavar="PYTHON", help="interpreter that has vLLM: its server is asked")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with vllm_server(options.vllm, folder) if options.vllm else stub() as url:
            load = Load(folder, url, options)
            load.run()
            load.tell()


class Load:
    """One `seimai run`, watched from outside."""

    def __init__(self, folder: Path, url: str, options: argparse.Namespace) -> None:
        self.options, self.url, self.out = options, url, folder / "out"
        self.wanted = options.prompts * options.n
        self.memory: dict[int, float] = {}
        self.seconds = self.cpu = 0.0
        self.ended = ""
        prompts = folder / "prompts.jsonl"
        with prompts.open("w") as f:
            for i in range(options.prompts):
                turn = {"role": "user", "content": f"質問{i}：精米とは何ですか。"}
                f.write(json.dumps({"prompt": [turn]}, ensure_ascii=False) + "\n")
        # The stub drips for ever and sometimes never answers: five seconds are its patience.
        settings = {
            "model": "rice",
            "engine": "server",
            "url": url,
            "n": options.n,
            "concurrency": options.concurrency,
            "max_tokens": options.max_tokens,
            "timeout": 600 if options.vllm else 5,
        }
        self.recipe = folder / "load.yaml"
        entry = {
            "from": {"files": str(prompts), "kind": "prompts"},
            "steps": [{"generate.respond": settings}],
        }
        self.recipe.write_text(json.dumps({"name": "load", "seed": 17, "candidates": entry}))

    def run(self) -> None:
        """Run to the end, over kills."""
        marks = [self.wanted * k // (self.options.kills + 1) for k in range(1, self.options.kills + 1)]
        began = time.monotonic()
        for mark in [*marks, None]:
            command = [Path(sys.executable).with_name("seimai"), "run", self.recipe, "--out", self.out]
            process = subprocess.Popen(command)
            try:
                while process.poll() is None:
                    self.sample(process.pid)
                    if mark is not None and self.answered() >= mark:
                        process.send_signal(signal.SIGKILL)
                    if time.monotonic() - began > 60 * self.options.minutes:
                        self.ended = f"ended after {self.options.minutes:g} minutes"
                        process.send_signal(signal.SIGKILL)
                    time.sleep(0.5)
            finally:
                process.kill()
                process.wait()
        self.seconds = time.monotonic() - began

    def answered(self) -> int:
        """Candidates in the journal."""
        found = list(self.out.glob("**/journal.jsonl"))
        return found[0].read_bytes().count(b"\n") if found else 0

    def sample(self, pid: int) -> None:
        """Memory of the process by tenths of the work, and its CPU time."""
        try:
            status = Path(f"/proc/{pid}/status").read_text()
            ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        except (FileNotFoundError, ProcessLookupError):
            return
        self.cpu = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        resident = [line for line in status.splitlines() if line.startswith("VmRSS")]
        if resident and (done := self.answered()):
            self.memory[min(10, 10 * done // self.wanted)] = int(resident[0].split()[1]) / 1024

    def tell(self) -> None:
        """Print what was counted on both sides."""
        print(f"{self.options.prompts:,} prompts x {self.options.n}, {self.options.concurrency} at a time")
        if self.ended:
            print(f"{self.ended}: {self.answered():,} of {self.wanted:,} candidates")
        if not self.options.vllm:
            counts = httpx.get(self.url + "/counts", timeout=60).json()
            faults = counts.pop("faults")
            print("at the server:", ", ".join(f"{k} {v:,}" for k, v in counts.items()))
            print("  ", ", ".join(f"{k} {v:,}" for k, v in faults.items()))
        made = [d for d in self.out.glob("candidates-*") if Dataset.is_whole(d)]
        if made:
            self.compare(Dataset(made[0]))
        print("RSS at", ", ".join(f"{10 * k} %: {v:.0f} MB" for k, v in sorted(self.memory.items())))
        print(
            f"{self.seconds:.1f} s, {self.cpu:.1f} s of CPU, {self.wanted / self.seconds:,.0f} candidates/s"
        )

    def compare(self, dataset: Dataset) -> None:
        """Candidates in the dataset: each exactly once, with the text of its own prompt and seed."""
        rows = pl.concat(dataset.kept.frames())
        found = rows.explode("responses").select(
            asked=pl.col("prompt").list.last().struct.field("content"),
            text=pl.col("responses").struct.field("text"),
            seed=pl.col("responses").struct.field("sampling").str.json_path_match("$.seed"),
        )
        used = dataset.manifest["metrics"]["usage"][0]
        print(f"in the dataset: {dataset.manifest['rows']}, {used}")
        print(f"   candidates {found.height:,}, distinct {found.select('asked', 'seed').n_unique():,}")
        if not self.options.vllm:
            wrong = found.filter(pl.col("text") != pl.concat_str("asked", "seed", separator=" ")).height
            print(f"   answers to something else: {wrong}")
        whole = found.height + used["failed"]
        print(f"   answered or reported as failed: {whole:,} of {self.wanted:,}")


@contextmanager
def stub() -> Iterator[str]:
    """The server that misbehaves."""
    port = free_port()
    with serving([sys.executable, HERE / "misbehaving_server.py", str(port)], {}, port) as url:
        yield url


@contextmanager
def vllm_server(python: str, folder: Path) -> Iterator[str]:
    """The server of vLLM, with a tiny model."""
    sys.path.insert(0, str(HERE.parent / "tests/generate"))
    from tiny_model import save_model

    port = free_port()
    model = str(save_model(folder) / "model")
    command = [python, "-m", "vllm.entrypoints.openai.api_server", "--model", model, "--port", str(port)]
    with serving([*command, *VLLM.split()], QUIET | OFFLINE, port) as url:
        yield url


@contextmanager
def serving(command: list[str | Path], environment: dict[str, str], port: int) -> Iterator[str]:
    """A server process, once it is up."""
    url = f"http://127.0.0.1:{port}/v1"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=os.environ | environment, start_new_session=True, **quiet)
    try:
        for _ in range(600):
            try:
                httpx.get(url + "/models", timeout=2)
                break
            except httpx.TransportError:
                if process.poll() is not None:
                    sys.exit(f"{command[0]} ended with {process.returncode}")
                time.sleep(0.5)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


if __name__ == "__main__":
    main()
