"""From the lines of PDF pages to paragraphs.

A line that ends at the margin goes on in the next one, unless that is indented: so Japanese books and
reports mark paragraphs. Page numbers and running heads go.
"""

import re
import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from curate.reading.pdf_lines import WIDE, Line, Page, lines_of, ordered

_FULL = (
    1.6  # characters that may be missing at the end of a full line: a mark, or what the next could not break
)
_INDENT = 0.6
_SPACE = ("\u3000", " ")
_GAP = 1.7  # spacings of lines between two blocks
_SAME_SIZE = 1.25
_END = re.compile("[。．！？!?」』）)】]$|[.:：]$")
_ITEM = re.compile("[・●○■□◆◇▼▲※*•‐①-⑳]|[(（]?[0-9０-９一二三四五六七八九十]{1,3}[)）.．、]")
_NUMBER = re.compile(
    r"[-–—‐−\s]*(?:p\.?\s*)?[0-9０-９ivxⅰ-ⅻ]{1,5}(?:\s*/\s*[0-9]{1,5})?[-–—‐−\s]*(?:ページ|頁)?", re.I
)

_VERTICAL = dict(
    zip(
        "︐︑︒︓︔︕︖︗︘︙︰︱︲︳︵︶︷︸︹︺︻︼︽︾︿﹀﹁﹂﹃﹄",
        "，、。：；！？〖〗…‥—–＿（）｛｝〔〕【】《》〈〉「」『』",
        strict=True,
    )
)
_FOLDS = {
    **{ord(form): sign for form, sign in _VERTICAL.items()},
    **{c: unicodedata.normalize("NFKC", chr(c)) for c in (*range(0x2F00, 0x2FD6), *range(0xFB00, 0xFB07))},
    0xAD: "",
    0: "",
}
"""What fonts leave in a text layer: forms of vertical writing, Kangxi radicals for kanji, Latin ligatures."""


def text_of(pages: Sequence[Page]) -> str:
    """The text of pages: paragraphs on a line each, a blank line where there is a gap."""
    parts: list[str] = []
    last: Line | None = None  # of the page before, if it is full
    for of_page in _without_furniture([lines_of(page.characters) for page in pages]):
        lines = ordered(of_page)
        if not lines:
            continue
        if parts:
            goes_on = last is not None and _goes_on_overleaf(last, lines)
            parts.append(_between(last, lines[0]) if last and goes_on else "\n")
        full = _full(lines)
        parts += _paragraphs(lines, full)
        last = lines[-1] if lines[-1] in full else None
    return "".join(parts).translate(_FOLDS)


def _paragraphs(lines: list[Line], full: set[Line]) -> Iterator[str]:
    """The lines of a page and what stands between them."""
    spacing = statistics.median([max(a.middle - b.middle, 0) for a, b in pairwise(lines)] or [0])
    yield lines[0].text
    for before, line in pairwise(lines):
        if before.middle - line.middle > _GAP * max(spacing, line.size):
            yield "\n\n"
        else:
            goes_on = before.hyphen or (before in full and _goes_on(before, line))
            yield _between(before, line) if goes_on else "\n"
        yield line.text


def _full(lines: list[Line]) -> set[Line]:
    """The lines that end at the margin of the column they stand in."""
    full: set[Line] = set()
    for i, line in enumerate(lines):
        near = [
            other.right
            for other in lines[max(0, i - 12) : i + 13]
            if abs(other.left - line.left) < 4 * line.size and _same_size(other, line)
        ]
        margin = max(near) - (_short(line, lines[i + 1]) if i + 1 < len(lines) else _FULL * line.size)
        # One long line among many is a verse or an item of a list: nothing says that it ends at a margin.
        if line.right >= margin and (len(near) < 8 or 5 * sum(r >= margin for r in near) >= len(near)):
            full.add(line)
    return full


def _short(line: Line, after: Line) -> float:
    """How far from the margin a full line may end: a word that begins the next line did not fit any more."""
    word = re.match(r"[!-~]+", after.text)
    letter = (after.right - after.left) / max(len(after.text), 1)
    return max(_FULL * line.size, letter * (min(word.end(), 20) + 1) if word else 0)


def _same_size(a: Line, b: Line) -> bool:
    return max(a.size, b.size) <= _SAME_SIZE * min(a.size, b.size)


def _indented(line: Line, margin: float) -> bool:
    return line.text.startswith(_SPACE) or line.left - margin > _INDENT * line.size


def _goes_on(a: Line, b: Line) -> bool:
    """Whether a full line's paragraph goes on in the line after it."""
    if not _same_size(a, b):
        return False
    ended = _END.search(a.text) is not None
    if b.middle >= a.middle:  # the top of the next column or tier
        return b.left > a.left and not ended and not b.text.startswith(_SPACE)
    if b.left > a.right or (ended and (_ITEM.match(b.text) or b.left < a.left - 4 * a.size)):
        return False
    return not _indented(b, a.left) if ended else not b.text.startswith(_SPACE)


def _goes_on_overleaf(a: Line, lines: list[Line]) -> bool:
    """Whether the last line of a page goes on in the first of the next: only within a sentence."""
    b = lines[0]
    margin = min(line.left for line in lines if _same_size(line, b))
    return a.hyphen or (_same_size(a, b) and not _END.search(a.text) and not _indented(b, margin))


def _between(a: Line, b: Line) -> str:
    """What stands between two lines of a paragraph: a space where both sides are Western."""
    if a.hyphen or not a.text or not b.text:
        return ""
    return "" if WIDE.match(a.text[-1]) or WIDE.match(b.text[0]) else " "


def _without_furniture(pages: list[list[Line]]) -> list[list[Line]]:
    """Pages without their numbers and without the outermost lines that many pages share."""
    edges = [_edges(lines) for lines in pages]
    counts = Counter(
        _pattern(line) for of_page in edges for line in {_pattern(x): x for x in of_page}.values()
    )
    least = max(3, 0.4 * len(pages))
    return [
        [
            line
            for line in lines
            if line not in edge
            or not (_NUMBER.fullmatch(line.text.strip()) or counts[_pattern(line)] >= least)
        ]
        for lines, edge in zip(pages, edges, strict=True)
    ]


def _edges(lines: list[Line]) -> set[Line]:
    """Up to two lines that stand above, and two that stand below, all others."""
    found: set[Line] = set()
    for _ in range(2):
        rest = [line for line in lines if line not in found]
        if len(rest) < 2:
            break
        high, low = max(rest, key=lambda x: x.middle), min(rest, key=lambda x: x.middle)
        if all(high.bottom >= line.middle for line in rest if line is not high):
            found.add(high)
        if all(low.top <= line.middle for line in rest if line is not low):
            found.add(low)
    return found


def _pattern(line: Line) -> str:
    return re.sub("[0-9０-９]+", "0", line.text.strip())
