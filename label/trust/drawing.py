"""Small pictures for a report, as plain SVG: they need no package, no font and no script."""

from collections.abc import Sequence
from html import escape

from seimai.interval import Share

FONTS = "'Noto Sans CJK JP','Noto Sans JP','Hiragino Sans','Yu Gothic','Meiryo',sans-serif"
INK, FAINT, MARK = "#1d4e89", "#e5e5e5", "#c2410c"
COLOURS = ("#1d4e89", "#7aa6d6", "#b9b9b9", "#5b5b5b")
NAME, PLOT, ROW = 110, 300, 24


def intervals(rows: Sequence[tuple[str, Share]], *, half: bool = False) -> str:
    """One line a row: the share as a dot on its 95 % interval, from 0 to 100 %; `half` marks one half."""
    height = ROW * len(rows) + 26
    parts = [
        f'<path d="M{_x(t)} 4V{height - 22}" stroke="{FAINT}"/>'
        f'<text x="{_x(t)}" y="{height - 6}" text-anchor="middle" fill="#555555">{t:.0%}</text>'
        for t in (0, 0.25, 0.5, 0.75, 1)
    ]
    if half:
        parts.append(f'<path d="M{_x(0.5)} 4V{height - 22}" stroke="{MARK}" stroke-dasharray="4 3"/>')
    for i, (name, share) in enumerate(rows):
        y = 16 + ROW * i
        parts.append(f'<text x="{NAME - 12}" y="{y + 4}" text-anchor="end">{escape(_short(name))}</text>')
        parts.append(f'<path d="M{_x(share.low)} {y}H{_x(share.high)}" stroke="{INK}" stroke-width="2"/>')
        parts.append(f'<circle cx="{_x(share.share)}" cy="{y}" r="4" fill="{INK}"/>')
        parts.append(f'<text x="{NAME + PLOT + 14}" y="{y + 4}">{share.share:.0%}</text>')
    return _svg(NAME + PLOT + 60, height, parts)


def bars(rows: Sequence[tuple[str, Sequence[int]]]) -> str:
    """One bar a row, its parts the shares of the counts, in the order of COLOURS."""
    parts: list[str] = []
    for i, (name, counts) in enumerate(rows):
        y, at, total = 6 + ROW * i, float(NAME), sum(counts) or 1
        parts.append(f'<text x="{NAME - 12}" y="{y + 13}" text-anchor="end">{escape(_short(name))}</text>')
        for colour, count in zip(COLOURS, counts, strict=True):
            width = PLOT * count / total
            parts.append(f'<rect x="{at:.1f}" y="{y}" width="{width:.1f}" height="17" fill="{colour}"/>')
            at += width
        parts.append(f'<text x="{NAME + PLOT + 14}" y="{y + 13}">{sum(counts):,}</text>')
    return _svg(NAME + PLOT + 60, ROW * len(rows) + 10, parts)


def courses(rows: Sequence[tuple[str, Sequence[Share]]]) -> str:
    """A small panel a row: shares one after the other, with their intervals, from 0 to 100 %."""
    width, height, across = 118, 96, 5
    panels: list[str] = []
    for i, (name, shares) in enumerate(rows):
        spots = [(20 + 36 * k, s) for k, s in enumerate(shares)]
        line = " ".join(f"{x},{_up(s.share)}" for x, s in spots)
        parts = [
            f'<text x="4" y="12">{escape(_short(name))}</text>',
            f'<path d="M4 {_up(1)}H110M4 {_up(0)}H110M4 {_up(0.5)}H110" stroke="{FAINT}"/>',
            f'<polyline points="{line}" fill="none" stroke="{INK}" stroke-width="2"/>',
            *(f'<path d="M{x} {_up(s.low)}V{_up(s.high)}" stroke="{INK}"/>' for x, s in spots),
            *(f'<circle cx="{x}" cy="{_up(s.share)}" r="3" fill="{INK}"/>' for x, s in spots),
        ]
        where = f"translate({i % across * width},{i // across * height})"
        panels.append(f'<g transform="{where}">{"".join(parts)}</g>')
    return _svg(width * across, height * ((len(rows) + across - 1) // across), panels)


def _svg(width: int, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="{FONTS}" font-size="12" fill="#222222">{"".join(parts)}</svg>'
    )


def _x(share: float) -> float:
    return round(NAME + PLOT * share, 1)


def _up(share: float) -> float:
    return round(84 - 62 * share, 1)


def _short(name: str) -> str:
    return name if len(name) <= 12 else name[:11] + "…"
