"""Personas: who asks, in a line each, from files of the user's or a set that comes with seimai."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, cast

from seimai.errors import SeimaiError
from seimai.step import Reference

FOLDER = Path(__file__).with_name("personas")
KEYS = ("persona", "text", "description")


def load_personas(reference: str | Path) -> list[str]:
    """The personas of a file, by its path or by the name of one that comes with seimai (`everyday`).

    A text file has one a line, and may have lines that begin with #. A file of JSON lines has texts, or
    objects with the key `persona`, `text` or `description`. Of equal ones the first is kept.

    >>> load_personas("everyday")[0]
    '定年退職して家庭菜園を始めた男性'

    Raises:
        SeimaiError: if there is no such file, or a line of it is no persona.
    """
    file = shipped_personas().get(str(reference), Path(reference))
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as e:
        raise SeimaiError(f"the personas {reference} cannot be read: {e}") from e
    found = dict[str, None]()
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            is_json = file.suffix in (".jsonl", ".ndjson")
            found[_persona(line, f"{file}, line {number}") if is_json else line.strip()] = None
    if not found:
        raise SeimaiError(f"{file} has no personas")
    return list(found)


def shipped_personas() -> Mapping[str, Path]:
    """The sets of personas that come with seimai, by name."""
    return {f.stem: f for f in sorted(FOLDER.glob("*.txt"))}


PersonasRef = Annotated[str, Reference(shipped=shipped_personas, check=load_personas)]
"""A parameter that names personas: a set that comes with seimai, or a file; its content enters the hash."""


def _persona(line: str, where: str) -> str:
    try:
        value: Any = json.loads(line)
    except ValueError as e:
        raise SeimaiError(f"{where} is no JSON: {e}") from e
    if isinstance(value, dict):
        keys = cast("dict[str, Any]", value)
        value = next((keys[k] for k in KEYS if k in keys), None)
    if not isinstance(value, str) or not value.strip():
        raise SeimaiError(f"{where} has no persona: a text, or an object with the key {', '.join(KEYS)}")
    return " ".join(value.split())
