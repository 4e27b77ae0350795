"""The numbers of a dataset's filters: what they are called, what they move, and how they are set.

A filter's numeric parameters are thresholds, and so are the values of its mapping `thresholds` where it has
one (`curate.rules`: a number a rule), whose names it takes beside its parameters.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from seimai.errors import SeimaiError
from seimai.places import nearest
from seimai.step import Filter
from seimai.tuning.expressions import Comparison, moved
from seimai.tuning.lineage import Entry


@dataclass(frozen=True)
class Moved:
    """A reason that a threshold moves, and how."""

    place: int
    number: int
    """Of the filter at its place."""
    reason: str
    compared: Comparison | None
    """The comparison whose bound moves; None where the form of the expression does not show one."""
    scale: float = 1.0
    shift: float = 0.0
    """bound = scale * threshold + shift."""


@dataclass(frozen=True)
class Threshold:
    """A number that a user may move: `curate.rules.hiragana_ratio`."""

    step: str
    key: str
    now: float
    whole: bool
    """Whether it is a whole number."""
    moves: tuple[Moved, ...]

    @property
    def name(self) -> str:
        """As `--set` takes it."""
        return f"{self.step}.{self.key}"


def numbers(step: Filter) -> dict[str, float]:
    """The numeric parameters of a filter, by the names that a recipe uses."""
    found: dict[str, Any] = {f.alias or n: getattr(step, n) for n, f in type(step).model_fields.items()}
    if "thresholds" in type(step).model_computed_fields:
        found |= cast("Mapping[str, Any]", getattr(step, "thresholds", {}))
    return {k: v for k, v in found.items() if isinstance(v, int | float) and not isinstance(v, bool)}


def keys(step: Filter) -> list[str]:
    """All names that a recipe may set in a filter."""
    fields = type(step).model_fields.items()
    return [*dict.fromkeys([*(f.alias or n for n, f in fields), *numbers(step)])]


def with_values(step: Filter, values: Mapping[str, Any]) -> Filter:
    """The filter with some parameters set, as a recipe's `--set` would set them.

    Raises:
        ValidationError: if the filter does not take them.
    """
    computed = set(type(step).model_computed_fields)
    given = step.model_dump(mode="json", by_alias=True, exclude=computed)
    return type(step).model_validate({**given, **values})


def filters_of(entry: Entry) -> Iterator[tuple[int, int, Filter]]:
    """Place, number at the place, filter."""
    for place, here in enumerate(entry.places):
        for number, step in enumerate(here.filters):
            yield place, number, step


def with_settings(entry: Entry, settings: Sequence[str]) -> Entry:
    """The entry after `[ENTRY.]STEP.KEY=VALUE` overrides; all occurrences of a step are set, as in a run.

    Raises:
        SeimaiError: if a step or key is unknown (the nearest is named), or a value is not allowed.
    """
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise SeimaiError(f"--set {setting}: expected key=value")
        hits = 0
        for place, number, step in filters_of(entry):
            rest = _rest(key, entry.name, step.path())
            if rest and "." not in rest:
                found.setdefault((place, number), {})[rest] = _parsed(text)
                hits += 1
        if not hits:
            raise _unknown(entry, key)
    for (place, number), values in found.items():
        step = entry.places[place].filters[number]
        try:
            entry = entry.with_filter(place, number, with_values(step, values))
        except ValidationError as e:
            raise SeimaiError(_sentence(e, values, step)) from None
    return entry


def _rest(key: str, entry: str, path: str) -> str:
    """What follows the step in a key; empty if the key names another step."""
    own = key.removeprefix(f"{entry}.") if key.startswith(f"{entry}.{path}.") else key
    return own.removeprefix(f"{path}.") if own.startswith(f"{path}.") else ""


def _parsed(text: str) -> Any:
    try:
        parser: Any = YAML(typ="safe")
        return parser.load(text)
    except YAMLError:
        return text


def _unknown(entry: Entry, key: str) -> SeimaiError:
    for place in entry.places:
        path = place.paths[0]
        if not place.filters and _rest(key, entry.name, path):
            return SeimaiError(
                f"--set {key}: {path} is no filter, what it does is not stored as signals; run the recipe"
            )
    known = [f"{step.path()}.{name}" for _, _, step in filters_of(entry) for name in keys(step)]
    hint = nearest(key.removeprefix(f"{entry.name}."), known)
    if "did you mean" not in hint:
        hint = f"; its filters are {', '.join(dict.fromkeys(s.path() for _, _, s in filters_of(entry)))}"
    return SeimaiError(f"--set {key}: no filter of {entry.name} has this key{hint}")


def _sentence(error: ValidationError, values: Mapping[str, Any], step: Filter) -> str:
    """What is wrong with the values that were set."""
    first = error.errors(include_url=False)[0]
    key = str(first["loc"][0]) if first["loc"] else ""
    named = [key] if key in values else list(values)
    where = ", ".join(f"--set {step.path()}.{name}={values[name]}" for name in named)
    if first["type"] == "extra_forbidden":
        return f"{where}: {step.path()} has no {key!r}{nearest(key, keys(step))}"
    return f"{where}: {first['msg'][0].lower()}{first['msg'][1:]}"


def thresholds(entry: Entry) -> list[Threshold]:
    """All thresholds of an entry's filters, with the reasons that they move."""
    found: dict[str, Threshold] = {}
    for place, number, step in filters_of(entry):
        for key, now in numbers(step).items():
            moves = _moves(step, key, now, place, number)
            name = f"{step.path()}.{key}"
            before = found[name].moves if name in found else ()
            if moves or before:
                whole = isinstance(now, int) and key in type(step).model_fields
                found[name] = Threshold(step.path(), key, now, whole, (*before, *moves))
    return list(found.values())


def _moves(step: Filter, key: str, now: float, place: int, number: int) -> tuple[Moved, ...]:
    old = step.reasons()
    for value in (now / 2, (now + 1) / 2, now + 1, now - 1):
        other = int(value) if isinstance(now, int) else value
        try:
            new = with_values(step, {key: other}).reasons()
        except ValidationError:
            continue
        changed = [n for n in new if n in old and other != now and not old[n].meta.eq(new[n])]
        if changed:
            pairs = {n: moved(old[n], new[n]) for n in changed}
            return tuple(_moved(place, number, n, p, now, other) for n, p in pairs.items())
    return ()


def _moved(
    place: int,
    number: int,
    reason: str,
    pairs: list[tuple[Comparison, Comparison]] | None,
    now: float,
    other: float,
) -> Moved:
    if pairs is None or len(pairs) != 1:
        return Moved(place, number, reason, None)
    ((before, after),) = pairs
    scale = (after.bound - before.bound) / (other - now)
    shift = 0.0 if scale == 1 else before.bound - scale * now
    return Moved(place, number, reason, before, scale, shift)


def with_threshold(entry: Entry, threshold: Threshold, value: float) -> Entry | None:
    """The entry with one threshold moved; None where a filter does not take the value."""
    number: float = round(value) if threshold.whole else value
    for place, at, step in filters_of(entry):
        if step.path() == threshold.step and threshold.key in numbers(step):
            try:
                entry = entry.with_filter(place, at, with_values(step, {threshold.key: number}))
            except ValidationError:
                return None
    return entry


def value_in(entry: Entry, threshold: Threshold) -> float | None:
    """A threshold's value in an entry; None where its rule is turned off there."""
    for _, _, step in filters_of(entry):
        if step.path() == threshold.step and threshold.key in numbers(step):
            return float(numbers(step)[threshold.key])
    return None


def written(value: float) -> str:
    """A number as a recipe has it.

    >>> written(0.15), written(200.0)
    ('0.15', '200')
    """
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
