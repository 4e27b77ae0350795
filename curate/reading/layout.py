"""What stands beside a page's main part and is not of it: menus, breadcrumbs, related links, notices.

Pages that name their main part need none of this. Old ones are laid out in tables, and nothing but their
content tells the cell with the text from the cell with the menu.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from resiliparse.parse.html import ELEMENT, ElementNode, HTMLTree, Node

LEAST_PROSE = 8
"""Sentence marks below which a page has no prose to tell its main part by: lists, tables, directories."""

MAIN_SHARE = 0.6
"""Share of the page's prose that its main part holds; the rest is a lead, an address, a notice on cookies."""

LEAST_LINKS = 3
"""Links of a menu. One or two are a source, an appendix, the form that a law refers to."""

LINKED = 0.5
"""Share of a block's characters that are links in a menu. Measured on html_dev: no block of running text has
more than a third, no menu less than two thirds; lists of related pages have a heading that is no link."""

NOTICE_CHARS = 400
"""A copyright notice with address and telephone number is shorter; a licence is longer, and text."""

_INLINE = re.compile(
    "a|abbr|b|bd[io]|big|br|cite|code|em|font|i|img|ins|kbd|mark|nobr|q|rb|rp|rt|ruby|s|samp|small|span|strike"
    "|strong|su[bp]|tt|u|var|wbr"
)
_MARKS = re.compile(r"[。、！？．，]|[.,!?](?=\s)")
_ENDS = re.compile(r"[。！？]|[.!?](?:\s|$)")
_BETWEEN = re.compile(r"[\s|｜/／>＞»›→・\-–—\[\]［］【】()（）:：]+")
_CRUMBS = re.compile(r"\s*(?:[|｜>＞»›→]|\s/\s)\s*")
_NOTICE = re.compile(
    r"©|\(c\)\s*(?:19|20)\d\d|copyright|all rights? reserved|無断(?:転載|複製|使用)|禁無断", re.I
)
_LINK = "a[href]:not([href^='#'])"  # a table of contents is text
_CONTACT = re.compile(r"〒\s?\d|(?<!\d)0\d{1,4}[-(（]\d{1,4}[-)）]\d{3,4}(?!\d)")
_UNSEEN = "script, style, noscript, template, textarea, select, button"

Run = list[Node]
"""Neighbouring inline nodes, which make one block; or one block element."""


@dataclass(frozen=True)
class _Measured:
    text: str
    links: int
    linked: str

    @property
    def prose(self) -> int:
        """Sentence marks outside links."""
        return len(_MARKS.findall(self.text)) - len(_MARKS.findall(self.linked))

    def is_text(self) -> bool:
        """Running text: a sentence ends, and links are its smaller part."""
        return self.prose > 0 and bool(_ENDS.search(self.text)) and not self.is_linked()

    def is_linked(self) -> bool:
        """Mostly links, separators left out."""
        return self.links >= LEAST_LINKS and len(_solid(self.linked)) >= LINKED * len(_solid(self.text))

    def is_beside(self) -> bool:
        """A menu, a trail of breadcrumbs, a copyright notice."""
        if self.is_linked():
            return True
        if len(self.text) <= NOTICE_CHARS and _NOTICE.search(self.text):
            return True
        return self._is_trail()

    def is_address(self) -> bool:
        """An address or a telephone number, and nothing said about it."""
        return len(self.text) <= NOTICE_CHARS and self.prose == 0 and bool(_CONTACT.search(self.text))

    def _is_trail(self) -> bool:
        if not self.links or len(self.text) > NOTICE_CHARS or _ENDS.search(self.text):
            return False
        return len(_CRUMBS.split(self.text.strip())) > 2


def remove_neighbours(tree: HTMLTree) -> None:
    """Remove the menus and notices around the part of a page that holds its prose.

    From `body` down, the child with most of the prose is followed as long as there is one; what lies beside
    this path goes if it is a menu or a notice, and so does what comes before the first and after the last
    running text of the part where the path ends. A page with little prose is left as it is.
    """
    place = tree.body
    if place is None:
        return
    for unseen in place.query_selector_all(_UNSEEN).values():
        if unseen.parent:  # decompose() would free the children of this node that come next
            unseen.parent.remove_child(unseen)
    total = _measured([cast(Node, place)]).prose
    if total < LEAST_PROSE:
        return
    while True:
        runs = [(run, _measured(run)) for run in _runs(place)]
        inner = next((r[0] for r, m in runs if m.prose >= MAIN_SHARE * total and _is_block(r)), None)
        if inner is None:
            _remove(place, _edges(runs))
            return
        beside = [run for run, m in runs if run[0] is not inner and (m.is_beside() or m.is_address())]
        _remove(place, beside)
        place = cast(ElementNode, inner)


def _edges(runs: Sequence[tuple[Run, _Measured]]) -> list[Run]:
    texts = [number for number, (_, measured) in enumerate(runs) if measured.is_text()]
    if not texts:
        return []
    outer = [*runs[: texts[0]], *runs[texts[-1] + 1 :]]
    return [run for run, measured in outer if measured.is_beside()]


def _remove(place: ElementNode, runs: Sequence[Run]) -> None:
    for node in (node for run in runs for node in run):
        place.remove_child(node)


def _runs(place: ElementNode) -> list[Run]:
    """The blocks that an element holds, in order."""
    found: list[Run] = []
    inline: Run = []
    node = place.first_child
    while node is not None:  # iterating over child_nodes counts from the first child each time
        if _is_block([node]):
            found += [inline, [node]] if inline else [[node]]
            inline = []
        else:
            inline.append(node)
        node = node.next_sibling
    return [*found, inline] if inline else found


def _is_block(run: Run) -> bool:
    return len(run) == 1 and run[0].type == ELEMENT and not _INLINE.fullmatch(run[0].tag or "")


def _measured(run: Run) -> _Measured:
    text = "".join(node.text or "" for node in run)
    links = [
        a.text or ""
        for node in run
        if node.type == ELEMENT
        for a in cast(ElementNode, node).query_selector_all(_LINK).values()
    ]
    links += [node.text or "" for node in run if _is_link(node)]  # no descendant of itself
    return _Measured(text, len(links), "".join(links))


def _is_link(node: Node) -> bool:
    return node.type == ELEMENT and cast(ElementNode, node).matches(_LINK)


def _solid(text: str) -> str:
    return _BETWEEN.sub("", text)
