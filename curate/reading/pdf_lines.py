"""From the characters of a PDF page and their places to its lines, horizontal and vertical."""

import re
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple


class Character(NamedTuple):
    """A character and its box in points, origin at the bottom left; `made`: PDFium put it in."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    made: bool = False


class Page(NamedTuple):
    """A page as it is shown."""

    characters: tuple[Character, ...]
    width: float
    height: float


@dataclass(frozen=True)
class Line:
    """A line in reading direction: it runs from `left` to `right`, and the next one is lower.

    `hyphen`: it ends inside a word.
    """

    text: str
    left: float
    bottom: float
    right: float
    top: float
    size: float
    hyphen: bool = False
    characters: tuple[Character, ...] = field(default=(), compare=False)

    @property
    def middle(self) -> float:
        """The height at which the line stands."""
        return (self.bottom + self.top) / 2


_HYPHENS = "\x02\ufffe"  # PDFium's signs for a hyphen at which a word was broken
_READING = 0.65  # size of readings to the text: half, as a rule
_LYING = 5  # characters that a horizontal line among columns has at least
_TIERS = 4  # most narrow gaps of a page in tiers
_MANY = 8  # columns from which on a height that none crosses parts two tiers
_KANA = re.compile("[\u3041-\u30ff]+")
WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uffef\U00020000-\U0003ffff]")
"""Characters as wide as high: kana, kanji, full-width forms."""


def lines_of(characters: Sequence[Character]) -> list[Line]:
    """The lines as PDFium breaks them."""
    lines: list[Line] = []
    current: list[Character] = []
    for c in characters:
        if c.text in "\r\n" or c.text in _HYPHENS:
            if line := _line(current, hyphen=c.text in _HYPHENS):
                lines.append(line)
            current = []
        else:
            current.append(c)
    if line := _line(current, hyphen=False):
        lines.append(line)
    return _columns(lines, characters)


def _columns(lines: list[Line], characters: Sequence[Character]) -> list[Line]:
    """The lines of a page whose wide characters mostly stand one below the other: its columns.

    PDFium finds vertical lines only in fonts made for them; many Japanese programs place each character.
    """
    wide = [c for c in characters if not c.made and WIDE.match(c.text)]
    size = statistics.median([c.top - c.bottom for c in wide] or [0])
    below = sum(
        abs(a.left + a.right - b.left - b.right) < 0.6 * size and 0.6 * size < a.top - b.top < 1.7 * size
        for a, b in pairwise(wide)
    )
    solid = [c for c in characters if not c.made and (c.text.strip() or c.text == "\u3000")]
    if 2 * below < len(solid) - 1 or not below:
        return lines
    kept = [x for x in lines if len(x.text) >= _LYING and x.right - x.left > 2 * (x.top - x.bottom)]
    held = [x for line in kept for x in line.characters]
    loose = set(solid) - set(held)
    columns: list[list[Character]] = []
    for c in sorted(loose, key=lambda c: c.left + c.right):
        if columns and (c.left + c.right) - (columns[-1][-1].left + columns[-1][-1].right) < 0.8 * size:
            columns[-1].append(c)
        else:
            columns.append([c])
    gaps = _gaps(loose, size) if len(columns) >= _MANY else []
    return [*kept, *(line for column in columns for line in _segments(column, size, gaps))]


def _gaps(characters: Iterable[Character], size: float) -> list[float]:
    """Heights that no column crosses: between the tiers (段) of a page.

    A narrow gap counts where there are few: on squared paper there is one below every character.
    """
    gaps: list[tuple[float, float]] = []
    lowest = float("-inf")
    for c in sorted(characters, key=lambda c: -c.top):
        if lowest - c.top > 0.3 * size:
            gaps.append((lowest - c.top, (lowest + c.top) / 2))
        lowest = min(lowest, c.bottom) if lowest > float("-inf") else c.bottom
    least = 0.3 * size if len(gaps) <= _TIERS else 0.7 * size
    return [middle for height, middle in gaps if height > least]


def _segments(column: list[Character], size: float, gaps: Sequence[float]) -> Iterator[Line]:
    """The parts of a column, from the top; two characters side by side are in order."""
    column = sorted(column, key=lambda c: (-c.top, c.left))
    current = column[:1]
    for before, c in pairwise(column):
        if before.bottom - c.top > 1.5 * size or any(c.top < gap < before.bottom for gap in gaps):
            if line := _line(current, hyphen=False):
                yield line
            current = []
        current.append(c)
    if line := _line(current, hyphen=False):
        yield line


def _line(characters: list[Character], *, hyphen: bool) -> Line | None:
    """A line of characters, without the readings among them and the spaces put between wide ones."""
    solid = [c for c in characters if not c.made and c.text.strip()]
    if not solid:
        return None
    size = statistics.median(
        min(c.right - c.left, c.top - c.bottom) if WIDE.match(c.text) else c.top - c.bottom for c in solid
    )
    kept = [
        c for c in characters if not (_KANA.fullmatch(c.text) and c.top - c.bottom < _READING * size)
    ] or characters
    parts: list[str] = []
    for i, c in enumerate(kept):
        if c.made and c.text == " " and 0 < i < len(kept) - 1:
            before, after = kept[i - 1], kept[i + 1]
            if WIDE.match(before.text) and WIDE.match(after.text) and after.left - before.right < size:
                continue
        parts.append(c.text)
    return Line(
        "".join(parts).rstrip(),
        min(c.left for c in solid),
        min(c.bottom for c in solid),
        max(c.right for c in solid),
        max(c.top for c in solid),
        max(size, 0.1),
        hyphen,
        tuple(solid),
    )


def _is_vertical(line: Line) -> bool:
    return line.top - line.bottom > 1.5 * (line.right - line.left) and len(line.text) > 1


def ordered(lines: list[Line]) -> list[Line]:
    """The lines of a page in reading order and direction, without lines of readings."""
    many = sum(len(line.text) for line in lines if len(line.text) > 1)
    if 2 * sum(len(line.text) for line in lines if _is_vertical(line)) > many:
        turned = [replace(x, left=-x.top, right=-x.bottom, bottom=x.left, top=x.right) for x in lines]
        lines = [line for tier in _tiers(turned) for line in sorted(tier, key=lambda x: -x.middle)]
    body = statistics.median([line.size for line in lines for _ in line.text] or [0])
    return [x for x in lines if not (x.size < _READING * body and _KANA.fullmatch(x.text.replace(" ", "")))]


def _tiers(lines: list[Line]) -> Iterator[list[Line]]:
    """Vertical lines, by the tiers (段) that they stand in."""
    tier: list[Line] = []
    end = float("-inf")
    for line in sorted(lines, key=lambda x: x.left):
        if tier and line.left > end:
            yield tier
            tier = []
        tier.append(line)
        end = max(end, line.right)
    if tier:
        yield tier
