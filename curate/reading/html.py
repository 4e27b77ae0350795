"""The main text of an HTML page, by resiliparse, with what it gets wrong on Japanese put right."""

import re
from typing import cast

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import DOMContext, ElementNode, HTMLTree, Node, traverse_dom

from curate.reading.layout import remove_neighbours

DEEPEST = 512
"""Nesting that a page may have: Chromium's parser goes no deeper.

resiliparse's time grows with the square of the depth: 0.6 s at 10,000 nested elements, 73 s at 100,000.
"""

_WIDE = "\u3001-\u3003\u3005-\u301f\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff5b\uff5d-\uff9f"
_SHALLOW = "body > ul, body > * > ul, body > * > * > ul"
_MARK, _ITEM = "\ufdd0", "\ufdd1"  # noncharacters, which no page has
_LI = re.compile(r"(<li(?:\s[^<>]*)?>)", re.I)
_INDENT = re.compile(f"(?<! ) *{_ITEM} *")
_SKIPPED = (
    "rt",  # readings beside kanji: with them, 精米 (せいまい) would say the word twice
    "rp",
    "body > header:not(:has(h1))",  # a site's header; a page's own holds its heading
)
_ALONE = re.compile(rf"(>\s*[{_WIDE}\uac00-\ud7a3])(?=\s*<)")
_BREAK = re.compile(rf"(?<=[{_WIDE}])[ \t]*[\r\n][ \t\r\n]*(?=[{_WIDE}])")
_VERBATIM = re.compile(r"<(pre|textarea|script|style)\b", re.I)
_END = {name: re.compile(rf"</{name}\s*>", re.I) for name in ("pre", "textarea", "script", "style")}
_TRAILING = re.compile(r"(?<![ \t])[ \t]+$", re.M)
_GAP = re.compile(r"\n{3,}")


def main_text(page: str, *, careful: bool = True) -> tuple[str, str | None]:
    """The main text of a page, and its title.

    `careful` looks for menus and notices on pages that do not say which part is the main one.

    Raises:
        ValueError: if the page is nested deeper than `DEEPEST`.
    """
    tree = HTMLTree.parse(_prepared(page))
    if page.count("<") > DEEPEST and tree.body is not None:
        _check_depth(tree.body)
    title = " ".join((tree.title or "").replace(_MARK, "").split()) or None
    text = extract_plain_text(
        _main(tree, careful=careful),
        main_content=True,
        alt_texts=False,
        list_bullets=False,
        comments=False,
        skip_elements=_SKIPPED,
    )
    text = _INDENT.sub("", text).replace(_MARK, "")
    text = _TRAILING.sub("", text)
    return _GAP.sub("\n\n", text).strip("\n"), title


def _main(tree: HTMLTree, *, careful: bool) -> HTMLTree:
    """What the page itself calls its main part, where it names exactly one; else the whole page.

    Unordered lists within three elements of `body` are menus to resiliparse. Those of a main part are not,
    nor are those of mostly plain text: hand-written pages have them right in `body`.
    """
    if tree.body is None:
        return tree
    named = tree.body.query_selector_all("main, [role=main]").values()
    if len(named) == 1:
        return HTMLTree.parse(f"<div><div><div>{named[0].html}</div></div></div>")
    if careful:
        remove_neighbours(tree)
    # values(): iterating over the collection itself searches the page again for each element.
    for item in tree.body.query_selector_all(_SHALLOW).values():
        links = sum(len(a.text or "") for a in item.query_selector_all("a[href]").values())
        if 2 * links < len(item.text or ""):
            _deepen(tree, item)
    return tree


def _deepen(tree: HTMLTree, item: ElementNode) -> None:
    outer = inner = tree.create_element("div")
    for _ in range(2):
        inner = inner and inner.append_child(cast(Node, tree.create_element("div")))
    if outer and inner and item.parent:
        item.parent.insert_before(outer, item)
        inner.append_child(item)


def _prepared(page: str) -> str:
    """The page with three habits of the extractor forestalled, outside verbatim elements.

    It drops a text node of one wide character as if it were a separator (the 一 of a numbered article, the
    「 before a link, 漢 in ruby), so such a node gets a second, invisible one. It makes a line break in the
    source a space, which Japanese does not have between words (CSS Text 3, segment break transformation).
    It indents the items of lists, which are marked to be told from code.
    """
    parts: list[str] = []
    position = 0
    while begin := _VERBATIM.search(page, position):
        parts.append(_reflowed(page[position : begin.start()]))
        end = _END[begin[1].lower()].search(page, begin.end())
        position = end.end() if end else len(page)
        parts.append(page[begin.start() : position])
    parts.append(_reflowed(page[position:]))
    return "".join(parts)


def _reflowed(markup: str) -> str:
    markup = _ALONE.sub(rf"\1{_MARK}", markup)
    return _LI.sub(rf"\1{_ITEM}", _BREAK.sub("", markup))


def _check_depth(body: ElementNode) -> None:
    def look(context: DOMContext) -> None:
        if context.depth > DEEPEST:
            raise ValueError(f"nested deeper than {DEEPEST} elements")

    traverse_dom(body, look, elements_only=True)
