"""What goes over the wire to an OpenAI-compatible server and what comes back, read with suspicion.

A server's words are data: nothing in them decides more than whether there is an answer, and which.
"""

import json
import math
import re
from collections.abc import Sequence
from typing import Any, cast

from generate.engine import Candidate, Request

LONGEST_COMPLAINT = 300
"""Characters of an error that a row keeps: a sentence or two, not a page of HTML."""


class Malformed(ValueError):
    """A reply that is no chat completion; asked again, it may be one."""


def body(request: Request, seed: int, model: str) -> bytes:
    """One candidate's request as JSON.

    `choices` go as a JSON schema whose only values they are, the one form that vLLM (0.32), llama.cpp's
    server and OpenAI-like gateways share. A chosen text needs at most a token for each byte of its JSON.
    llama.cpp gives log-probabilities of chosen tokens only where `top_logprobs` is above 0.
    """
    sampling = request.sampling
    content: dict[str, Any] = {
        "model": model,
        "messages": list(request.messages),
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "seed": seed,
        "stream": False,
    }
    if sampling.stop:
        content["stop"] = list(sampling.stop)
    if sampling.logprobs:
        content |= {"logprobs": True, "top_logprobs": 1}
    if sampling.choices:
        schema = {"type": "string", "enum": list(sampling.choices)}
        form = {"name": "choice", "strict": True, "schema": schema}
        content["response_format"] = {"type": "json_schema", "json_schema": form}
        longest = max(len(_json(choice)) for choice in sampling.choices)
        content["max_tokens"] = max(sampling.max_tokens, longest)
    return _json(content)


def candidate(reply: bytes, request: Request, seed: int) -> Candidate:
    """The candidate in a reply; one with an error where the model said nothing that can be used.

    Raises:
        Malformed: if the reply is no chat completion.
    """
    try:
        content: dict[str, Any] = json.loads(reply)
        choice: dict[str, Any] = content["choices"][0]
        text: object = choice["message"]["content"]
        finish = str(choice.get("finish_reason") or "")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as e:
        why = complaint(reply)
        raise Malformed(f"not a chat completion ({type(e).__name__}): {why}") from e
    usage = content.get("usage")
    tokens = (_count(usage, "completion_tokens"), _count(usage, "prompt_tokens"))
    if not isinstance(text, str):
        return Candidate(seed, error=f"an answer without text (finish reason: {finish or 'none'})")
    text = _whole(text)
    if request.sampling.choices:
        chosen = _chosen(text, request.sampling.choices)
        if chosen is None:
            said = _short(f"the answer is none of the choices (finish reason: {finish or 'none'}): {text}")
            return Candidate(seed, error=said)
        text = chosen
    logprob = _logprob(choice) if request.sampling.logprobs else None
    return Candidate(seed, text, tokens[0], finish, prompt_tokens=tokens[1], logprob=logprob)


def complaint(reply: bytes) -> str:
    """What an error page says, in a line: the message of a JSON error, the title of an HTML page, or all.

    >>> complaint('{"error": {"message": "the prompt is too long", "code": 400}}'.encode())
    'the prompt is too long'
    >>> complaint("<html><head><title>502 Bad Gateway</title>".encode())
    '502 Bad Gateway'
    """
    text = reply[:65536].decode("utf-8", "replace")
    try:
        found: object = json.loads(reply)
    except (ValueError, RecursionError):
        found = None
    for _ in range(2):  # {"error": {"message": …}}, {"error": …}, {"message": …}, FastAPI's {"detail": …}
        if isinstance(found, dict):
            fields = cast("dict[str, object]", found)
            found = next((fields[k] for k in ("error", "message", "detail") if fields.get(k)), None)
    if isinstance(found, str):
        text = found
    elif title := re.search(r"(?is)<title[^>]*>(.*?)</title", text):
        text = title[1]
    return _short(text) or "nothing"


def _short(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= LONGEST_COMPLAINT else line[:LONGEST_COMPLAINT] + "…"


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _whole(text: str) -> str:
    """Half a surrogate pair, which JSON can carry and UTF-8 cannot, becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _chosen(text: str, choices: Sequence[str]) -> str | None:
    """The choice that an answer names: as a JSON string, or bare from a server that knows no schema."""
    if text.strip() in choices:
        return text.strip()
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, str) and found in choices else None


def _count(usage: object, name: str) -> int:
    number = cast("dict[str, object]", usage).get(name) if isinstance(usage, dict) else 0
    return number if isinstance(number, int) and number > 0 else 0


def _logprob(choice: dict[str, Any]) -> float | None:
    """The sum over all tokens of the answer, the one that ends it and a choice's quotes among them."""
    try:
        total = math.fsum(float(token["logprob"]) for token in choice["logprobs"]["content"])
    except (LookupError, TypeError, ValueError, OverflowError):
        return None
    return total if math.isfinite(total) else None
