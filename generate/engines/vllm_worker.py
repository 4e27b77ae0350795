"""The process that vLLM lives in: JSON lines in, JSON lines out.

Run by `generate.engines.vllm_process` as `PYTHON -P generate/engines/vllm_worker.py`, by path because PYTHON
may belong to a virtual environment that has vLLM and nothing of ours: this file imports the standard library
and vLLM only. The first line in holds the settings, each further line a request or the end of a stream of
them; the first line out says that the model is loaded (or what of the settings is refused), each further line
is one candidate or the end of the answers to a stream. What vLLM prints goes to the standard error.
"""

# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import dataclasses
import difflib
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, TextIO

FIXED = ("model", "tokenizer", "enable_lora", "max_lora_rank", "max_loras", "logprobs_mode")
"""Arguments of vLLM that are set here: the recipe says them otherwise, or they keep a promise."""


class Refused(Exception):
    """What the settings ask for cannot be done; the text is for the user."""


def environment(settings: dict[str, Any]) -> None:
    """Settings that vLLM reads on import; what the user has set stays.

    On a CPU vLLM binds its threads to the cores that it leaves to itself, one of two on a small machine,
    and lets them spin.
    """
    cores = str(len(os.sched_getaffinity(0)))
    for name, value in {
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "VLLM_CPU_KVCACHE_SPACE": str(settings["cpu_cache"]),
        "OMP_NUM_THREADS": cores,
        "OMP_WAIT_POLICY": "PASSIVE",
    }.items():
        os.environ.setdefault(name, value)


def load(settings: dict[str, Any]) -> Any:
    """Load the model.

    Raises:
        Refused: if vLLM has no such argument, or the argument is set here.
    """
    from vllm import LLM
    from vllm.platforms import current_platform

    _check(settings["args"])
    options: dict[str, Any] = {"model": settings["model"], "tokenizer": settings["tokenizer"]}
    if settings["adapter"]:
        options |= {"enable_lora": True, "max_lora_rank": settings["rank"], "max_loras": 1}
    if current_platform.is_cpu():
        # A request with a seed of its own that is read in chunks crashes vLLM 0.32 on a CPU ("CPU Generator
        # does not use offset"); unchunked, vLLM must be able to take the longest prompt in one step.
        longest = settings["args"].get("max_model_len", settings["context"])
        options |= {"dtype": "float32", "enable_chunked_prefill": False, "enforce_eager": True}
        options |= {"max_model_len": longest, "max_num_batched_tokens": max(longest, 8192)}
    return LLM(**options | settings["args"])


def _check(args: dict[str, Any]) -> None:
    from vllm import EngineArgs

    known: set[str] = {field.name for field in dataclasses.fields(EngineArgs)}
    for name in args:
        if name in FIXED:
            raise Refused(f"args: {name} is not for a recipe to set")
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise Refused(f"args: vLLM has no {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


def serve(llm: Any, settings: dict[str, Any], lines: Iterator[str], out: TextIO) -> None:
    """Answer requests until there are no more; vLLM always has enough candidates to schedule among.

    The end of one stream of requests is told when all its answers are; the end of the input ends all.
    """
    from vllm.lora.request import LoRARequest

    adapter = LoRARequest("adapter", 1, settings["adapter"]) if settings["adapter"] else None
    engine = llm.llm_engine
    # Twice what it can run together: more would only use memory.
    in_flight = 2 * engine.vllm_config.scheduler_config.max_num_seqs
    todo: queue.Queue[dict[str, Any] | None] = queue.Queue(in_flight)
    threading.Thread(target=_read, args=(lines, todo), daemon=True).start()
    running, is_open, is_ending = dict[str, dict[str, Any]](), True, False
    while is_open or running:
        while is_open and not is_ending and len(running) < in_flight:
            try:
                request = todo.get(block=not running)
            except queue.Empty:
                break
            if request is None:
                is_open = False
            elif request.get("end"):
                is_ending = True
            else:
                _start(engine, request, adapter, running, out)
        if running:
            for result in engine.step():
                if result.finished:
                    _tell(out, _result(running.pop(result.request_id), result.outputs[0]))
        elif is_ending:
            _tell(out, {"end": True})
            is_ending = False


def _read(lines: Iterator[str], todo: "queue.Queue[dict[str, Any] | None]") -> None:
    for line in lines:
        todo.put(json.loads(line))
    todo.put(None)


def _start(
    engine: Any, request: dict[str, Any], adapter: Any, running: dict[str, dict[str, Any]], out: TextIO
) -> None:
    """Hand vLLM the candidates of a request: each by itself, because each has a seed of its own."""
    prompt = {"prompt_token_ids": request["tokens"]}
    try:
        length = engine.model_config.max_model_len
        if len(request["tokens"]) >= length:
            raise ValueError(
                f"a prompt of {len(request['tokens'])} tokens leaves no room in a context of {length}"
            )
        for seed in request["seeds"]:
            name = f"{request['key']}-{seed}"
            engine.add_request(name, prompt, _params(request, seed), lora_request=adapter)
            running[name] = request | {"seed": seed}
    except Exception as e:
        if type(e).__name__ == "EngineDeadError":
            raise  # not this request's fault
        for seed in request["seeds"]:
            if f"{request['key']}-{seed}" not in running:
                _tell(out, {"key": request["key"], "candidate": {"seed": seed, "error": str(e)}})


def _params(request: dict[str, Any], seed: int) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

    sampling: dict[str, Any] = request["sampling"]
    choices: list[str] = sampling["choices"]
    # A choice is said to its end: no token is less than a byte, and one ends the sequence.
    longest = max((len(c.encode()) + 1 for c in choices), default=0)
    return SamplingParams(
        temperature=sampling["temperature"],
        top_p=sampling["top_p"],
        max_tokens=longest or sampling["max_tokens"],
        seed=seed,
        stop=[] if choices else request["stop"],
        stop_token_ids=[] if choices else request["stop_tokens"],
        logprobs=0 if sampling["logprobs"] else None,
        structured_outputs=StructuredOutputsParams(choice=choices) if choices else None,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def _result(request: dict[str, Any], output: Any) -> dict[str, Any]:
    candidate = {
        "seed": request["seed"],
        "text": output.text,
        "tokens": len(output.token_ids),
        "finish": output.finish_reason or "",
        "prompt_tokens": len(request["tokens"]),
        "logprob": output.cumulative_logprob if request["sampling"]["logprobs"] else None,
    }
    choices = request["sampling"]["choices"]
    if choices and output.text not in choices:
        error = f"the model said {output.text[:100]!r}, which is none of the choices"
        candidate = {"seed": request["seed"], "error": error}
    return {"key": request["key"], "candidate": candidate}


def _tell(out: TextIO, record: dict[str, Any]) -> None:
    out.write(json.dumps(record, ensure_ascii=False) + "\n")
    out.flush()


def watch(parent: int) -> None:
    """End with the process that started this one, however that one ends, and take vLLM's children along.

    The end of the input would not do: a process that the parent has started may still hold it open, and
    nobody reads it while the model is loaded or an answer is written.
    """
    while os.getppid() == parent:
        time.sleep(1)
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def main() -> int:
    """Serve the process that started this one."""
    # vLLM and its children print to the standard output: they get the standard error, the answers the rest.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lines = iter(os.fdopen(0, encoding="utf-8"))
    settings: dict[str, Any] = json.loads(next(lines))
    threading.Thread(target=watch, args=(settings["parent"],), daemon=True).start()
    environment(settings)
    try:
        llm = load(settings)
    except Refused as e:
        _tell(out, {"refused": str(e)})
        return 2
    _tell(out, {"ready": True})
    serve(llm, settings, lines, out)
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.exit(code)
