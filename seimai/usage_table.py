"""The table of what models were asked and said: counts from the manifests, times from the ledger."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from seimai.ledger import Ledger


@dataclass
class Line:
    """What one model on one engine did for one dataset."""

    answers: int = 0
    failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    timed_in: int = 0
    timed_out: int = 0
    """Tokens whose time is known: a dataset that was copied here has none in this ledger."""


def usage_table(manifests: Iterable[tuple[dict[str, Any], Path]]) -> Table | None:
    """Answers, failures, tokens and speed per engine and model; none where no model was asked."""
    table = Table(box=box.SIMPLE_HEAD, title="Models", title_justify="left", title_style="bold")
    for name in ("dataset", "engine", "model"):
        table.add_column(name, overflow="fold")
    for name in ("answers", "failed", "tokens in", "out", "seconds", "tokens/s in", "out"):
        table.add_column(name, justify="right")
    ledgers: dict[Path, Mapping[str, Any]] = {}
    for manifest, place in manifests:
        used = manifest["metrics"].get("usage", [])
        if used and place.parent not in ledgers:
            made = Ledger(place.parent).lines()
            ledgers[place.parent] = {line["dataset"]: line.get("usage", []) for line in made}
        for number, ((engine, model), line) in enumerate(
            _lines(used, place.name, ledgers.get(place.parent, {})).items()
        ):
            name = manifest["name"] if number == 0 else ""
            table.add_row(name, engine, Text(model), *_cells(line))
        if used:
            table.add_section()
    return table if table.row_count else None


def _lines(
    used: Iterable[dict[str, Any]], dataset: str, times: Mapping[str, Any]
) -> dict[tuple[str, str], Line]:
    lines: dict[tuple[str, str], Line] = {}
    for counts in used:
        line = lines.setdefault((counts["engine"], counts["model"]), Line())
        for name in ("answers", "failed", "tokens_in", "tokens_out"):
            setattr(line, name, getattr(line, name) + counts[name])
    for made in dict.fromkeys([*(c.get("dataset", dataset) for c in used), dataset]):
        for spent in times.get(made, []):
            line = lines.setdefault((spent["engine"], spent["model"]), Line())
            line.seconds += spent["seconds"]
            line.timed_in += spent.get("tokens_in", 0)
            line.timed_out += spent.get("tokens_out", 0)
    return lines


def _cells(line: Line) -> tuple[str, ...]:
    speed = (f"{n / line.seconds:,.0f}" if line.seconds else "" for n in (line.timed_in, line.timed_out))
    return (
        f"{line.answers:,}",
        f"{line.failed:,}" if line.failed else "",
        f"{line.tokens_in:,}",
        f"{line.tokens_out:,}",
        f"{line.seconds:,.1f}" if line.seconds else "",
        *speed,
    )
