"""The recipe: a strict model over YAML. Each entry names a dataset or a model."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from seimai.dropped import Dropped
from seimai.errors import SeimaiError
from seimai.find import step_class
from seimai.places import Key, Places, load, nearest
from seimai.step import Step

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Entry:
    """One dataset or model: what it is made from and by which steps."""

    name: str
    parents: tuple[str, ...]
    """Names of entries; empty when the entry reads files."""
    files: Mapping[str, Any] | None
    """The `from:` mapping of an entry that reads files, as the reader validates it."""
    dropped: Dropped | None
    """The rows that a parent dropped, of an entry that is made from these."""
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Recipe:
    """A recipe file, validated as far as it can be without looking at data."""

    name: str
    seed: int
    entries: Mapping[str, Entry]
    places: Places

    @property
    def folder(self) -> Path:
        """The folder that the recipe's paths are relative to."""
        return self.places.file.resolve().parent

    def entry(self, name: str) -> Entry:
        """An entry by name.

        Raises:
            SeimaiError: if there is none; the nearest name is suggested.
        """
        if name not in self.entries:
            raise SeimaiError(f"{self.places.file} has no entry {name!r}{nearest(name, self.entries)}")
        return self.entries[name]


def load_recipe(path: Path, settings: list[str] | None = None) -> Recipe:
    """Read and validate a recipe; `settings` are `key=value` overrides from the command line.

    Raises:
        SeimaiError: naming file, line, key and the nearest valid value.
    """
    tree, places = load(path)
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)  # a user's own steps beside the recipe; last, so that they hide nothing
    if not isinstance(tree, dict):
        raise places.error((), "a recipe is a mapping: name, seed and the datasets to make")
    data: dict[str, Any] = tree  # pyright: ignore[reportUnknownVariableType]
    for setting in settings or []:
        _override(data, setting)
    name, seed = data.pop("name", path.stem), data.pop("seed", 0)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise places.error(("name",), f"{name!r} is no name: letters, digits, '-' and '_'")
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise places.error(("seed",), f"{seed!r} is no seed: a whole number from 0")
    if not data:
        raise places.error((), "the recipe names no dataset")
    entries = {key: _entry(key, body, places) for key, body in data.items()}
    for entry in entries.values():
        for parent in entry.parents:
            if parent not in entries:
                raise places.error((entry.name, "from"), f"no entry {parent!r}{nearest(parent, entries)}")
    return Recipe(name, seed, entries, places)


def _entry(name: str, body: Any, places: Places) -> Entry:
    if not NAME.fullmatch(name):
        raise places.error((name,), f"{name!r} is no name: letters, digits, '-' and '_'")
    if not isinstance(body, dict):
        raise places.error(
            (name,), f"unknown setting{nearest(name, ['name', 'seed'])}; a dataset has from and steps"
        )
    fields: dict[str, Any] = body  # pyright: ignore[reportUnknownVariableType]
    for key in fields:
        if key not in ("from", "steps"):
            raise places.error((name, key), f"unknown key{nearest(key, ['from', 'steps'])}")
    if "from" not in fields:
        raise places.error((name,), "says not what it is made from")
    steps: Any = fields.get("steps") or []
    if not isinstance(steps, list):
        raise places.error((name, "steps"), "must be a list of steps")
    calls = cast("list[Any]", steps)
    parents, files, dropped = _source(name, fields["from"], places)
    return Entry(
        name,
        parents,
        files,
        dropped,
        tuple(_step((name, "steps", i), c, places) for i, c in enumerate(calls)),
    )


def _source(
    name: str, source: Any, places: Places
) -> tuple[tuple[str, ...], Mapping[str, Any] | None, Dropped | None]:
    match source:
        case str():
            return (source,), None, None
        case [*names] if names and all(isinstance(n, str) for n in names):
            return tuple(str(n) for n in names), None, None
        case dict() if "dropped" in source:
            try:
                dropped = Dropped.model_validate(source)
            except ValidationError as e:
                raise parameter_error((name, "from"), e, Dropped.model_fields, places) from None
            return (dropped.dropped,), None, dropped
        case dict():
            return (), source, None  # pyright: ignore[reportUnknownVariableType]
        case _:
            message = "must be an entry, a list of entries, {files: ...} or {dropped: ...}"
            raise places.error((name, "from"), message)


def _step(key: Key, call: Any, places: Places) -> Step:
    path, parameters = _call(call)
    if not path:
        raise places.error(key, "a step is a name, or a name with its parameters")
    if not isinstance(parameters, dict):
        raise places.error((*key, path), f"parameters must be a mapping, not {parameters!r}")
    try:
        cls = step_class(path)
    except SeimaiError as e:
        raise places.error(key, str(e)) from None
    try:
        return cls.model_validate(parameters)
    except ValidationError as e:
        raise parameter_error((*key, path), e, cls.model_fields, places) from None
    except SeimaiError as e:  # of a parameter whose value no message may repeat
        raise places.error((*key, path), str(e)) from None


def _call(call: Any) -> tuple[str, Any]:
    """Name and parameters of a step as the recipe writes it; an empty name when it is neither form."""
    if isinstance(call, str):
        return call, {}
    if isinstance(call, dict) and len(cast("dict[str, Any]", call)) == 1:
        ((path, parameters),) = cast("dict[str, Any]", call).items()
        return path, {} if parameters is None else parameters
    return "", None


def parameter_error(
    key: Key, error: ValidationError, fields: Mapping[str, Any], places: Places
) -> SeimaiError:
    """A pydantic error as one sentence: the first problem, with its line and the nearest valid value."""
    first = error.errors(include_url=False)[0]
    where = (*key, *first["loc"])
    wrong = str(first["loc"][-1]) if first["loc"] else ""
    for outer in first["loc"][:-1]:  # a parameter that is itself a mapping: {lora: {r: 16}}
        fields = _fields_of(fields[str(outer)].annotation) if str(outer) in fields else {}
    if first["type"] == "extra_forbidden":
        return places.error(where, f"unknown parameter{nearest(wrong, fields)}")
    if first["type"] == "missing":
        return places.error(key, f"the parameter {wrong!r} is missing")
    hint = ""
    if first["type"] == "literal_error":
        choices = re.findall(r"'([^']+)'", str(first.get("ctx", {}).get("expected", "")))
        hint = nearest(str(first["input"]), choices)
        return places.error(where, f"{first['input']!r} is not allowed{hint}")
    return places.error(where, f"{first['msg'][0].lower()}{first['msg'][1:]}, not {first['input']!r}{hint}")


def _fields_of(annotation: Any) -> Mapping[str, Any]:
    """The fields of the model that an annotation names, `Model | None` included."""
    for choice in (annotation, *get_args(annotation)):
        if isinstance(choice, type) and issubclass(choice, BaseModel):
            return choice.model_fields
    return {}


def _override(data: dict[str, Any], setting: str) -> None:
    """Set `seed`, `ENTRY.STEP.KEY` or, in every entry that has the step, `STEP.KEY`."""
    key, equals, text = setting.partition("=")
    if not equals:
        raise SeimaiError(f"--set {setting}: expected key=value")
    try:
        parser: Any = YAML(typ="safe")
        value: Any = parser.load(text)
    except YAMLError:
        value = text
    if key in ("name", "seed"):
        data[key] = value
        return
    hits = 0
    for name, body in data.items():
        found: Any = cast("dict[str, Any]", body).get("steps") if isinstance(body, dict) else None
        steps = cast("list[Any]", found) if isinstance(found, list) else []
        for i, call in enumerate(steps):
            path, old = _call(call)
            for prefix in (f"{name}.{path}.", f"{path}."):
                if path and key.startswith(prefix) and "." not in key[len(prefix) :]:
                    if isinstance(old, dict):  # what is not is reported as the recipe is read
                        steps[i] = {path: {**cast("dict[str, Any]", old), key[len(prefix) :]: value}}
                    hits += 1
                    break
    if not hits:
        raise SeimaiError(
            f"--set {key}: no step of the recipe has this key (write ENTRY.STEP.KEY or STEP.KEY)"
        )
