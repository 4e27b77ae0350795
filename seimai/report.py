"""What a run tells at its end: the funnel, measures, models asked, before/after, and where things are."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seimai.dataset import Dataset
from seimai.usage_table import usage_table


def funnel_table(manifests: Iterable[dict[str, Any]]) -> Table:
    """Rows in, kept and dropped by reason, per step of each dataset."""
    table = Table(box=box.SIMPLE_HEAD, title="Funnel", title_justify="left", title_style="bold")
    table.add_column("dataset")
    table.add_column("step")
    table.add_column("in", justify="right")
    table.add_column("dropped", justify="right")
    table.add_column("kept", justify="right")
    table.add_column("dropped because")
    for manifest in manifests:
        lines = manifest["funnel"]
        for number, line in enumerate(lines):
            gone = sum(line["dropped"].values())
            out = line.get("out", line["in"] - gone)
            order = sorted(line["dropped"].items(), key=lambda item: (-item[1], item[0]))
            why = ", ".join(f"{reason.rpartition('.')[2]} {count:,}" for reason, count in order)
            name = manifest["name"] if number == 0 else ""
            table.add_row(name, line["step"], f"{line['in']:,}", f"{gone:,}" if gone else "", f"{out:,}", why)
        table.add_section()
    return table


def before_after_table(manifests: Iterable[dict[str, Any]]) -> Table | None:
    """What each training changed, measured on the same held-out data before and after it."""
    table = Table(
        box=box.SIMPLE_HEAD, title="Before and after training", title_justify="left", title_style="bold"
    )
    table.add_column("model")
    table.add_column("measure")
    table.add_column("on")
    for name in ("before", "after", "change"):
        table.add_column(name, justify="right")
    for manifest in manifests:
        for number, line in enumerate(manifest["metrics"].get("before_after", [])):
            before, after = float(line["before"]), float(line["after"])
            good = after <= before if line["better"] == "lower" else after >= before
            style = "green" if good else "yellow"
            name = manifest["name"] if number == 0 else ""
            table.add_row(
                name,
                line["measure"],
                line["on"],
                f"{before:,.3f}",
                f"{after:,.3f}",
                f"[{style}]{_change(before, after, line['measure'])}[/{style}]",
            )
        if manifest["metrics"].get("before_after"):
            table.add_section()
    return table if table.row_count else None


def _change(before: float, after: float, measure: str) -> str:
    """Relative change of a perplexity; the difference of a share or a margin."""
    if "perplexity" in measure and before:
        return f"{after / before - 1:+.1%}"
    return f"{after - before:+.3f}"


def measures_table(manifests: Iterable[dict[str, Any]]) -> Table | None:
    """What steps measured while they made new rows: length bias, balance, agreement."""
    table = Table(box=box.SIMPLE_HEAD, title="Measured", title_justify="left", title_style="bold")
    table.add_column("dataset")
    table.add_column("step")
    table.add_column("measure")
    table.add_column("value", justify="right")
    for manifest in manifests:
        lines = manifest["metrics"].get("measures", [])
        for number, line in enumerate(lines):
            name = manifest["name"] if number == 0 else ""
            table.add_row(name, line["step"], Text(line["measure"]), _value(line["value"], line["unit"]))
        if lines:
            table.add_section()
    return table if table.row_count else None


def _value(value: float | str, unit: str) -> str:
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:,} {unit}".rstrip() if isinstance(value, int | float) else f"{value} {unit}".rstrip()


def places_table(manifests: Iterable[tuple[dict[str, Any], Path]]) -> Table:
    """Where each dataset and model lies."""
    table = Table(box=box.SIMPLE_HEAD, title="Where it is", title_justify="left", title_style="bold")
    table.add_column("name")
    table.add_column("what")
    table.add_column("place", overflow="fold")
    for manifest, place in manifests:
        what = "model" if manifest["kind"] == "model" else f"{manifest['rows']['kept']:,} {manifest['kind']}"
        where = Dataset(place).model if manifest["kind"] == "model" else place
        table.add_row(manifest["name"], what, Text(str(where)))  # a path may hold [brackets]
    return table


def print_report(places: Iterable[Path], console: Console) -> None:
    """Print the tables about finished datasets."""
    done = [(Dataset(p).manifest, p) for p in places]
    rows = [m for m, _ in done if m["kind"] != "model"]
    if rows:
        console.print(funnel_table(rows))
    print_findings(done, console)
    console.print(places_table(done))


def print_findings(done: Sequence[tuple[dict[str, Any], Path]], console: Console) -> None:
    """Print what steps measured, what models were asked and what training changed, if there is any."""
    manifests = [m for m, _ in done]
    for table in (measures_table(manifests), usage_table(done), before_after_table(manifests)):
        if table:
            console.print(table)
