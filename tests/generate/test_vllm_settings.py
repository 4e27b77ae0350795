import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from generate.engines.model_files import ModelFiles, find_model
from generate.engines.vllm_settings import GIB, LONGEST, SMALLEST_CACHE, worker_settings
from generate.respond import Respond
from seimai.errors import SeimaiError


def saved(folder: Path, **config) -> ModelFiles:
    from transformers import LlamaConfig

    LlamaConfig(**config).save_pretrained(folder)
    return find_model(str(folder))


def test_a_tiny_model_gets_all_of_its_context(tiny):
    settings = worker_settings(find_model(str(tiny)), {})
    assert (settings["context"], settings["cpu_cache"]) == (256, SMALLEST_CACHE)


def test_the_cache_holds_one_conversation_and_no_more_than_a_quarter_of_the_memory(tmp_path, monkeypatch):
    seven = saved(
        tmp_path,
        num_hidden_layers=32,
        num_attention_heads=32,
        hidden_size=4096,
        max_position_embeddings=131072,
    )
    token = 2 * 32 * 4096 * 4  # 1 MiB
    memory = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 16 * GIB // 4096}
    monkeypatch.setattr("os.sysconf", memory.__getitem__)
    small = worker_settings(seven, {})
    assert (small["context"], small["cpu_cache"]) == (4 * GIB // token, 4)
    memory["SC_PHYS_PAGES"] = 256 * GIB // 4096
    large = worker_settings(seven, {})
    assert (large["context"], large["cpu_cache"]) == (LONGEST, 8)
    assert worker_settings(seven, {"max_model_len": 32768})["cpu_cache"] == 32


def test_adapters_on_adapters_are_refused(tiny, tmp_path):
    files = find_model(str(tiny))
    for rank, room in ((1, 8), (16, 16), (17, 32), (512, 512)):
        (tmp_path / "adapter_config.json").write_text(json.dumps({"r": rank}))
        one = ModelFiles(files.base, (str(tmp_path),), files.tokenizer)
        assert worker_settings(one, {})["rank"] == room
    with pytest.raises(SeimaiError, match="not an adapter on an adapter"):
        worker_settings(ModelFiles(files.base, ("a", "b"), files.tokenizer), {})


def test_arguments_that_only_place_the_work_make_no_other_dataset():
    def step(**args) -> Respond:
        return Respond(model="base", engine="vllm", args=args)

    placed = step(tensor_parallel_size=2, gpu_memory_utilization=0.5)
    assert placed.shape() == step().shape()
    assert placed.engine_shape() == step().engine_shape() == {"engine": "vllm"}
    shaping = step(quantization="awq", tensor_parallel_size=2)
    assert shaping.shape()["args"] == {"quantization": "awq"}
    assert shaping.engine_shape() == {"engine": "vllm", "args": {"quantization": "awq"}}


def test_arguments_go_with_vllm():
    with pytest.raises(ValidationError, match="they go with engine: vllm"):
        Respond(model="base", args={"dtype": "float16"})
