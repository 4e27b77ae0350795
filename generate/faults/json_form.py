"""Responses that must be JSON, and JSON of a shape: read, never run, and nothing is fetched for it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from generate.faults.exchange import Exchange
from seimai.errors import SeimaiError

FENCE = re.compile(r"\A```(?:json)?\s*\n(.*?)\n?\s*```\Z", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class JsonForm:
    """What the whole response must be; a fence of Markdown around it is passed over."""

    validator: Any = None
    """Of a JSON Schema; None: any JSON object or array."""

    def broken(self, e: Exchange) -> float:
        """1 where the response is no JSON object or array, or not as the schema has it.

        >>> [JsonForm().broken(Exchange("", "", text)) for text in ('{"量": 3}', "量は3です。", "3")]
        [0.0, 1.0, 1.0]
        """
        text = e.text.strip()
        fenced = FENCE.match(text)
        try:
            # NaN and Infinity are Python's, not JSON's.
            value = json.loads(fenced.group(1) if fenced else text, parse_constant=_refuse)
        except (ValueError, RecursionError):
            return 1.0
        if self.validator is None:
            return 0.0 if isinstance(value, dict | list) else 1.0
        try:
            return 0.0 if self.validator.is_valid(value) else 1.0
        except RecursionError:
            return 1.0


def json_schema(path: Path) -> JsonForm:
    """Read a JSON Schema (the draft that it names, else 2020-12); references to other files are refused.

    Raises:
        SeimaiError: if the file is no JSON or no schema, or refers to what is not in it.
    """
    try:
        import jsonschema
        import referencing
        from jsonschema.validators import validator_for
    except ImportError:
        raise SeimaiError(
            "json_schema needs the package jsonschema: pip install 'seimai[generate]'"
        ) from None
    try:
        found: Any = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as e:
        raise SeimaiError(f"the JSON schema {path} cannot be read: {e}") from e
    if not isinstance(found, dict):
        raise SeimaiError(f"{path} is no JSON schema: it is no object")
    schema = cast("dict[str, Any]", found)
    draft: Any = validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        draft.check_schema(schema)
    except jsonschema.SchemaError as e:
        raise SeimaiError(f"{path} is no JSON schema: {e.message}") from None
    for target in _references(schema):
        if not target.startswith("#"):
            raise SeimaiError(f"{path} refers to {target}: a schema must stand in one file")
    # Empty: the default one fetches what a schema refers to.
    registry = cast(Any, referencing.Registry)()
    return JsonForm(draft(schema, registry=registry))


def _references(schema: Any) -> list[str]:
    found: list[str] = []
    todo: list[Any] = [schema]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            found += [v for k, v in node.items() if k in ("$ref", "$dynamicRef") and isinstance(v, str)]  # pyright: ignore[reportUnknownVariableType]
            todo += node.values()
        elif isinstance(node, list):
            todo += node
    return found


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
