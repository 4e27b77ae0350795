"""Progress: live bars on a terminal, plain lines elsewhere."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

EVERY = 10.0
"""Seconds between two plain lines about the same work."""


class Display:
    """Opens bars, and says what was done; everything goes to standard error."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False)
        self._live: Progress | None = None
        if self.console.is_terminal:
            self._live = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(bar_width=28),
                TextColumn("{task.percentage:>3.0f}% {task.fields[rate]}"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                TextColumn("[dim]{task.fields[words]}"),
                console=self.console,
                transient=True,
            )

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def say(self, line: str) -> None:
        """One line that stays."""
        if self._live:
            self._live.console.print(line)
        else:
            print(self.console.render_str(line).plain, file=sys.stderr, flush=True)

    def bar(self, label: str, total: float, unit: str) -> "LiveBar | PlainBar":
        """Open a bar; it closes when its total is reached or the next one opens."""
        if self._live:
            for task in self._live.tasks:
                self._live.remove_task(task.id)
            return LiveBar(self._live, label, total, unit)
        return PlainBar(label, total, unit)


def rate_of(done: float, seconds: float, unit: str) -> str:
    """A rate as people read it.

    >>> rate_of(50_000_000, 2.0, "bytes")
    '25.0 MB/s'
    >>> rate_of(30, 2.0, "pairs")
    '15 pairs/s'
    """
    rate = done / seconds if seconds > 0 else 0.0
    if unit == "bytes":
        return f"{rate / 1e6:.1f} MB/s"
    return f"{rate:,.0f} {unit}/s" if rate >= 10 else f"{rate:.1f} {unit}/s"


class LiveBar:
    """A bar on a terminal."""

    def __init__(self, live: Progress, label: str, total: float, unit: str) -> None:
        self._live, self._unit, self._start = live, unit, time.monotonic()
        self._done = 0.0
        self._task: TaskID = live.add_task(label, total=total or 1, rate="", words="")

    def advance(self, amount: float = 1) -> None:
        """Count work that was done."""
        self._done += amount
        rate = rate_of(self._done, time.monotonic() - self._start, self._unit)
        self._live.update(self._task, advance=amount, rate=rate)

    def already(self, amount: float) -> None:
        """Count work that was done before this run: it says nothing about the speed."""
        self._live.reset(self._task, completed=int(amount))

    def note(self, text: str) -> None:
        """Show a few words beside the bar."""
        self._live.update(self._task, words=text)


class PlainBar:
    """A line now and then, for logs."""

    def __init__(self, label: str, total: float, unit: str) -> None:
        self._label, self._total, self._unit = label, total, unit
        self._start = self._said = time.monotonic()
        self._done, self._before, self._words = 0.0, 0.0, ""

    def advance(self, amount: float = 1) -> None:
        """Count work that was done."""
        self._done += amount
        self._say()

    def already(self, amount: float) -> None:
        """Count work that was done before this run: it says nothing about the speed."""
        self._before += amount

    def note(self, text: str) -> None:
        """Show a few words beside the bar."""
        self._words = text
        self._say()

    def _say(self) -> None:
        now = time.monotonic()
        if now - self._said < EVERY:
            return
        self._said = now
        share = (self._done + self._before) / self._total if self._total else 0.0
        rest = self._total - self._done - self._before
        left = (now - self._start) * rest / self._done if self._done > 0 else float("inf")
        until = f", about {left:.0f} s left" if 0 < left < 1e6 else ""
        words = f", {self._words}" if self._words else ""
        rate = rate_of(self._done, now - self._start, self._unit)
        print(f"  {self._label}: {share:.0%}, {rate}{until}{words}", file=sys.stderr, flush=True)
