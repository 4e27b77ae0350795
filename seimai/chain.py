"""A chain of row-wise steps over one frame: what is kept, what goes and why.

Neighbouring filters decide together: all their reasons are recorded for a row that goes (overlaps
matter when thresholds are tuned), and the signals they name are measured once for all of them. A
transform sees only the rows that the filters before it kept.
"""

import importlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from seimai.errors import SeimaiError
from seimai.find import steps_that_add
from seimai.places import nearest
from seimai.rows import Kind, schema
from seimai.signal import Signal, SignalModule, named
from seimai.step import Filter, Step, Transform

READER_COLUMNS = frozenset({"title", "media", "encoding"})
"""What reading adds to documents beside their schema."""


@dataclass(frozen=True)
class Change:
    """A transform, and the signals that are stale after it."""

    step: Transform
    forget: tuple[str, ...]
    """They go into the column that `kept_before` names: what was decided on them can be decided again."""


@dataclass(frozen=True)
class Decision:
    """Neighbouring filters, and the signals to measure before they decide, by module."""

    filters: tuple[Filter, ...]
    measure: Mapping[str, tuple[str, ...]]
    costly: Mapping[str, tuple[str, ...]]
    """Those that are measured last, and only for rows that the others leave undecided."""


@dataclass(frozen=True)
class Chain:
    """Row-wise steps, compiled: which signals to measure where is settled before any row is read."""

    links: tuple[Change | Decision, ...] = ()
    signals: Mapping[str, int] = field(default_factory=dict[str, int])
    """Signals in the rows at the end of the chain, with their versions."""
    measured: Mapping[str, int] = field(default_factory=dict[str, int])
    """All signals that the chain measures, with their versions."""
    added: frozenset[str] = frozenset()
    """Columns that hold signals of earlier texts."""


@dataclass
class Outcome:
    """A frame after a chain. `kept.height + dropped.height` is the number of rows that came in."""

    kept: pl.DataFrame
    dropped: pl.DataFrame

    @property
    def reasons(self) -> dict[str, int]:
        """Rows that went, by the reason that comes first (`dropped_by`)."""
        return dict(self.dropped.group_by("dropped_by").len().iter_rows()) if self.dropped.height else {}


def compile_chain(
    steps: Sequence[Step], kind: Kind, signals: Mapping[str, int], added: Collection[str] = ()
) -> Chain:
    """Settle which signals are measured where; `added` are columns that earlier passes added.

    Raises:
        SeimaiError: if a filter names something that is neither a column nor a signal.
    """
    columns = {*schema(kind), *READER_COLUMNS, *added}
    have, measured = dict(signals), dict[str, int]()
    links: list[Change | Decision] = []
    before = set[str]()
    for step in steps:
        if isinstance(step, Transform):
            stale = tuple(sorted(have)) if "text" in step.adds() else ()
            links.append(Change(step, stale))
            before |= {kept_before(step)} if stale else set()
            columns |= step.adds()
            have = {} if stale else have
            continue
        if not isinstance(step, Filter):
            raise SeimaiError(f"{step.path()} is no row-wise step")
        wanted = _wanted(step, columns, have)
        have |= {name: signal.version for name, signal in wanted.items()}
        measured |= {name: signal.version for name, signal in wanted.items()}
        cheap = {step.signals: {n for n, s in wanted.items() if not s.costly}}
        costly = {step.signals: {n for n, s in wanted.items() if s.costly}}
        last = links[-1] if links else None
        if isinstance(last, Decision):
            measure, late = _union(last.measure, cheap), _union(last.costly, costly)
            links[-1] = Decision((*last.filters, step), measure, late)
        else:
            links.append(Decision((step,), _union(cheap, {}), _union(costly, {})))
    return Chain(tuple(links), have, measured, frozenset(before))


def kept_before(step: Step) -> str:
    """The column with the signals of the text as it was before a step: a struct, a field a signal."""
    return f"before_{step.path().replace('.', '_')}"


def _wanted(step: Filter, columns: Collection[str], have: Collection[str]) -> dict[str, Signal]:
    """The signals to measure before a filter decides.

    A costly one is wanted again though an earlier pass measured it: that one needed it for some rows only.
    """
    named_by = sorted(named(step.reasons().values()) - set(columns))
    if not named_by:
        return {}
    known = _module(step.signals).SIGNALS
    for name in named_by:
        if name not in known and name not in have:
            raise SeimaiError(f"{step.path()} names {name!r}, {_missing(name, known)}")
    return {n: known[n] for n in named_by if n in known and (n not in have or known[n].costly)}


def _missing(name: str, known: Collection[str]) -> str:
    """Why there is no such column, and what the user can do."""
    if adding := steps_that_add(name):
        return f"a column that {' or '.join(adding)} adds: the recipe must have that step before"
    return f"neither a column nor a signal{nearest(name, known)}"


def _union(
    before: Mapping[str, Collection[str]], more: Mapping[str, Collection[str]]
) -> dict[str, tuple[str, ...]]:
    """Signals by module, those of two neighbours together."""
    both = {m: tuple(sorted({*before.get(m, ()), *more.get(m, ())})) for m in {*before, *more}}
    return {module: names for module, names in both.items() if names}


def _module(path: str) -> SignalModule:
    module: Any = importlib.import_module(path)
    return module


def run_chain(rows: pl.DataFrame, chain: Chain) -> Outcome:
    """Run a chain over a frame in memory.

    Raises:
        SeimaiError: if a transform gives back other rows than it got.
    """
    dropped: list[pl.DataFrame] = []
    rows = _take_failed(rows, "curate.read", dropped)
    for link in chain.links:
        if isinstance(link, Change):
            changed = _apply(link.step, rows)
            rows = _take_failed(_put_aside(changed, link), link.step.path(), dropped)
        else:
            rows = _decide(rows, link, dropped)
    gone = pl.concat(dropped, how="diagonal_relaxed") if dropped else _empty(rows)
    return Outcome(rows, gone)


def _empty(rows: pl.DataFrame) -> pl.DataFrame:
    return mark(
        rows.clear(), pl.lit(None, pl.String), pl.lit(None, pl.List(pl.String)), pl.lit(None, pl.String)
    )


def mark(rows: pl.DataFrame, dropped_by: pl.Expr, reasons: pl.Expr, detail: pl.Expr) -> pl.DataFrame:
    """Rows of the dropped side: with the first reason, all reasons, and words that explain it."""
    return rows.with_columns(dropped_by=dropped_by, reasons=reasons, detail=detail)


def grouped(steps: tuple[Step, ...], *, reads: bool) -> list[tuple[int, tuple[Step, ...]]]:
    """Neighbouring row-wise steps together, whole-dataset steps alone; with the number of the first."""
    groups: list[tuple[int, tuple[Step, ...]]] = []
    for number, step in enumerate(steps):
        rowwise = isinstance(step, Transform | Filter)
        if groups and rowwise and isinstance(groups[-1][1][-1], Transform | Filter):
            first, group = groups[-1]
            groups[-1] = (first, (*group, step))
        else:
            groups.append((number, (step,)))
    if not groups or (reads and not isinstance(groups[0][1][0], Transform | Filter)):
        groups.insert(0, (0, ()))  # reading is row-wise: a pass of its own before a whole-dataset step
    return groups


def given_back(rows: pl.DataFrame, path: str) -> pl.DataFrame:
    """The dropped side of rows that a whole-dataset step gave back with a text in `reason`."""
    if not rows.height:
        return rows
    reason = pl.lit(f"{path}.") + pl.col("reason")
    detail = pl.col("detail") if "detail" in rows.columns else pl.lit(None, pl.String)
    return mark(rows, reason, pl.concat_list(reason), detail).drop("reason")


def _take_failed(rows: pl.DataFrame, path: str, dropped: list[pl.DataFrame]) -> pl.DataFrame:
    """Move rows with a text in `failed` to the dropped side."""
    if "failed" not in rows.columns:
        return rows
    bad, good = rows.filter(pl.col("failed").is_not_null()), rows.filter(pl.col("failed").is_null())
    if bad.height:
        reason = f"{path}.failed"
        dropped.append(
            mark(bad, pl.lit(reason), pl.lit([reason], pl.List(pl.String)), pl.col("failed")).drop("failed")
        )
    return good.drop("failed")


def _put_aside(rows: pl.DataFrame, change: Change) -> pl.DataFrame:
    """Move signals of the text before a change out of the way of those of the text after it."""
    stale = [name for name in change.forget if name in rows.columns]
    return rows.with_columns(pl.struct(stale).alias(kept_before(change.step))).drop(stale) if stale else rows


def _apply(step: Transform, rows: pl.DataFrame) -> pl.DataFrame:
    """Apply a transform; when it raises, halve the frame until only the rows to blame are left."""
    if not rows.height:
        return rows.with_columns(
            pl.lit(None, pl.String).alias(c) for c in step.adds() if c not in rows.columns
        )
    try:
        changed = step.apply(rows)
    except SeimaiError:
        raise
    except (Exception, pl.exceptions.PanicException) as e:  # a Rust panic is no Exception
        if rows.height == 1:
            return rows.with_columns(failed=pl.lit(f"{type(e).__name__}: {e}"[:500]))
        half = rows.height // 2
        return pl.concat([_apply(step, rows[:half]), _apply(step, rows[half:])], how="diagonal_relaxed")
    if not changed["id"].equals(rows["id"]):
        raise SeimaiError(
            f"{step.path()} gave back {changed.height} rows for {rows.height}, or in another order"
        )
    return changed


def _measure_undecided(rows: pl.DataFrame, decision: Decision) -> pl.DataFrame:
    """Measure costly signals where the verdict hangs on them.

    With nulls in their place, three-valued logic says where it does: `true | null` and `false & null` are
    settled, so a filter may put a cheap bound before a costly value.
    """
    known = {n: _module(path).SIGNALS[n].dtype for path, names in decision.costly.items() for n in names}
    rows = rows.with_columns(pl.lit(None, t).alias(n) for n, t in known.items() if n not in rows.columns)
    reasons = [bad for step in decision.filters for bad in step.reasons().values()]
    undecided = pl.any_horizontal(reasons).is_null()
    for path, names in decision.costly.items():
        at = rows.select(undecided).to_series().arg_true()
        if len(at):
            found = _module(path).measure(rows[at], names)
            rows = rows.with_columns(rows[n].scatter(at, found[n]) for n in names)
    return rows


def _decide(rows: pl.DataFrame, decision: Decision, dropped: list[pl.DataFrame]) -> pl.DataFrame:
    """Measure the signals, then split the rows by the filters' expressions."""
    for path, names in decision.measure.items():
        # A column of that name that the plan does not know was measured on another text: it is replaced.
        rows = rows.with_columns(_module(path).measure(rows, names).get_columns())
    if decision.costly:
        rows = _measure_undecided(rows, decision)
    verdicts = [
        pl.when(bad.fill_null(value=False)).then(pl.lit(f"{step.path()}.{reason}"))
        for step in decision.filters
        for reason, bad in step.reasons().items()
    ]
    if not verdicts or not rows.height:
        return rows
    first = rows.select(pl.coalesce(verdicts).alias("first")).to_series()
    if first.null_count() == rows.height:
        return rows
    bad = rows.filter(first.is_not_null())
    every = pl.concat_list(verdicts).list.drop_nulls()
    dropped.append(mark(bad, pl.coalesce(verdicts), every, pl.lit(None, pl.String)))
    return rows.filter(first.is_null())
