"""Answers from Argilla, as they came."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from label.client import Argilla
from label.screen import COMMENT, QUESTION, Answer
from label.sides import Side
from seimai.dataset import write_atomically
from seimai.errors import SeimaiError


@dataclass(frozen=True)
class Response:
    """One reviewer's submitted answer to one pair."""

    pair: str
    reviewer: str
    answer: Answer
    comment: str | None
    at: str
    """When it was last changed, as the server says it."""
    a: Side
    """What the reviewer saw as A."""


@dataclass(frozen=True)
class Pulled:
    """All submitted answers, and how many times a reviewer skipped a pair."""

    responses: list[Response]
    discarded: int


def pull(argilla: Argilla, dataset_id: str, sides: Mapping[str, Side]) -> Pulled:
    """Read all submitted responses; drafts and skipped records are no answers."""
    names = argilla.usernames()
    responses: list[Response] = []
    discarded = 0
    for record in argilla.records(dataset_id):
        pair: str = record["external_id"]
        given: list[dict[str, Any]] = record.get("responses") or []
        for response in given:
            discarded += response["status"] == "discarded"
            if response["status"] == "submitted" and pair in sides:
                user: str = response["user_id"]
                responses.append(_response(pair, names.get(user, user), response, sides[pair]))
    return Pulled(responses, discarded)


def _response(pair: str, reviewer: str, response: Mapping[str, Any], left: Side) -> Response:
    values = response["values"]
    comment = values.get(COMMENT, {}).get("value")
    return Response(pair, reviewer, values[QUESTION]["value"], comment, response["updated_at"], left)


def write_capture(path: Path, responses: Iterable[Response]) -> None:
    """Keep the answers as JSON lines: from here on the dataset depends on this file, not on the server."""
    lines = (json.dumps(asdict(response), ensure_ascii=False) for response in responses)
    write_atomically(path, "".join(line + "\n" for line in lines).encode("utf-8"))


def read_capture(path: Path) -> list[Response]:
    """The answers of a capture.

    Raises:
        SeimaiError: if a line is not an answer.
    """
    responses: list[Response] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            responses.append(Response(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise SeimaiError(f"{path}:{number} is not a captured answer: {error}") from error
    return responses
