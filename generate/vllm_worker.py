"""The process that vLLM lives in: JSON lines in, JSON lines out.

Run by `generate.vllm_process` as `PYTHON -P generate/vllm_worker.py`, by path because PYTHON may belong to
a virtual environment that has vLLM and nothing of ours: this file imports the standard library and vLLM
only. The first line in holds the settings, each further line a request; the first line out says that the
model is loaded, each further line is one candidate. What vLLM prints goes to the standard error.
"""

# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import json
import os
import queue
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO

IN_FLIGHT = 512
"""Candidates that vLLM schedules among; more would only use memory."""


def environment() -> None:
    """Settings that vLLM reads on import; what the user has set stays.

    On a CPU vLLM binds its threads to the cores that it leaves to itself, one of two on a small machine,
    and lets them spin.
    """
    cores = str(len(os.sched_getaffinity(0)))
    for name, value in {
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "VLLM_CPU_KVCACHE_SPACE": "2",
        "OMP_NUM_THREADS": cores,
        "OMP_WAIT_POLICY": "PASSIVE",
    }.items():
        os.environ.setdefault(name, value)


def load(settings: dict[str, Any]) -> Any:
    """Load the model."""
    from vllm import LLM
    from vllm.platforms import current_platform

    options: dict[str, Any] = {"model": settings["model"], "tokenizer": settings["tokenizer"]}
    if settings["adapter"]:
        options |= {"enable_lora": True, "max_lora_rank": settings["rank"], "max_loras": 1}
    if current_platform.is_cpu():
        # A request with a seed of its own that is read in chunks crashes vLLM 0.32 on a CPU ("CPU Generator
        # does not use offset"); unchunked, vLLM must be able to take the longest prompt in one step.
        options |= {"dtype": "float32", "enable_chunked_prefill": False, "enforce_eager": True}
        options["max_model_len"] = settings["context"]
        options["max_num_batched_tokens"] = max(settings["context"], 8192)
    return LLM(**options)


def serve(llm: Any, settings: dict[str, Any], lines: Iterator[str], out: TextIO) -> None:
    """Answer requests until there are no more; vLLM always has `IN_FLIGHT` candidates to schedule."""
    from vllm.lora.request import LoRARequest

    adapter = LoRARequest("adapter", 1, settings["adapter"]) if settings["adapter"] else None
    todo: queue.Queue[dict[str, Any] | None] = queue.Queue(IN_FLIGHT)
    threading.Thread(target=_read, args=(lines, todo), daemon=True).start()
    engine, running, is_open, ending = llm.llm_engine, dict[str, dict[str, Any]](), True, False
    while is_open or running:
        while is_open and len(running) < IN_FLIGHT:
            try:
                request = todo.get(block=not running and not ending)
            except queue.Empty:
                break
            if request is None:
                is_open = False
            elif request.get("end"):
                ending = True
            else:
                _start(engine, request, adapter, running, out)
        if not running:
            if ending:
                _tell(out, {"end": True})
                ending = False
            continue
        for result in engine.step():
            if result.finished:
                _tell(out, _result(running.pop(result.request_id), result.outputs[0]))


def _read(lines: Iterator[str], todo: "queue.Queue[dict[str, Any] | None]") -> None:
    for line in lines:
        todo.put(json.loads(line))
    todo.put(None)


def _start(
    engine: Any,
    request: dict[str, Any],
    adapter: Any,
    running: dict[str, dict[str, Any]],
    out: TextIO,
) -> None:
    from vllm import SamplingParams

    length = engine.model_config.max_model_len
    if len(request["tokens"]) >= length:
        error = f"a prompt of {len(request['tokens'])} tokens leaves no room in a context of {length}"
        _tell(out, {"key": request["key"], "candidate": {"seed": request["seed"], "error": error}})
        return
    name = f"{request['key']}-{request['seed']}"
    sampling = {name: request["sampling"][name] for name in ("temperature", "top_p", "max_tokens")}
    params = SamplingParams(**sampling, seed=request["seed"])
    engine.add_request(name, {"prompt_token_ids": request["tokens"]}, params, lora_request=adapter)
    running[name] = request


def _result(request: dict[str, Any], output: Any) -> dict[str, Any]:
    finish = output.finish_reason or ""
    candidate = {
        "seed": request["seed"],
        "text": output.text,
        "tokens": len(output.token_ids),
        "finish": finish,
        "prompt_tokens": len(request["tokens"]),
    }
    return {"key": request["key"], "candidate": candidate}


def _tell(out: TextIO, record: dict[str, Any]) -> None:
    out.write(json.dumps(record, ensure_ascii=False) + "\n")
    out.flush()


def main() -> None:
    """Serve the process that started this one."""
    environment()
    # vLLM and its children print to the standard output: they get the standard error, the answers the rest.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lines = iter(os.fdopen(0, encoding="utf-8"))
    settings: dict[str, Any] = json.loads(next(lines))
    llm = load(settings)
    _tell(out, {"ready": True})
    serve(llm, settings, lines, out)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
