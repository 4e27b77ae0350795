"""What-if over a finished dataset: `seimai tune`.

Thresholds are moved and every row is decided again from the signals that the run stored; no text is read
but the beginnings that are shown.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from seimai.chain import kept_before
from seimai.dataset import Dataset
from seimai.errors import SeimaiError
from seimai.signal import named
from seimai.tuning import drawing, page, suggestion_page
from seimai.tuning.curve import Curve, curve
from seimai.tuning.decide import KEPT, Decider
from seimai.tuning.effect import Effect
from seimai.tuning.lineage import Entry, open_entry, signals_of
from seimai.tuning.recipe_line import commands
from seimai.tuning.stored import COUNTED, Stored, read
from seimai.tuning.suggest import suggest
from seimai.tuning.survivors import names_rows
from seimai.tuning.thresholds import Threshold, filters_of, thresholds, value_in, with_settings, written
from seimai.tuning.trusted import measure


@dataclass(frozen=True)
class Question:
    """What a user asks of a run."""

    run: Path
    settings: Sequence[str] = ()
    """`[ENTRY.]STEP.KEY=VALUE`, as `seimai run --set` takes them."""
    trusted: Path | None = None
    loss: float = 0.02
    rows: int = 10
    plot: Path | None = None
    count: bool = False


def tune(question: Question, console: Console) -> Effect:
    """Answer a question on the console; returns the effect that it told.

    Raises:
        SeimaiError: for a run without filters, unknown steps and keys, values that are not allowed, and
            datasets that another version of the filters or signals made.
    """
    if question.plot:
        drawing.check(question.plot)
    started = time.perf_counter()
    path = find(question.run, question.settings)
    entry = open_entry(path)
    new = with_settings(entry, question.settings)
    settings = list(question.settings)
    if question.trusted:
        moved = {name_of(s, entry) for s in question.settings}
        free = [t for t in thresholds(new) if t.name not in moved]
        measured = measure(new, question.trusted)
        found = suggest(new, measured, free, question.loss)
        console.print(suggestion_page.suggestion_title(found, measured, question.loss))
        console.print(suggestion_page.suggestion(found))
        suggestion_page.suggestion_notes(found, measured, question.loss, console)
        new = found.entry
        settings += [
            f"{entry.name}.{name}={written(value)}"
            for name, (threshold, value, _) in found.values.items()
            if value != threshold.now
        ]
        started = time.perf_counter()
    stored = read(entry, _columns(entry, new), count=question.count)
    decider = Decider(entry, stored)
    decider.check()
    effect = Effect(decider, new)
    of_interest = _of_interest(entry, new)
    found_curves = [c for t in of_interest if (c := curve(decider, t, entry, new))]
    _print(effect, found_curves, question, console)
    seconds = time.perf_counter() - started
    console.print(Text(_cost(stored, seconds), style="dim"))
    if question.plot:
        title = f"{path.name} · {stored.rows.height:,} documents"
        drawing.save(question.plot, title, found_curves, _definitions(of_interest, new))
        console.print(Text(f"Curves: {question.plot}"))
    if new != entry:
        commands(entry, new, settings, console)
    return effect


def find(path: Path, settings: Sequence[str] = ()) -> Path:
    """The dataset to tune: the path itself, or the one in a folder of runs that has filters.

    Among several, the entry that the settings name (`corpus.curate.length.min_chars=100`) is taken.

    Raises:
        SeimaiError: if there is none or more than one; they are listed.
    """
    if Dataset.is_whole(path):
        return path
    if path.is_file():
        raise SeimaiError(f"{path} is a file; name the dataset that a run made, or its folder")
    if not path.is_dir():
        raise SeimaiError(f"{path}: no such dataset")
    whole = sorted(p for p in path.iterdir() if Dataset.is_whole(p))
    if not whole:
        raise SeimaiError(f"{path} is no finished dataset and holds none")
    names = {p: str(Dataset(p).manifest["name"]) for p in whole}
    wanted = {n for n in names.values() if any(s.startswith(f"{n}.") for s in settings)}
    usable: list[Path] = []
    for candidate in (p for p in whole if not wanted or names[p] in wanted):
        try:
            open_entry(candidate)
        except SeimaiError as e:
            if len(whole) == 1 or wanted:
                raise
            if "no filters" not in str(e):
                usable.append(candidate)
        else:
            usable.append(candidate)
    if len(usable) == 1:
        return usable[0]
    if not usable:
        raise SeimaiError(f"{path} holds no dataset with filters: there is no threshold to move")
    raise SeimaiError(
        f"{path} holds {len(usable)} datasets with filters; name one of them: {', '.join(map(str, usable))}"
    )


def name_of(setting: str, entry: Entry) -> str:
    """The threshold's name that a setting sets, without the entry."""
    key = setting.partition("=")[0]
    known = {t.name for t in thresholds(entry)}
    return key if key in known else key.removeprefix(f"{entry.name}.")


def _columns(entry: Entry, new: Entry) -> set[str]:
    """What verdicts, characters and duplicates need; the text only if a changed reason names it."""
    columns = set(COUNTED)
    for (_, _, before), (_, _, after) in zip(filters_of(entry), filters_of(new), strict=True):
        old = before.reasons()
        columns |= named(old.values()) - {"text"}
        changed = [e for name, e in after.reasons().items() if name not in old or not old[name].meta.eq(e)]
        columns |= named(changed)
    columns |= {kept_before(p.steps[0]) for p in entry.places if not p.filters}
    for place in (p for p in entry.places if names_rows(p)):
        columns |= {"id", *place.steps[0].changes}
    return columns


def _of_interest(entry: Entry, new: Entry) -> list[Threshold]:
    """The thresholds that changed; all if nothing did."""
    every = thresholds(entry)
    return every if new == entry else [t for t in every if value_in(new, t) not in (None, t.now)]


def _definitions(of_interest: Sequence[Threshold], entry: Entry) -> dict[str, str]:
    """What each threshold bounds, in the words of its signal."""
    found: dict[str, str] = {}
    for threshold in of_interest:
        moved = threshold.moves[0]
        names = sorted(named([moved.compared.value])) if moved.compared else []
        signals = signals_of(entry.places[moved.place].filters[moved.number])
        found[threshold.name] = "; ".join(f"{n}: {signals[n].definition}" for n in names if n in signals)
    return found


def _print(effect: Effect, curves: Sequence[Curve], question: Question, console: Console) -> None:
    kept = effect.count(effect.before, KEPT)
    chars = "" if kept.chars is None else f" ({kept.chars:,} {effect.decider.counted_as})"
    total = f"{len(effect.before):,} documents, {kept.rows:,} kept{chars}"
    console.print(Text(f"{effect.old.dataset.path}: {total}"))
    if effect.new != effect.old:
        console.print(page.totals(effect))
    if effect.reasons():
        console.print(page.reasons(effect))
    else:
        console.print(Text("The settings change no rule."))
    if curves:
        console.print(page.curves(curves))
    changed = int((effect.before != effect.now.side).sum())
    if changed and question.rows:
        thresholds = [c.threshold for c in curves]
        console.print(page.changes(effect.changes(question.rows, thresholds), changed))
    page.notes(effect, console)


def _cost(stored: Stored, seconds: float) -> str:
    texts = f", {stored.text_bytes / 1e6:,.1f} MB of it texts that are shown" if stored.text_bytes else ""
    counted = " (characters counted in the text)" if stored.counted else ""
    return (
        f"Read {stored.read_bytes / 1e6:,.1f} MB of {stored.all_bytes / 1e6:,.1f} MB{counted}{texts}, "
        f"in {seconds:.2f} s."
    )
