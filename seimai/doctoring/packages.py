"""Checks of the packages: what `pyproject.toml` asks for, what is installed, whether it can be imported."""

import re
from collections.abc import Iterator, Mapping
from functools import cache, partial
from importlib import metadata

from seimai.doctor import Check, Finding
from seimai.doctoring.probe import probe

BASE = ""
COLLECTIONS = frozenset({"all", "dev"})
"""Extras that gather others, and what only our developers need."""
APART = frozenset({"vllm"})
"""Extras that live in an environment of their own."""
TIMEOUT = 120

_IMPORT = "import sys\nexec('import ' + sys.argv[1])\nprint('{}')"


def checks() -> Iterator[Check]:
    """The base, then each extra."""
    for extra, wanted in requirements().items():
        yield partial(examine, extra, wanted)


def requirements() -> dict[str, dict[str, str]]:
    """From an extra ("" is the base) to its packages and the versions that were tested."""
    found: dict[str, dict[str, str]] = {BASE: {}}
    for line in metadata.requires("seimai") or []:
        requirement, _, marker = line.partition(";")
        extra = re.search(r"extra\s*==\s*['\"]([\w-]+)['\"]", marker)
        name = re.match(r"[\w.-]+", requirement.strip())
        if name is None or name[0] == "seimai" or (extra and extra[1] in COLLECTIONS | APART):
            continue
        versions = re.sub(r"^\[[^]]*\]", "", requirement.strip()[name.end() :]).strip(" ()")
        found.setdefault(extra[1] if extra else BASE, {})[name[0]] = versions
    return found


def examine(extra: str, wanted: Mapping[str, str]) -> Finding:
    """One extra: all there, in versions that were tested, and importable."""
    title = f"packages: {extra}" if extra else "packages: base"
    install = f"pip install 'seimai[{extra}]'" if extra else "pip install seimai"
    there = {name: version for name in wanted if (version := _version(name))}
    shown = ", ".join(f"{name} {there[name]}" for name in wanted if name in there)
    if absent := [name for name in wanted if name not in there]:
        have = f"; there: {shown}" if shown else ""
        return Finding(title, "missing", f"no {', '.join(absent)}{have}", install)
    odd = [
        f"{name} {there[name]} ({wanted[name]})"
        for name in wanted
        if not satisfies(there[name], wanted[name])
    ]
    if odd:
        return Finding(title, "broken", f"not the version that was tested: {', '.join(odd)}", install)
    failures = {n: e for n in wanted if (e := _import_error(import_name(n)))}
    if failures:
        told = "; ".join(f"import {import_name(name)}: {error}" for name, error in failures.items())
        return Finding(title, "broken", told, f"pip install --force-reinstall {' '.join(failures)}")
    return Finding(title, "ok", shown)


@cache
def _import_error(module: str) -> str:
    """Why a module cannot be imported; several extras name the same ones."""
    return probe(_IMPORT, module, timeout=TIMEOUT).error


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def import_name(package: str) -> str:
    """What a package is imported as: the name most like its own among those that it brings.

    >>> import_name("ruamel.yaml"), import_name("resvg-py"), import_name("rich")
    ('ruamel.yaml', 'resvg_py', 'rich')
    """
    like = package.lower().replace("-", "_")
    folders = [str(f) for f in metadata.files(package) or [] if str(f).endswith("__init__.py")]
    modules = sorted({f.removesuffix("/__init__.py").replace("/", ".") for f in folders}, key=len)
    return next((m for m in modules if m.lower() == like), modules[0] if modules else like)


def satisfies(version: str, specifiers: str) -> bool:
    """Whether a version is among those asked for; `>=`, `<` and `==` are all that we write.

    >>> satisfies("2.13.0+cpu", ">=2.9,<2.15"), satisfies("2.15", ">=2.9,<2.15"), satisfies("2.8.0", "==2.8")
    (True, False, True)
    """
    have = _numbers(version)
    for operator, bound in re.findall(r"(>=|==|<)\s*([\w.]+)", specifiers):
        wanted = _numbers(bound)
        if not {">=": have >= wanted, "<": have < wanted, "==": have == wanted}[operator]:
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    """The release's numbers without trailing zeros, so that 2 and 2.0 are equal."""
    numbers = [int(n) for n in re.findall(r"\d+", re.split(r"[a-z+]", version)[0])]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
