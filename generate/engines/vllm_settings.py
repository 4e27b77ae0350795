"""What the vLLM worker is told before it loads the model: files, adapter, context, memory on a CPU."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generate.engines.model_files import ADAPTER, ModelFiles
from seimai.errors import SeimaiError

LONGEST = 8192
"""Tokens of a prompt and its answer on a CPU, where models of 128,000 and more would need all the memory."""
GIB = 1 << 30
SMALLEST_CACHE = 2
"""GiB of key-value cache on a CPU: 23 conversations of 2,000 tokens of a model of 135 million weights."""
RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""The ranks that vLLM makes room for."""


def worker_settings(files: ModelFiles, args: Mapping[str, Any]) -> dict[str, Any]:
    """The first line to the worker.

    On a CPU vLLM sets the memory for keys and values aside beforehand and refuses to start where it does
    not hold one conversation of full length. So the length is the model's, at most `LONGEST`, and no more
    than a quarter of the machine's memory holds; the memory is what one such conversation needs, or more.

    Raises:
        SeimaiError: if an adapter stands on an adapter, which vLLM cannot load.
    """
    if len(files.adapters) > 1:
        raise SeimaiError("vLLM takes one adapter on a full model, not an adapter on an adapter")
    adapter = files.adapters[0] if files.adapters else None
    rank = json.loads((Path(adapter) / ADAPTER).read_text("utf-8"))["r"] if adapter else 0
    limit, token_bytes = _measures(files)
    most = max(SMALLEST_CACHE * GIB, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4)
    context = min(limit, LONGEST, max(1, most // token_bytes))
    longest = args.get("max_model_len")
    needed = (longest if isinstance(longest, int) and longest > 0 else context) * token_bytes
    return {
        "parent": os.getpid(),
        "model": files.base,
        "tokenizer": files.tokenizer,
        "adapter": adapter,
        "rank": next((r for r in RANKS if r >= rank), rank),
        "context": context,
        "cpu_cache": max(SMALLEST_CACHE, -(-needed // GIB)),
        "args": dict(args),
    }


def _measures(files: ModelFiles) -> tuple[int, int]:
    """How many tokens the model can see, and the bytes of one token's keys and values in float32."""
    import transformers

    configs: Any = transformers.AutoConfig
    config = configs.from_pretrained(files.base).get_text_config()
    limit: object = getattr(config, "max_position_embeddings", None)
    heads = getattr(config, "num_key_value_heads", None) or getattr(config, "num_attention_heads", 0) or 1
    width = getattr(config, "head_dim", None) or getattr(config, "hidden_size", 0) // (
        getattr(config, "num_attention_heads", 0) or 1
    )
    layers = getattr(config, "num_hidden_layers", 0) or 1
    token_bytes = 2 * layers * heads * max(width, 1) * 4
    return (limit if isinstance(limit, int) and limit > 0 else LONGEST), token_bytes
