"""Steps are found by the path of their module; there is no registry."""

import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from types import ModuleType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from seimai.errors import SeimaiError
from seimai.places import nearest
from seimai.step import Filter, Reference, Rewrite, Selection, Step, Training, Transform

STAGES = ("curate", "generate", "label", "train")
EXTRAS = {
    "torch": "train",
    "transformers": "generate",
    "trl": "train",
    "argilla": "label",
    "httpx": "generate",
}

# The kinds themselves, in order of their appearance in listings.
KINDS: tuple[type[Step], ...] = (Transform, Filter, Selection, Rewrite, Training)


def step_class(path: str) -> type[Step]:
    """The one step class that a module defines.

    >>> step_class("curate.length").__name__
    'Length'

    Raises:
        SeimaiError: if there is no such module (the nearest one is named), a package that it needs is
            missing, or it does not define exactly one step.
    """
    module = _import(path)
    found = _steps_of(module)
    if len(found) != 1:
        names = ", ".join(c.__name__ for c in found) or "none"
        raise SeimaiError(f"module {path!r} must define exactly one step class; it defines {names}")
    return found[0]


def _steps_of(module: ModuleType) -> list[type[Step]]:
    """The steps that a module defines itself."""
    return [c for c in vars(module).values() if _is_step(c) and c.__module__ == module.__name__]


def _is_step(value: object) -> bool:
    return (
        inspect.isclass(value)
        and issubclass(value, Step)
        and not inspect.isabstract(value)
        and not value.__name__.startswith("_")
    )


def _import(path: str) -> ModuleType:
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as e:
        if e.name and (path == e.name or path.startswith(e.name + ".")):
            raise SeimaiError(f"unknown step {path!r}{nearest(path, module_paths(path))}") from None
        extra = EXTRAS.get((e.name or "").partition(".")[0])
        remedy = f"pip install 'seimai[{extra}]'" if extra else f"pip install {e.name}"
        raise SeimaiError(f"step {path!r} needs the package {e.name!r}, which is missing: {remedy}") from None
    except (ValueError, TypeError) as e:
        raise SeimaiError(f"unknown step {path!r}: {e}") from None
    except Exception as e:
        raise SeimaiError(f"step {path!r} cannot be imported: {type(e).__name__}: {e}") from e


def module_paths(like: str = "") -> list[str]:
    """Module paths of the four stages, and of the package that `like` lies in; none of them is imported."""
    head, _, _ = like.partition(".")
    package = like.rpartition(".")[0]
    paths: list[str] = []
    for name in STAGES if head in STAGES or not package else (*STAGES, package):
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):  # no such package
            continue
        if spec and spec.submodule_search_locations:
            paths += [f"{name}.{m.name}" for m in pkgutil.iter_modules(spec.submodule_search_locations)]
    return sorted(paths)


def all_steps() -> Iterator[type[Step]]:
    """The steps that the four stages offer, stage by stage."""
    for path in module_paths():
        found = _steps_of(importlib.import_module(path))
        if len(found) == 1:
            yield found[0]


def kind_of_step(step: type[Step]) -> str:
    """The kind's name as listings show it."""
    return next(k.__name__.lower() for k in KINDS if issubclass(step, k))


def references(step: Step) -> dict[str, list[str]]:
    """The values of a step's `Ref` parameters, by parameter; absent ones are left out."""
    found: dict[str, list[str]] = {}
    for name, field in type(step).model_fields.items():
        if _reference(field) and name not in step.plain():
            value: Any = getattr(step, name)
            values: list[Any] = [*value] if isinstance(value, list | tuple) else [value]
            found[name] = [str(v) for v in values if v is not None]
    return {name: values for name, values in found.items() if values}


def reference(step: Step, parameter: str) -> Reference:
    """What marks one of the parameters that `references` names."""
    return _reference(type(step).model_fields[parameter]) or Reference()


def located(step: Step, places: Mapping[str, str]) -> Step:
    """The step with places in its `Ref` parameters: what a row-wise step, which gets no job, can open."""
    put: dict[str, Any] = {}
    for name, values in references(step).items():
        found = [places.get(value, value) for value in values]
        put[name] = found if isinstance(getattr(step, name), list | tuple) else found[0]
    return step.model_copy(update=put) if put else step


def steps_that_add(column: str) -> list[str]:
    """The steps of the four stages that add a column of this name; imports them all."""
    return [step.path() for step in all_steps() if column in step.changes]


def _reference(field: FieldInfo) -> Reference | None:
    marks = [m for m in field.metadata if isinstance(m, Reference)]
    return marks[0] if marks else _reference_in(field.annotation)


def _reference_in(annotation: Any) -> Reference | None:
    origin = get_origin(annotation)
    if origin is Annotated:
        return next((m for m in annotation.__metadata__ if isinstance(m, Reference)), None)
    if origin in (Union, UnionType, list, tuple):
        return next((found for a in get_args(annotation) if (found := _reference_in(a))), None)
    return None
