"""vLLM for real, where a virtual environment has it: SEIMAI_VLLM_PYTHON names its interpreter."""

import os
from pathlib import Path

import polars as pl
import pytest
from tiny_model import make_job, make_rows, user

from generate.respond import Respond

PYTHON = os.environ.get("SEIMAI_VLLM_PYTHON", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="SEIMAI_VLLM_PYTHON names no interpreter with vLLM"),
]
PROMPTS = [{"id": f"p{i}", "prompt": user(f"質問{i}：精米とは何ですか。")} for i in range(8)]


def respond(folder: Path, place: Path, **parameters) -> pl.DataFrame:
    job, bars = make_job(folder, {"base": place})
    step = Respond(model="base", engine="vllm", python=PYTHON, **({"n": 3, "max_tokens": 32} | parameters))
    rows = make_rows(folder / "rows", "prompts", [*PROMPTS, {"id": "long", "prompt": user("玄米" * 400)}])
    frame = pl.concat(step.rewrite(rows, job), how="diagonal_relaxed")
    assert bars[0].done == bars[0].total == 9 * step.n
    return frame


def texts(frame: pl.DataFrame) -> list[list[str]]:
    return [[r["text"] for r in responses] for responses in frame["responses"].to_list()]


def test_candidates_from_vllm_and_a_prompt_that_is_too_long(tmp_path, tiny):
    frame = respond(tmp_path / "a", tiny)
    bad = frame.filter(pl.col("reason").is_not_null())
    assert bad["id"].to_list() == ["long"]
    good = frame.filter(pl.col("reason").is_null())
    assert good["id"].to_list() == [p["id"] for p in PROMPTS]
    assert all(len(set(found)) == 3 for found in texts(good))
    assert texts(respond(tmp_path / "b", tiny).filter(pl.col("reason").is_null())) == texts(good)


def test_greedy_decoding_agrees_with_transformers(tmp_path, tiny):
    found = [
        texts(respond(tmp_path / "vllm", tiny, n=1, temperature=0).head(8)),
        texts(_in_process(tmp_path / "transformers", tiny)),
    ]
    assert found[0] == found[1]


def _in_process(folder: Path, place: Path) -> pl.DataFrame:
    job, _ = make_job(folder, {"base": place})
    step = Respond(model="base", n=1, temperature=0, max_tokens=32)
    return pl.concat(step.rewrite(make_rows(folder / "rows", "prompts", PROMPTS), job))
