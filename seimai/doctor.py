"""`seimai doctor`: what can run here, what not, why not, and the one command that mends it.

A check belongs to the stage that knows what it looks at; this module runs the checks and shows what they
found. None of them imports PyTorch, vLLM, `transformers`, Ray or Argilla here: other processes do.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seimai.memory import cores

COLOURS = {"ok": "green", "missing": "yellow", "broken": "red"}


@dataclass(frozen=True)
class Finding:
    """What a check found."""

    name: str
    state: Literal["ok", "missing", "broken"]
    detail: str
    mend: str = ""
    """A command where there is one; what to do where there is none."""
    decides: bool = False
    """Whether the doctor's verdict hangs on it: the default engine."""


Check = Callable[[], Finding]


def all_checks(of_stages: Iterable[Check]) -> Iterator[Check]:
    """The machine, what the stages look at, the packages."""
    from seimai.doctoring import machine, packages

    yield from machine.checks()
    yield from of_stages
    yield from packages.checks()


def diagnose(of_stages: Iterable[Check], console: Console) -> bool:
    """Run all checks and show what they found; returns whether all that decide are well."""
    findings: list[Finding] = []
    live = console.status("looking") if console.is_terminal else None
    with ThreadPoolExecutor(max(2, cores())) as pool:
        if live:
            live.start()
        try:
            for finding in pool.map(_run, all_checks(of_stages)):
                findings.append(finding)
                if live:
                    live.update(f"looked at {finding.name}")
        finally:
            if live:
                live.stop()
    if console.is_terminal:
        console.print(table(findings))
    else:
        for line in lines(findings):
            console.print(Text(line), soft_wrap=True)
    return all(f.state == "ok" for f in findings if f.decides)


def _run(check: Check) -> Finding:
    return check()


def table(findings: Iterable[Finding]) -> Table:
    """For a terminal."""
    shown = Table(box=box.SIMPLE_HEAD)
    for name in ("", "state", "what was found", "what mends it"):
        shown.add_column(name, overflow="fold")
    for f in findings:
        shown.add_row(Text(f.name), Text(f.state, style=COLOURS[f.state]), Text(f.detail), Text(f.mend))
    return shown


def lines(findings: Iterable[Finding]) -> Iterator[str]:
    """For a file or another program: a line a finding, and one for what mends it."""
    for f in findings:
        yield f"{f.state:<8} {f.name}: {f.detail}"
        if f.mend:
            yield f"         mend: {f.mend}"
