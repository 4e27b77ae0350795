"""Changed filters as a recipe and a command line have them."""

import json
import re
from collections.abc import Sequence
from typing import Any, cast

from rich.console import Console
from rich.text import Text
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from seimai.step import Filter
from seimai.tuning.lineage import Entry
from seimai.tuning.thresholds import filters_of, written


def commands(entry: Entry, new: Entry, settings: Sequence[str], console: Console) -> None:
    """How to make it so."""
    console.print(Text("To make it so:", style="bold"))
    line = "".join(f" --set {_quoted(s)}" for s in settings)
    console.print(Text(f"  seimai run RECIPE {entry.name}{line}"), soft_wrap=True)
    console.print(Text("or, in the recipe:"))
    old = [f for _, _, f in filters_of(entry)]
    for before, (_, _, step) in zip(old, filters_of(new), strict=True):
        if before != step:
            console.print(Text(f"  - {step.path()}: {_flow(_given(step))}"), soft_wrap=True)


def _quoted(setting: str) -> str:
    return setting if re.fullmatch(r"[\w.=,:/+-]+", setting) else "'" + setting.replace("'", "'\\''") + "'"


def _given(step: Filter) -> dict[str, Any]:
    """The parameters that differ from their defaults, as a recipe has them."""
    computed = set(type(step).model_computed_fields)
    return step.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=computed)


def _flow(value: Any) -> str:
    """A value as YAML on one line.

    >>> _flow({"preset": "seimai-ja", "except": {"hiragana_ratio": 0.15, "too_short": None}})
    '{preset: seimai-ja, except: {hiragana_ratio: 0.15, too_short: null}}'
    """
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return "{" + ", ".join(f"{_flow(k)}: {_flow(v)}" for k, v in pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(v) for v in cast("list[Any]", value)) + "]"
    if isinstance(value, float):
        return written(value)
    if isinstance(value, str):
        return value if _plain(value) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def _plain(value: str) -> bool:
    parser: Any = YAML(typ="safe")
    try:
        return bool(re.fullmatch(r"[\w./+-]+", value)) and parser.load(value) == value
    except YAMLError:
        return False
