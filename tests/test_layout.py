"""The house stands as docs/architecture.md draws it."""

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("curate", "generate", "label", "train")
PACKAGES = ("seimai", *STAGES)
LAZY = {
    "seimai/cli.py",
    "seimai/find.py",
    "seimai/plan.py",
    "seimai/rowwise.py",
    "seimai/show.py",
    "seimai/chain.py",
    "seimai/tuning/lineage.py",
    "seimai/tuning/trusted.py",
}
WITHOUT_TYPES = {"seimai/executor.py", "seimai/tuning/drawing.py", "seimai/tuning/stored.py"}
"""They import packages by name because those have no types."""


def files(*packages: str) -> list[Path]:
    return [p for name in packages for p in sorted((ROOT / name).rglob("*.py"))]


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """The modules that a file imports, at its top or in a function, with the line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((a.name, node.lineno) for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or "", node.lineno


@pytest.mark.parametrize("name", PACKAGES)
def test_each_package_is_the_one_of_this_repository(name):
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert Path(spec.origin or "").resolve() == ROOT / name / "__init__.py"


def test_stages_import_the_core_and_never_each_other():
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for stage in STAGES
        for path in files(stage)
        for module, line in imports(path)
        if module.partition(".")[0] in set(STAGES) - {stage}
    ]
    assert wrong == []


def test_the_core_reaches_the_stages_only_by_name():
    direct = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in files("seimai")
        for module, line in imports(path)
        if module.partition(".")[0] in STAGES
    ]
    assert {d.partition(":")[0] for d in direct} <= {"seimai/cli.py"}, direct
    dynamic = {
        path.relative_to(ROOT).as_posix() for path in files("seimai") if "import_module(" in path.read_text()
    }
    assert dynamic <= LAZY | WITHOUT_TYPES, "who else imports by name?"


def test_no_module_is_named_after_a_dependency():
    """Beside a script that is run by its path, such a module would hide the package."""
    pyproject = (ROOT / "pyproject.toml").read_text("utf-8")
    names = {n.replace("-", "_") for n in re.findall(r'"([a-z0-9-]+)(?:\[[a-z]+\])?[<>=]', pyproject)}
    assert {"polars", "datasets", "argilla"} <= names
    assert [p.relative_to(ROOT).as_posix() for p in files(*PACKAGES) if p.stem in names] == []


def test_no_init_under_tests():
    """A package tests.curate would shadow curate."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_one_idea_a_file():
    long = {
        p.relative_to(ROOT).as_posix(): n
        for p in files(*PACKAGES)
        if (n := len(p.read_text("utf-8").splitlines())) > 300
    }
    assert long == {}


def test_nothing_is_left_to_do():
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplemented(Error)?)\b")
    left = [
        f"{p.relative_to(ROOT)}:{n}"
        for p in files(*PACKAGES)
        for n, line in enumerate(p.read_text("utf-8").splitlines(), 1)
        if marks.search(line)
    ]
    assert left == []


def test_no_drawer_for_odds_and_ends():
    odd = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    assert [
        p.relative_to(ROOT).as_posix() for p in files(*PACKAGES) if p.stem in odd or p.parent.name in odd
    ] == []
