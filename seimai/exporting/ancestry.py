"""The datasets that a dataset was made from, as their manifests tell it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from seimai.dataset import Dataset


@dataclass(frozen=True)
class Ancestry:
    """The manifests of a dataset and of all passes and entries before it, parents first."""

    manifests: tuple[Mapping[str, Any], ...]
    gone: tuple[str, ...]
    """Parents whose directories are not beside it any more."""

    def entries(self) -> dict[str, list[Mapping[str, Any]]]:
        """The passes of each entry of the recipe, in order."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        for manifest in self.manifests:
            found.setdefault(manifest["name"], []).append(manifest)
        return found

    def recipe(self) -> dict[str, Any]:
        """The recipe that the manifests amount to, with every parameter that is not null."""
        recipe: dict[str, Any] = {}
        for name, passes in self.entries().items():
            steps = [_call(step) for made in passes for step in made["steps"]]
            recipe[name] = {"from": _source(name, passes[0]), **({"steps": steps} if steps else {})}
        return recipe


def ancestry(dataset: Dataset) -> Ancestry:
    """Follow the parents of a dataset, which lie beside it or in `passes/` beside it."""
    found: dict[str, Mapping[str, Any]] = {}
    gone: list[str] = []

    def visit(one: Dataset) -> None:
        for parent in one.manifest["parents"]:
            name = f"{parent['name']}-{parent['hash'][:8]}"
            place = _beside(dataset.path, name)
            if place is None:
                gone.append(name)
            elif parent["hash"] not in found:
                visit(Dataset(place))
        found[one.hash] = one.manifest

    visit(dataset)
    return Ancestry(tuple(found.values()), tuple(dict.fromkeys(gone)))


def _beside(path: Path, name: str) -> Path | None:
    folder = path.resolve().parent
    out = folder.parent if folder.name == "passes" else folder
    return next((p for p in (out / name, out / "passes" / name) if Dataset.is_whole(p)), None)


def short(value: Any) -> Any:
    """A value in which absolute paths are their last two names: what is above is a machine's affair.

    >>> short({"tokenizer": "/home/kome/models/llm-jp", "keep": ["ja"]})
    {'tokenizer': 'models/llm-jp', 'keep': ['ja']}
    """
    match value:
        case str():
            path = Path(value)
            return "/".join(path.parts[-2:]) if path.is_absolute() and len(path.parts) > 2 else value
        case dict():
            return {key: short(inner) for key, inner in cast("dict[str, Any]", value).items()}
        case list():
            return [short(inner) for inner in cast("list[Any]", value)]
        case _:
            return value


def _source(entry: str, first: Mapping[str, Any]) -> Any:
    """What an entry is made from, as a recipe writes it."""
    if source := first.get("source"):
        return short({key: value for key, value in source.items() if value not in (None, {}, [])})
    parents = [p["name"].partition(".")[0] for p in first["parents"]]
    names = [n for n in dict.fromkeys(parents) if n != entry]
    return names[0] if len(names) == 1 else names or "files that the manifest does not name"


def _call(step: Mapping[str, Any]) -> Any:
    given = short({key: value for key, value in step["parameters"].items() if value is not None})
    return {step["step"]: given} if given else step["step"]
