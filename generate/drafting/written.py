"""Responses that no model was asked for: people's own answers, passages of documents."""

from typing import Any

from seimai.rows import row_id


def written_response(row: str, text: str) -> dict[str, Any]:
    """A response as `responses` has it; `row` names the prompt that it belongs to."""
    return {
        "id": row_id(row, "written", None, text),
        "text": text,
        "engine": "written",
        "model": None,
        "sampling": None,
        "scores": [],
    }
