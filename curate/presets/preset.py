"""What a preset is, and where one is found by its name."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType

import polars as pl

from seimai.errors import SeimaiError
from seimai.places import nearest


@dataclass(frozen=True)
class Rule:
    """One reason to drop a document, with at most one number that a user may change.

    The name is the reason that a dropped row bears, and the key that a recipe overrides.
    """

    name: str
    threshold: float | None
    """None: the rule has no number; `except: {name: null}` still turns it off."""
    bad: Callable[[float], pl.Expr]
    """From the threshold (0 where there is none) to an expression over signals, true for bad rows."""
    why: str
    """What the rule is for, and whose number it is."""


@dataclass(frozen=True)
class Preset:
    """Rules in the order in which they decide: the first that a row breaks is its `dropped_by`."""

    source: str
    """Project, version or commit, and licence of what the numbers were taken from."""
    rules: tuple[Rule, ...]
    mends: tuple[str, ...] = ()
    """For a `-fixed` preset: each difference from the original, and why."""
    domains: Mapping[str, Mapping[str, float | None]] = field(
        default_factory=dict[str, Mapping[str, float | None]]
    )
    """Exemptions by the kind of text (`law`): thresholds by rule, None where the rule does not apply."""
    version: int = 1
    """Changes when the same signals give other verdicts."""

    def names(self) -> list[str]:
        """The names of the rules."""
        return [rule.name for rule in self.rules]


def presets() -> dict[str, Preset]:
    """All presets by name; each module in `curate.presets` may have a mapping `PRESETS`."""
    found: dict[str, Preset] = {}
    for module in _modules():
        found |= getattr(module, "PRESETS", {})
    return found


@cache  # filters ask for their rules at every frame: the folder is listed once
def _modules() -> tuple[ModuleType, ...]:
    package = importlib.import_module("curate.presets")
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__))
    return tuple(importlib.import_module(f"curate.presets.{name}") for name in names)


def preset(name: str) -> Preset:
    """The preset of a name.

    Raises:
        SeimaiError: if there is none; the nearest name is given.
    """
    known = presets()
    if name not in known:
        raise SeimaiError(f"no preset {name!r}{nearest(name, known)}")
    return known[name]
