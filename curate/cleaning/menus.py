"""Lines that are menus in plain text: the words that links have, and what stands between links."""

import re
from collections.abc import Iterator

from curate.cleaning.link_words import LINK_WORDS

LONGEST = 200
"""Characters of a line of links; what is longer is text."""

GAP = 2
"""Lines without a link's word that may stand between two lines with one: the title of the next chapter."""

_BETWEEN = re.compile(r"[\s|｜»«≫≪＞＜<>・/／\[\]［］【】→←↑↓▲▼△▽■□◆◇●○*＊]+")
_COUNTER = re.compile(r"[（(]\d{1,6}[)）]$")
_RIGHTS = re.compile(
    r"^\W*(?:copyright|©|\(c\)).{0,100}|.{0,100}all rights reserved\W*$|.{0,40}無断(?:転載|複製).{0,40}", re.I
)
_CHAIN = re.compile(r"\S\s*[»≫]$|^\[ <<? .*\]$|^\[.* >>? \]$")
_SENTENCE = re.compile(r"[。！？!?]|\.\s")


def links_in(line: str) -> int:
    """How many words of links a line is made of; 0 for a line that is made of anything else as well.

    At least half of what stands between the separators must be such words: a trail of breadcrumbs ends with
    the page's own title. A copyright notice counts as one, and so does the title before a 「»」.

    >>> links_in("| 次へ | 前へ |"), links_in("ホーム > 会社案内 > 沿革と歩み"), links_in("コメント(3)")
    (2, 2, 1)
    >>> links_in("目次を見て、次へ進む。"), links_in("精米の手順")
    (0, 0)
    """
    line = line.strip()
    if not line or len(line) > LONGEST or "。" in line:
        return 0
    pieces = [_COUNTER.sub("", piece) for piece in _BETWEEN.split(line) if piece]
    found = sum(piece in LINK_WORDS for piece in pieces)
    if found and 2 * found >= len(pieces):
        return found
    if _SENTENCE.search(line):
        return 0
    return 1 if _CHAIN.search(line) or _RIGHTS.match(line) else 0


def is_gap(line: str) -> bool:
    """Whether a line may stand between two lines of links: it is short, and no sentence ends in it."""
    return len(line.strip()) <= 40 and not _SENTENCE.search(line)


def menus(lines: list[str], least: int) -> Iterator[range]:
    """Lines that make a menu: from its first to its last line of links, with at least so many words.

    Blank lines are no gap. Menus do not overlap and do not touch.
    """
    start = end = count = gap = 0
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        links = links_in(line)
        if links:
            if not count:
                start = number
            end, count, gap = number, count + links, 0
            continue
        gap += 1
        if count and (gap > GAP or not is_gap(line)):
            if count >= least:
                yield range(start, end + 1)
            count = 0
    if count >= least:
        yield range(start, end + 1)
