"""Responses as rows hold them: those of a model, and those that no model was asked for."""

import json
from typing import Any

from generate.asks import Asks
from generate.engine import Candidate, Sampling
from seimai.rows import row_id


def model_response(
    name: str, candidate: Candidate, step: Asks, model: str, sampling: Sampling, **more: str
) -> dict[str, Any]:
    """What a model said to a step, under the id `name`; `more` is recorded beside how it was sampled."""
    settings: dict[str, Any] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "seed": candidate.seed,
        "tokens": candidate.tokens,
        "finish": candidate.finish,
    }
    if candidate.logprob is not None:
        settings["logprob"] = candidate.logprob
    return {
        "id": name,
        "text": candidate.text.strip(),
        "engine": step.engine,
        "model": model,
        "sampling": json.dumps(settings | more),
        "scores": [],
    }


def written_response(row: str, text: str) -> dict[str, Any]:
    """People's own answer, or a passage of a document; `row` names the prompt that it belongs to."""
    return {
        "id": row_id(row, "written", None, text),
        "text": text,
        "engine": "written",
        "model": None,
        "sampling": None,
        "scores": [],
    }
