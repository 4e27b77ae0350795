"""What `seimai tune` prints: tables that a terminal colours, and plain lines elsewhere."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seimai.tuning.curve import Curve, sparkline
from seimai.tuning.decide import DROPPED, KEPT, UNDECIDED
from seimai.tuning.effect import Change, Effect
from seimai.tuning.stored import COUNTED
from seimai.tuning.thresholds import written

BEGINNING = 200
"""Characters of a text that are shown where the line has room for them."""


def new_table(title: str, *columns: str, right: Iterable[str] = ()) -> Table:
    """An empty table in the style of all pages; `right` are columns of numbers."""
    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold")
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return table


def totals(effect: Effect) -> Table:
    """Kept documents and characters, before and after."""
    table = new_table("", "", "before", "after", "change", right=("before", "after", "change"))
    before = effect.count(effect.before, KEPT)
    least, most = effect.count(effect.now.side, KEPT), effect.count(effect.now.side, KEPT, UNDECIDED)
    turns = [f"{effect.turned(DROPPED, KEPT).size:,} come in", f"{effect.turned(KEPT, DROPPED).size:,} go"]
    if most.rows > least.rows:
        turns.append(f"{most.rows - least.rows:,} undecided")
    change = _between(least.rows - before.rows, most.rows - before.rows, sign="+")
    table.add_row(
        "documents kept",
        f"{before.rows:,}",
        _between(least.rows, most.rows),
        f"{change} ({', '.join(turns)})",
    )
    if before.chars is not None and least.chars is not None and most.chars is not None:
        change = _between(least.chars - before.chars, most.chars - before.chars, sign="+")
        table.add_row(
            f"{effect.decider.counted_as} kept",
            f"{before.chars:,}",
            _between(least.chars, most.chars),
            change,
        )
    return table


def _between(least: int, most: int, sign: str = "") -> str:
    return f"{least:{sign},}" if least == most else f"{least:{sign},} to {most:{sign},}"


def reasons(effect: Effect) -> Table:
    """The touched reasons: documents that they hold for, of those that come so far."""
    changed = effect.new != effect.old
    table = new_table("Reasons", "reason", "drops", *(["then"] if changed else []), "by itself")
    for column in table.columns[1:]:
        column.justify = "right"
    for line in effect.reasons():
        then = [f"{line.after:,}"] if changed else []
        table.add_row(line.name, f"{line.before:,}", *then, f"{line.alone:,}")
    return table


def curves(found: Sequence[Curve]) -> Table:
    """A line of bars a threshold; `^` below it marks the present value, `*` the new one."""
    table = new_table("Documents kept, by threshold", "threshold", "from", "kept", "to", "documents")
    table.columns[1].justify = table.columns[4].justify = "right"
    for curve in found:
        even = [curve.points[i] for i in curve.even]
        heights: list[float] = [p.kept for p in even]
        low, high = min(heights), max(heights)
        now = curve.threshold.now
        open_to = max(p.undecided for p in curve.points)
        marks = f"now {written(now)}" + (f", new {written(curve.new)}" if curve.new != now else "")
        table.add_row(
            f"{curve.threshold.name}\n{marks}",
            f"{even[0].value:.3g}" if even[0].value < 1000 else f"{even[0].value:,.0f}",
            Text(f"{sparkline(heights)}\n{_marks(curve)}", no_wrap=True),
            f"{even[-1].value:.3g}" if even[-1].value < 1000 else f"{even[-1].value:,.0f}",
            f"{low:,.0f} to {high:,.0f}" + (f"\n(+{open_to:,} undecided)" if open_to else ""),
        )
    return table


def _marks(curve: Curve) -> str:
    values = [curve.points[i].value for i in curve.even]

    def nearest(value: float) -> int:
        return min(range(len(values)), key=lambda i: abs(values[i] - value))

    line = [" "] * len(values)
    line[nearest(curve.threshold.now)] = "^"
    if curve.new != curve.threshold.now:
        line[nearest(curve.new)] = "*"
    return "".join(line).rstrip()


def changes(found: Sequence[Change], of: int) -> Table:
    """Some documents that change side, with their reasons and the beginning of their text."""
    table = new_table(f"Documents that change side ({len(found):,} of {of:,})", "id", "change")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    table.columns[0].min_width = max((cell_len(c.id) for c in found), default=0)
    table.columns[1].overflow = "ellipsis"
    for change in found:
        values = f"  ({change.values})" if change.values else ""
        beginning = " ".join(change.text[:BEGINNING].split())
        what = Text(f"{change.was} → {change.now}{values}\n").append(beginning, style="dim")
        table.add_row(change.id, what)
    return table


def notes(effect: Effect, console: Console) -> None:
    """What the numbers do not say: undecided rows, steps not passed, fates that stay."""

    def say(text: str) -> None:
        console.print(Text(f"- {text}"))

    for count, why in effect.open_questions():
        say(f"{count:,} documents are undecided: {why}.")
    for count, steps in effect.still_to_pass():
        say(f"{count:,} documents that come in have not been through {steps} yet.")
    for count, step in effect.same_fate():
        say(f"{count:,} documents dropped by {step} stay dropped.")
    anew = effect.chooses_anew()
    if anew:
        say(f"A run lets {', '.join(anew)} choose anew among the documents that reach it.")
    if effect.count(effect.before, KEPT).chars is None:
        say(
            "Characters are not stored (no filter after the last change of the text names "
            f"{' or '.join(COUNTED)}); --count counts them in the text."
        )
