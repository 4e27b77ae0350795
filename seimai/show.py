"""Pages for people: plans, datasets, steps and signals."""

import importlib
import inspect
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from seimai.dataset import Dataset, open_dataset
from seimai.errors import SeimaiError
from seimai.find import all_steps, kind_of_step, step_class
from seimai.plan import Pass
from seimai.report import funnel_table, places_table, print_findings
from seimai.signal import Signal
from seimai.step import Filter, Step


def plan_table(passes: Sequence[Pass], missing: Sequence[Pass]) -> Table:
    """What exists, what would be made, from what and by which steps."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("dataset", "state", "from", "steps"):
        table.add_column(name, overflow="fold")
    for p in passes:
        state = "[green]made[/green]" if p.whole else "to make" if p in missing else "[dim]not needed[/dim]"
        origin = f"{p.source.files:,} files" if p.source else ", ".join(n.name for n in p.parents)
        origin = f"dropped from {origin}" if p.dropped else origin
        steps = [f"{s.path()}\n  [dim]{note}[/dim]" if (note := s.note()) else s.path() for s in p.steps]
        table.add_row(f"{p.name}-{p.hash[:8]}", state, origin, "\n".join(steps))
    return table


def show_path(path: Path, console: Console, *, rows: int, dropped: bool) -> None:
    """Show a dataset or model; for any other folder, what is in it.

    Raises:
        SeimaiError: if the path is neither.
    """
    if Dataset.is_whole(path):
        dataset = open_dataset(path)
        _show_dataset(dataset, console)
        if dataset.kind != "model" and rows:
            _show_rows(dataset, console, rows, dropped=dropped)
        return
    found = sorted(p for p in path.iterdir() if Dataset.is_whole(p)) if path.is_dir() else []
    if not found:
        raise SeimaiError(f"{path} is no finished dataset and holds none")
    console.print(places_table([(Dataset(p).manifest, p) for p in found]))


def _show_dataset(dataset: Dataset, console: Console) -> None:
    manifest = dataset.manifest
    console.print(f"[bold]{manifest['name']}[/bold] {manifest['kind']} [dim]{manifest['hash']}[/dim]")
    for step in manifest["steps"]:
        parameters = {k: v for k, v in step["parameters"].items() if v is not None}
        console.print(
            f"  {step['step']} {json.dumps(parameters, ensure_ascii=False)}", highlight=False, markup=False
        )
    console.print(funnel_table([manifest]))
    print_findings([(manifest, dataset.path)], console)


def _show_rows(dataset: Dataset, console: Console, count: int, *, dropped: bool) -> None:
    shown = 0
    for frame in (dataset.dropped if dropped else dataset.kept).frames():
        for row in frame.head(count - shown).iter_rows(named=True):
            table = Table(box=box.SIMPLE, show_header=False, pad_edge=False)
            table.add_column(style="dim", no_wrap=True)
            table.add_column(overflow="fold")
            for name, value in row.items():
                if value is not None:
                    table.add_row(name, Text(shortened(value)))
            console.print(table)
            shown += 1
        if shown >= count:
            return


def shortened(value: object, limit: int = 300) -> str:
    """A value on a few lines.

    >>> shortened("あ" * 400)[-12:]
    'あああああ… (400)'
    """
    text = value if isinstance(value, str) else json.dumps(_bare(value), ensure_ascii=False, default=str)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)})"


def _bare(value: Any) -> Any:
    """Without the empty fields of structs."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {k: _bare(v) for k, v in fields.items() if v not in (None, [])}
    if isinstance(value, list):
        return [_bare(v) for v in cast("list[Any]", value)]
    return value


def first_line(cls: type[Step]) -> str:
    """The first line of a step's docstring."""
    return (inspect.getdoc(cls) or "").partition("\n")[0]


def steps_table() -> Table:
    """All steps of the four stages."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("step", "kind", "takes", "what it does"):
        table.add_column(name)
    for cls in all_steps():
        table.add_row(cls.path(), kind_of_step(cls), cls.takes or "any", first_line(cls))
    return table


def step_page(path: str) -> RenderableType:
    """What a step does and its parameters; for a module of signals, presets or templates, what it has.

    Raises:
        SeimaiError: if there is no such step; the nearest one is named.
    """
    signals = _named(path, "SIGNALS")
    if signals is not None:
        return signals_table(signals)
    rule_sets = _named(path, "PRESETS")
    if rule_sets is not None:
        several = len({preset.source for preset in rule_sets.values()}) > 1
        tables = (preset_table(name, preset) for name, preset in rule_sets.items())
        return presets_table(rule_sets) if several else Group(*tables)
    templates = _named(path, "TEMPLATES")
    if templates is not None:
        folder = Path(str(importlib.import_module(path).__file__)).parent
        return Group(templates_table(templates), Text(f"The files are in {folder}."))
    cls = step_class(path)
    parts: list[RenderableType] = [Text(inspect.getdoc(cls) or "")]
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("parameter", "type", "default", "what it is"):
        table.add_column(name)
    for name, field in cls.model_fields.items():
        name = field.alias or name
        default = (
            "required"
            if field.is_required()
            else json.dumps(_plain(field.get_default(call_default_factory=True)), ensure_ascii=False)
        )
        table.add_row(
            Text(name), Text(_type_name(field.annotation)), Text(default), Text(field.description or "")
        )
    if table.row_count:
        parts.append(table)
    if issubclass(cls, Filter) and not any(f.is_required() for f in cls.model_fields.values()):
        reasons = cls().reasons()
        parts.append(Text(f"Reasons: {', '.join(reasons)}"))
    return Group(*parts)


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


def _type_name(annotation: object) -> str:
    name = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return name.replace("typing.", "").replace("NoneType", "None")


def _named(path: str, name: str) -> Mapping[str, Any] | None:
    """A mapping that a module has under a name; None where there is no such module or mapping."""
    try:
        return getattr(importlib.import_module(path), name, None)
    except ImportError:
        return None


def signals_table(signals: Mapping[str, Signal]) -> Table:
    """Definition, unit and source of each signal."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("signal", "definition", "unit", "source"):
        table.add_column(name, overflow="fold")
    for name, signal in signals.items():
        table.add_row(name, signal.definition, signal.unit, signal.source)
    return table


def presets_table(rule_sets: Mapping[str, Any]) -> Table:
    """Presets of several projects: name, number of rules, source."""
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("preset", "rules", "source"):
        table.add_column(column, overflow="fold")
    for name, preset in rule_sets.items():
        table.add_row(name, str(len(preset.rules)), preset.source)
    return table


def templates_table(templates: Mapping[str, Any]) -> Table:
    """Name, version and purpose of prompt templates."""
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("template", "version", "about"):
        table.add_column(column, overflow="fold")
    for name, template in templates.items():
        table.add_row(name, str(template.version), template.about)
    return table


def preset_table(name: str, preset: Any) -> RenderableType:
    """The rules of a preset with their thresholds and reasons, and what it mends."""
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("rule", "threshold", "why"):
        table.add_column(column, overflow="fold")
    for rule in preset.rules:
        table.add_row(rule.name, "" if rule.threshold is None else f"{rule.threshold:g}", rule.why)
    mends = [Text(f"- {mend}") for mend in preset.mends]
    domains = [
        Text(f"domain {d}: " + ", ".join(f"{k} {'off' if v is None else f'{v:g}'}" for k, v in of.items()))
        for d, of in preset.domains.items()
    ]
    return Group(Text(f"{name} ({preset.source})", style="bold"), table, *domains, *mends, Text())
