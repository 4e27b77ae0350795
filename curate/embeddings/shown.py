"""What a sample of rows shows, in files for people: a table, a picture, pairs to read."""

import json
from pathlib import Path

import numpy as np
import polars as pl

from curate.embeddings.spread import LEAST, STEPS, Spread
from curate.minhash.bands import Rows
from curate.minhash.sketch import shards
from curate.minhash.store import Store
from seimai import dataset

CHARACTERS = 400
"""Of a text that are shown."""


def write(
    spread: Spread, threshold: float | None, meet: str, rows: dataset.Rows, store: Store, folder: Path
) -> None:
    """Write `thresholds.txt` (`meet` says how many duplicates do), `thresholds.svg` and `pairs.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "thresholds.txt").write_text(f"{spread.table(threshold)}\n{meet}".rstrip() + "\n", "utf-8")
    (folder / "thresholds.svg").write_text(picture(spread, threshold), "utf-8")
    pairs = spread.pairs(threshold)
    wanted = np.unique(np.array([row for _, *both in pairs for row in both], np.int64))
    texts = dict(zip(wanted.tolist(), _texts(rows, wanted), strict=True))
    ids = dict(zip(wanted.tolist(), store.ids(wanted).to_list(), strict=True))
    with (folder / "pairs.jsonl").open("w", encoding="utf-8") as f:
        for cosine, a, b in pairs:
            line = {"similarity": cosine, "a": ids[a], "b": ids[b], "text_a": texts[a], "text_b": texts[b]}
            f.write(json.dumps(line, ensure_ascii=False) + "\n")


def _texts(rows: dataset.Rows, wanted: Rows) -> list[str]:
    found: list[str] = []
    for path, first, size in shards(rows):
        some = wanted[(wanted >= first) & (wanted < first + size)] - first
        if some.size:
            text = pl.read_parquet(path, columns=["text"], hive_partitioning=False)["text"]
            found += [(t or "")[:CHARACTERS] for t in text.gather(some).to_list()]
    return found


def picture(spread: Spread, threshold: float | None) -> str:
    """The histogram, and the share that would go, as an SVG."""
    wide, high, left, top = 700, 240, 60, 50
    bars = spread.histogram()
    most = max(float(bars.max()), 1e-6)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide + 130} {high + 110}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{wide + 130}" height="{high + 110}" fill="#fff"/>',
        f'<text x="{left}" y="24" font-size="14">Cosine of each document and its most similar other one '
        "(bars); share of all that would go at most (line)</text>",
    ]
    width = wide / STEPS
    for n, share in enumerate(bars.tolist()):
        tall = high * share / most
        parts.append(
            f'<rect x="{left + n * width:.1f}" y="{top + high - tall:.1f}" width="{width - 1:.1f}"'
            f' height="{tall:.1f}" fill="#8fb0d0"/>'
        )
    line = " ".join(
        f"{left + n * width:.1f},{top + high * (1 - spread.likely(LEAST + n / 100)):.1f}"
        for n in range(STEPS + 1)
    )
    parts.append(f'<polyline points="{line}" fill="none" stroke="#c2410c" stroke-width="2"/>')
    for n in range(0, STEPS + 1, 10):
        x = left + n * width
        parts.append(
            f'<text x="{x:.1f}" y="{top + high + 18}" text-anchor="middle">{LEAST + n / 100:.1f}</text>'
        )
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = top + high * (1 - share)
        parts.append(f'<text x="{left + wide + 8}" y="{y + 4:.1f}" fill="#c2410c">{share:.0%}</text>')
    parts.append(f'<text x="{left - 8}" y="{top + 10}" text-anchor="end">{most:.1%}</text>')
    if threshold is not None and threshold >= LEAST:
        x = left + (threshold - LEAST) * 100 * width
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{top + high}" stroke="#444"'
            ' stroke-dasharray="4 3"/>'
            f'<text x="{x:.1f}" y="{top + high + 36}" text-anchor="middle">threshold {threshold:g}: '
            f"{spread.likely(threshold):.1%} would go at most</text>"
        )
    return "\n".join([*parts, "</svg>"]) + "\n"
