"""Which engines can run here, and why not: what `seimai doctor` asks the generate stage."""

import asyncio
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

from generate.engines.setup_vllm import BROKEN_ON_CPU
from generate.engines.vllm_home import remembered, vllm_python
from seimai.doctor import Check, Finding
from seimai.doctoring.probe import Said, probe
from seimai.errors import SeimaiError

_TRANSFORMERS = """
import json
import jinja2, torch, transformers
from transformers import AutoModelForCausalLM, LlamaForCausalLM
torch.ones(8, 8) @ torch.ones(8, 8)
where = "GPU" if torch.cuda.is_available() else "CPU"
print(json.dumps({"torch": torch.__version__, "transformers": transformers.__version__, "where": where}))
"""
_TRAP = """
import importlib, importlib.util, json, sys
found = {"there": importlib.util.find_spec("vllm") is not None, "trap": []}
for name in sys.argv[1:] if importlib.util.find_spec("torch") else ():
    if importlib.util.find_spec(name):
        try: importlib.import_module(name)
        except Exception: found["trap"].append(name)
print(json.dumps(found))
"""
_VLLM = """
import json
import torch, vllm
from transformers import LlamaForCausalLM
from vllm.platforms import current_platform
where = "GPU" if current_platform.is_cuda_alike() else "CPU"
print(json.dumps({"vllm": vllm.__version__, "torch": torch.__version__, "where": where}))
"""
_RAY = "import json, ray\nprint(json.dumps({'ray': ray.__version__}))"
_CLUSTER = """
import json, sys
import ray
try: ray.init(address=sys.argv[1], log_to_driver=False, logging_level="ERROR")
except ConnectionError as e: sys.exit(str(e).split(".")[0])
has = ray.cluster_resources()
print(json.dumps({"nodes": len(ray.nodes()), "cpus": has.get("CPU", 0), "gpus": has.get("GPU", 0)}))
"""
SLOW = 300.0
"""Seconds that the first import of vLLM from a cold or a network disk may take; 10 to 30 are usual."""


def checks(url: str | None, python: str | None, on: str | None) -> Iterator[Check]:
    """One check an engine; a server only where one is named.

    Raises:
        SeimaiError: if `on` names no cluster.
    """
    if on not in (None, "ray") and not str(on).startswith("ray://"):
        raise SeimaiError(f"--on {on}: choose ray or ray://HOST:PORT")
    yield transformers
    yield partial(vllm, vllm_python(python))
    yield partial(ray, on)
    if url is not None:
        yield partial(server, url)


def transformers() -> Finding:
    """The default engine: PyTorch computes, and a model's code can be imported."""
    name = "engine: transformers"
    said = probe(_TRANSFORMERS, timeout=SLOW)
    if not said.error:
        versions = f"transformers {said.found['transformers']}, torch {said.found['torch']}"
        return Finding(name, "ok", f"{versions}, on the {said.found['where']}", decides=True)
    if "ModuleNotFoundError" in said.error:
        return Finding(name, "missing", said.error, "pip install 'seimai[generate]'", decides=True)
    mend = _mend_trap(probe(_TRAP, *BROKEN_ON_CPU, timeout=SLOW), sys.executable)
    return Finding(
        name, "broken", said.error, mend or "pip install --force-reinstall torch transformers", True
    )


def vllm(python: str) -> Finding:
    """VLLM's interpreter: whether it has vLLM, and whether that can be imported."""
    name = "engine: vllm"
    trap = probe(_TRAP, *BROKEN_ON_CPU, python=python, timeout=SLOW)
    if trap.error:
        return Finding(name, "broken", f"{python}: {trap.error}", "seimai generate setup-vllm")
    if not trap.found["there"]:
        made = remembered()
        cut = f"; the setup of {made.venv} did not end" if made and not made.is_ready else ""
        return Finding(name, "missing", f"not installed for {python}{cut}", "seimai generate setup-vllm")
    said = probe(_VLLM, python=python, timeout=SLOW)
    if said.error:
        mend = _mend_trap(trap, python) or "seimai generate setup-vllm"
        return Finding(name, "broken", f"{python}: {said.error}", mend)
    versions = f"vllm {said.found['vllm']}, torch {said.found['torch']}, on the {said.found['where']}"
    return Finding(name, "ok", f"{versions}: {python}")


def _mend_trap(trap: Said, python: str) -> str:
    """What to remove where builds for another PyTorch keep `transformers` from loading; "" where none do."""
    broken: list[str] = list(trap.found.get("trap", []))
    return f"{python} -m pip uninstall -y {' '.join(broken)}" if broken else ""


def ray(on: str | None) -> Finding:
    """Ray's package, and the cluster where one is named."""
    name = "engine: ray"
    said = probe(_RAY)
    if said.error:
        state = "missing" if "ModuleNotFoundError" in said.error else "broken"
        return Finding(name, state, said.error, "pip install 'seimai[ray]'")
    version = f"ray {said.found['ray']}"
    if on is None:
        return Finding(name, "ok", f"{version}; its replicas need the engine vllm on each node")
    cluster = probe(_CLUSTER, "auto" if on == "ray" else on, timeout=60)
    if cluster.error:
        return Finding(name, "missing", f"{version}; {cluster.error}", "ray start --head")
    found = cluster.found
    counts = f"{found['nodes']} nodes, {found['cpus']:.0f} CPUs, {found['gpus']:.0f} GPUs"
    return Finding(name, "ok", f"{version}; a cluster of {counts}")


def server(url: str) -> Finding:
    """What an OpenAI-compatible server says that it serves."""
    name = "engine: server"
    try:
        import httpx
    except ModuleNotFoundError as e:
        return Finding(name, "missing", f"{type(e).__name__}: {e}", "pip install 'seimai[generate]'")
    from generate.engines.connection import HEADER, TOKEN, header, opener, token

    async def ask() -> "httpx.Response":
        async with opener(url, header(HEADER, token(TOKEN)), 10.0)() as connection:
            return await connection.get("models", timeout=30.0)

    try:
        reply = asyncio.run(ask())
    except SeimaiError as e:
        return Finding(name, "broken", str(e), f"set {TOKEN} anew")
    except (httpx.HTTPError, httpx.InvalidURL) as e:
        said = str(e) or type(e).__name__
        return Finding(
            name, "missing", f"no server answers at {url}: {said}", "start it, or name another --url"
        )
    if reply.status_code in (401, 403):
        return Finding(name, "broken", f"{url} refuses the token (HTTP {reply.status_code})", f"set {TOKEN}")
    models = _models(reply) if reply.status_code == 200 else None
    if models is None:
        told = f"{url}/models says no list of models (HTTP {reply.status_code})"
        return Finding(name, "broken", told, "name the base URL: it mostly ends in /v1")
    return Finding(name, "ok", f"{url} serves {', '.join(models) or 'no model'}")


def _models(reply: Any) -> list[str] | None:
    """Names, and what vLLM and llama.cpp tell beside them; None: this is no list of models."""
    try:
        return [_model(dict(model)) for model in reply.json()["data"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _model(told: dict[str, Any]) -> str:
    meta: dict[str, Any] = told.get("meta") or {}
    context: object = told.get("max_model_len") or meta.get("n_ctx_train")
    by = [str(told["owned_by"])] if told.get("owned_by") else []
    more = by + ([f"{context} tokens of context"] if isinstance(context, int) else [])
    return str(told["id"])[:100] + (f" ({', '.join(more)})" if more else "")
