"""Curves of thresholds as one SVG picture: small panels, one a threshold.

The picture is plain SVG with the fonts of the reader's machine, so that Japanese names show everywhere; an
HTML page holds the same picture, and PNG is made from it by resvg (an extra package).
"""

import importlib
import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from rich.cells import cell_len, set_cell_size

from seimai.dataset import write_atomically
from seimai.errors import SeimaiError
from seimai.tuning.curve import Curve, Point
from seimai.tuning.thresholds import written

PANEL, HEIGHT = 380, 286
LEFT, RIGHT, TOP, BOTTOM = 66, 18, 76, 44
COLUMNS = 3
SUBTITLE = 58
"""Width of the line below a panel's title, in Latin characters."""
FORMS = (".svg", ".html", ".png")
FONTS = "'Noto Sans CJK JP','Noto Sans JP','Hiragino Sans','Yu Gothic','Meiryo','IPAexGothic',sans-serif"
NOW, NEW, LINE = "#777777", "#c2410c", "#1d4e89"


def save(path: Path, title: str, curves: Sequence[Curve], definitions: dict[str, str]) -> None:
    """Write the picture; the ending of the name says in which form.

    Raises:
        SeimaiError: for another ending, a missing package, or a place that cannot be written.
    """
    form = path.suffix.lower()
    if form not in FORMS:
        raise SeimaiError(f"--plot {path}: the name must end in {', '.join(FORMS)}")
    if not curves:
        raise SeimaiError(f"--plot {path}: no threshold has stored values to draw")
    picture = svg(title, curves, definitions)
    if form == ".svg":
        data = picture.encode()
    elif form == ".html":
        page = f'<!doctype html><html lang="ja"><meta charset="utf-8"><title>{escape(title)}</title>'
        data = f'{page}<body style="margin:1rem;background:#fff">{picture}</body></html>\n'.encode()
    else:
        data = _png(picture)
    try:
        write_atomically(path, data)
    except OSError as e:
        raise SeimaiError(f"--plot {path}: cannot be written: {e.strerror}") from None


def check(path: Path) -> None:
    """Refuse a name before any work is done.

    Raises:
        SeimaiError: for an ending that is no form, or a form that needs a missing package.
    """
    form = path.suffix.lower()
    if form not in FORMS:
        raise SeimaiError(f"--plot {path}: the name must end in {', '.join(FORMS)}")
    if form == ".png":
        _resvg()


def _resvg() -> Any:
    try:
        return importlib.import_module("resvg_py")
    except ModuleNotFoundError:
        raise SeimaiError(
            "--plot: PNG needs the package resvg-py: pip install 'seimai[plot]' (.svg and .html need nothing)"
        ) from None


def _png(picture: str) -> bytes:
    return bytes(_resvg().svg_to_bytes(svg_string=picture, zoom=2))


def svg(title: str, curves: Sequence[Curve], definitions: dict[str, str]) -> str:
    """The picture: kept documents over each threshold, the present and the new value marked."""
    columns = min(COLUMNS, len(curves))
    width, height = columns * PANEL + 20, math.ceil(len(curves) / columns) * HEIGHT + 56
    panels = "".join(
        f'<g transform="translate({10 + i % columns * PANEL},{46 + i // columns * HEIGHT})">'
        f"{_panel(curve, definitions.get(curve.threshold.name, ''))}</g>"
        for i, curve in enumerate(curves)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="{FONTS}" font-size="11" fill="#222222">'
        f'<rect width="100%" height="100%" fill="#ffffff"/>'
        f'<text x="16" y="28" font-size="16" font-weight="bold">{escape(title)}</text>'
        f"{panels}</svg>\n"
    )


def _panel(curve: Curve, definition: str) -> str:
    most = max(p.kept + p.undecided for p in curve.points) or 1
    across = _Scale(
        curve.points[0].value, curve.points[-1].value, LEFT, PANEL - RIGHT, logarithmic=curve.logarithmic
    )
    up = _Scale(0, most, HEIGHT - BOTTOM, TOP)
    parts = [
        f'<text x="{LEFT}" y="20" font-size="13" font-weight="bold">{escape(curve.threshold.name)}</text>',
        f'<text x="{LEFT}" y="36" fill="#555555">{escape(_cut(definition))}</text>',
    ]
    for tick in up.ticks():
        y = up.at(tick)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{PANEL - RIGHT}" stroke="#e5e5e5"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:,.0f}</text>')
    for tick in across.ticks():
        label = f"{tick:,.0f}" if abs(tick) >= 1000 else f"{tick:g}"
        x = across.at(tick)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{label}</text>')
    parts += [
        f'<text x="{(LEFT + PANEL - RIGHT) / 2}" y="{HEIGHT - BOTTOM + 33}" text-anchor="middle" '
        f'fill="#555555">threshold · しきい値</text>',
        f'<text transform="translate(14,{(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle" '
        f'fill="#555555">documents kept · 残る文書</text>',
        _band(curve.points, across, up),
        _line(curve.points, across, up),
        *_marks(curve, across),
    ]
    return "".join(parts)


def _band(points: Sequence[Point], across: "_Scale", up: "_Scale") -> str:
    """From surely kept to kept at most: the undecided documents."""
    if not any(p.undecided for p in points):
        return ""
    upper = [f"{across.at(p.value):.1f} {up.at(p.kept + p.undecided):.1f}" for p in points]
    lower = [f"{across.at(p.value):.1f} {up.at(p.kept):.1f}" for p in reversed(points)]
    shape = f'<path d="M{"L".join([*upper, *lower])}Z" fill="{LINE}" fill-opacity="0.15"/>'
    return f"<g>{shape}<title>undecided · 未判定</title></g>"


def _line(points: Sequence[Point], across: "_Scale", up: "_Scale") -> str:
    path = "L".join(f"{across.at(p.value):.1f} {up.at(p.kept):.1f}" for p in points)
    dots = "".join(
        f'<circle cx="{across.at(p.value):.1f}" cy="{up.at(p.kept):.1f}" r="4" fill-opacity="0">'
        f"<title>{written(p.value)}: {p.kept:,}</title></circle>"
        for p in points
    )
    return f'<path d="M{path}" fill="none" stroke="{LINE}" stroke-width="2"/>{dots}'


def _marks(curve: Curve, across: "_Scale") -> list[str]:
    """The present threshold, and the new one if it is another."""
    marks = [(curve.threshold.now, "now · 現在", NOW, "4 3", TOP - 18)]
    if curve.new != curve.threshold.now:
        marks.append((curve.new, "new · 変更後", NEW, "", TOP - 5))
    found: list[str] = []
    for value, label, colour, dashes, y in marks:
        x = across.at(value)
        anchor = "end" if x > PANEL - 100 else "start"
        found.append(
            f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="{colour}" stroke-dasharray="{dashes}"/>'
            f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" fill="{colour}">'
            f"{label} {written(value)}</text>"
        )
    return found


def _cut(text: str) -> str:
    """What fits below a panel's title; a Japanese character takes the room of two Latin ones."""
    return text if cell_len(text) <= SUBTITLE else f"{set_cell_size(text, SUBTITLE - 1).rstrip()}…"


class _Scale:
    """From values to places of the picture, evenly or by logarithm."""

    def __init__(
        self, low: float, high: float, start: float, end: float, *, logarithmic: bool = False
    ) -> None:
        self._log = logarithmic
        self._low, self._high = low, high
        self._start, self._end = start, end

    def _even(self, value: float) -> float:
        return math.log1p(value) if self._log else value

    def at(self, value: float) -> float:
        """The place of a value."""
        low, high = self._even(self._low), self._even(self._high)
        share = (self._even(value) - low) / (high - low) if high > low else 0.5
        return self._start + share * (self._end - self._start)

    def ticks(self) -> list[float]:
        """Round values: powers of ten, or about four steps of 1, 2 or 5."""
        if self._log:
            powers = [10.0**n for n in range(7) if self._low <= 10**n <= self._high]
            return powers if len(powers) > 1 else [self._low, self._high]
        span = self._high - self._low
        if span <= 0:
            return [self._low]
        rough = span / 4
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough)
        first = math.ceil(self._low / step)
        return [round(n * step, 10) for n in range(first, math.floor(self._high / step) + 1)]
