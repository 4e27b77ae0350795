"""Wikitext to text: one pass over the brackets with a stack, in linear time whatever is left unclosed.

What a reader sees stays: paragraphs, lists, headings, the labels of links, code and formulas. Templates
(but for those that only dress text), tables, references, files, categories and galleries go.
"""

import html
import re
from collections.abc import Callable

from curate.reading.wiki_templates import shown

_COMMENT = re.compile("<!--.*?(?:-->|\\Z)", re.S)
_ELEMENT = re.compile(
    r"<(ref|references|gallery|timeline|imagemap|score|graph|mapframe|maplink|templatedata|templatestyles|"
    r"inputbox|section|indicator|nowiki|pre|math|chem|syntaxhighlight|source)\b([^<>]*)>",
    re.I,
)
_VERBATIM = frozenset({"nowiki", "pre", "math", "chem", "syntaxhighlight", "source"})
_KEPT = re.compile("\ufdd0(\\d+)\ufdd1")
_TOKEN = re.compile(r"\{\{|\}\}|^[ \t:*#]*\{\||^[ \t]*\|\}|\[\[|\]\]|\||\n\n|^=", re.M)
_DEEPEST = 64  # MediaWiki expands templates 40 deep
_FILES = re.compile("(?:file|image|media|ファイル|画像|メディア|category|カテゴリ)\\s*:", re.I)
_LANGUAGE = re.compile("(?:[a-z]{2,3}|simple|[a-z]{2,3}(?:-[a-z]{2,6})+)\\s*:")
_NOT_A_LANGUAGE = frozenset({"wp", "wmf", "doi", "rfc"})
_HEADING = re.compile("^(={1,6})[ \t]*(.+?)[ \t]*\\1[ \t]*$", re.M)
_LINK = re.compile(r"\[(?:https?|ftp|mailto)?:?//[^\s\[\]<>]*(?:[ \t\u3000]+([^\[\]\n]*))?\]", re.I)
_QUOTES = re.compile("'{2,5}")
_BREAK = re.compile(r"<br[^<>]*>", re.I)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.I)
_SWITCH = re.compile("__[A-Z]{3,}__|__[^\\s_]{2,12}__")
_LIST = re.compile("^[*#:;]+[ \t]*", re.M)
_RULE = re.compile("^-{4,}", re.M)
_EMPTY = re.compile("[（(][\\s、，,;；:：・/／]*[)）]")
_SPACES = re.compile("[ \t]+$", re.M)
_GAP = re.compile("\n{3,}")
_MARK = "\ufdd2"  # before a heading, with its level behind
_SECTION = re.compile(f"{_MARK}(\\d)")


def plain_text(wikitext: str) -> str:
    """The text of a page as a reader sees it.

    >>> plain_text("'''精米'''（{{lang|en|rice polishing}}）は[[玄米|玄米]]を磨く[[工程]]。<ref>出典</ref>")
    '精米（rice polishing）は玄米を磨く工程。'
    """
    kept: list[str] = []
    text = _elements(_COMMENT.sub("", wikitext.translate(_NONCHARACTERS)), kept)
    text = _brackets(text)
    text = _SWITCH.sub("", _LINK.sub(lambda link: link[1] or "", _QUOTES.sub("", text)))
    text = _HEADING.sub(lambda head: f"{_MARK}{len(head[1])}{head[2]}", text)
    text = html.unescape(_TAG.sub("", _BREAK.sub("\n", text))).replace("\xa0", " ")
    text = _EMPTY.sub("", _RULE.sub("", _LIST.sub("", text)))
    text = _KEPT.sub(lambda place: kept[int(place[1])], _SPACES.sub("", text))
    return _GAP.sub("\n\n", _without_empty_sections(text)).strip("\n")


_NONCHARACTERS = {0xFDD0: None, 0xFDD1: None, 0xFDD2: None}


def _elements(text: str, kept: list[str]) -> str:
    """References, galleries and the like removed; verbatim parts put aside, out of the brackets' way."""
    parts: list[str] = []
    position = 0
    absent: set[str] = set()  # closing tags of which none is left: to look for them again would be quadratic
    folded = text.lower() if len(text.lower()) == len(text) else text
    while begin := _ELEMENT.search(text, position):
        parts.append(text[position : begin.start()])
        name = begin[1].lower()
        position = begin.end()
        if begin[2].endswith("/") or name in absent:
            continue
        end = folded.find(f"</{name}", position)
        if end < 0:
            absent.add(name)
            continue
        if name in _VERBATIM:
            parts.append(f"\ufdd0{len(kept)}\ufdd1")
            kept.append(_verbatim(name, text[position:end]))
        close = text.find(">", end)
        position = len(text) if close < 0 else close + 1
    return "".join(parts) + text[position:]


def _verbatim(name: str, content: str) -> str:
    content = html.unescape(content) if name in ("nowiki", "pre") else content
    return f"${content.strip()}$" if name in ("math", "chem") else content


class _Frame:
    """An open bracket: what came since, split at the bars that are its own."""

    def __init__(self, mark: str) -> None:
        self.mark = mark
        self.kind = "{|" if mark.endswith("{|") else mark
        self.arguments: list[list[str]] = [[]]

    def add(self, piece: str) -> None:
        self.arguments[-1].append(piece)

    def text(self) -> list[str]:
        return ["".join(parts) for parts in self.arguments]


def _brackets(text: str) -> str:
    stack = [_Frame("")]
    position = 0
    for token in _TOKEN.finditer(text):
        if token.start() < position:
            continue
        stack[-1].add(text[position : token.start()])
        position = token.end()
        _step(stack, token[0])
    stack[-1].add(text[position:])
    while len(stack) > 1:
        _give_up(stack)
    return "".join(stack[0].text())


def _step(stack: list[_Frame], mark: str) -> None:
    top = stack[-1]
    bare = mark.strip(" \t:*#")
    if bare in ("{{", "[[", "{|"):
        if len(stack) < _DEEPEST:
            stack.append(_Frame(mark))
        return
    if mark == "|" and top.kind in ("{{", "[["):
        top.arguments.append([])
    elif bare in _CLOSES and (depth := _opened(stack, bare)):
        while len(stack) > depth + 1:
            _give_up(stack)
        frame = stack.pop()
        stack[-1].add(_CLOSES[bare][1](frame.text()))
    elif mark in ("\n\n", "=") and top.kind == "[[":
        _give_up(stack)  # a link never crosses a paragraph: its end was forgotten
        stack[-1].add(mark)
    elif mark == "|" or bare not in _CLOSES:
        top.add(mark)


def _opened(stack: list[_Frame], close: str) -> int:
    """The place of the bracket that a closing one ends; 0 if there is none. Links hold no template's end."""
    opening = _CLOSES[close][0]
    for depth in range(len(stack) - 1, 0, -1):
        kind = stack[depth].kind
        if kind == opening:
            return depth
        if close == "]]" and kind != "[[":
            return 0
    return 0


def _give_up(stack: list[_Frame]) -> None:
    """Treat an open bracket as text: its content goes on in the frame around it."""
    frame = stack.pop()
    if frame.kind == "{|":
        return  # cells without an end: a table all the same
    stack[-1].add("".join("|".join(frame.text())) if frame.kind == "[[" else _loose(frame))


def _loose(frame: _Frame) -> str:
    """A template without an end, up to the first line that is no argument."""
    return "".join(frame.text()[-1].partition("\n")[1:]) if len(frame.arguments) > 1 else frame.text()[0]


def _link(parts: list[str]) -> str:
    target = parts[0].strip()
    if _FILES.match(target):
        return ""
    if not target.startswith(":") and _is_language(target):
        return ""
    label = parts[-1].strip() if len(parts) > 1 else target.removeprefix(":")
    # [[精米 (曖昧さ回避)|]]: the software shows the title without what is in brackets.
    return label or re.sub(r"[ _]*[(（][^()（）]*[)）]$", "", target)


def _is_language(target: str) -> bool:
    prefix = _LANGUAGE.match(target)
    return prefix is not None and target.partition(":")[0].strip() not in _NOT_A_LANGUAGE


_CLOSES: dict[str, tuple[str, Callable[[list[str]], str]]] = {
    "}}": ("{{", shown),
    "]]": ("[[", _link),
    "|}": ("{|", lambda parts: ""),
}


def _without_empty_sections(text: str) -> str:
    """The text without headings of which the section held only what was removed."""
    pieces = _SECTION.split(text)
    out: list[str] = []
    below = 0  # the level of a section with text that was last seen, from the end
    for level, content in zip(reversed(pieces[1::2]), reversed(pieces[2::2]), strict=True):
        rank = int(level)
        heading, _, body = content.partition("\n")
        if body.strip() or below > rank:
            out.append(f"{heading}\n{body}")
            below = rank
    return "".join([pieces[0], *reversed(out)])
