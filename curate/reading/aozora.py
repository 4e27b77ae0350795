"""Aozora Bunko's files: the work itself, without head, legend, colophon, ruby and notes.

The notation is described in https://www.aozora.gr.jp/annotation/.
"""

import re
from typing import NamedTuple

from curate.reading.gaiji import character, with_accents

_LEGEND = "【テキスト中に現れる記号について】"
_RULE = re.compile("-{20,}[ \t]*")
_COLOPHON = re.compile(r"^底本[：:]", re.M)
_END = re.compile(r"^［＃本文終わり］$", re.M)
_NOTE = re.compile("(※?)［＃((?:[^［］\n]|［(?!＃)[^［］\n]*］)*)］")
_RUBY = re.compile("《[^《》\n]*》")
_BASE = re.compile("｜(?=[^｜《》\n]*《)")
_REPEATED = {"／＼": "〱", "／″＼": "〲"}
_KUNOJI = re.compile("／″?＼")
_GONE = "\ufddf"  # where a note stood; a noncharacter, which no text has
_EMPTIED = re.compile(f"^[ \u3000\t]*{_GONE}[{_GONE} \u3000\t]*(?:\n|\\Z)", re.M)
_MEANT = "《》｜［］〔〕／＼※＃"  # what a gaiji note gives must not be read as notation again
_HIDE = {ord(c): 0xFDD0 + i for i, c in enumerate(_MEANT)}
_SHOW = {0xFDD0 + i: c for i, c in enumerate(_MEANT)}
_DEEPEST = 8  # notes inside notes
_HEAD_LINES = 12  # title, subtitle, author, translator, and room to spare


class Work(NamedTuple):
    """A work as its file has it."""

    text: str
    title: str | None = None
    author: str | None = None
    translator: str | None = None
    colophon: str | None = None


def is_aozora(text: str) -> bool:
    r"""Whether a text carries the marks of an Aozora Bunko file: the legend, or a colophon that names it.

    >>> is_aozora("底本：「米の本」\n青空文庫作成ファイル：\n"), is_aozora("《米》の話")
    (True, False)
    """
    head = text[:4000]
    return _LEGEND in head or ("青空文庫" in text[-20_000:] and _COLOPHON.search(text) is not None)


def work(text: str) -> Work:
    """The parts of a file: its head gives title and names, its colophon is set apart, notes are read."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text, colophon = _without_colophon(text)
    head, body = _without_head(text) if is_aozora(text) or colophon else ([], text)
    title, author, translator = _names([plain(line) for line in head])
    return Work(plain(body).strip("\n"), title, author, translator, colophon)


def _without_colophon(text: str) -> tuple[str, str | None]:
    """Text and colophon: what follows the last mark of the end, or the first `底本：` that is one."""
    if end := _END.search(text):
        return text[: end.start()], text[end.end() :].strip("\n") or None
    signed = text.rfind("青空文庫")
    for mark in _COLOPHON.finditer(text):
        start = mark.start()
        if start < signed or text.startswith("\n\n\n", start - 3):
            return text[:start], text[start:].strip("\n")
    return text, None


def _without_head(text: str) -> tuple[list[str], str]:
    """The lines of the head, and the body: after the legend, or after the first blank line."""
    lines = text.split("\n")
    start = next((i for i, line in enumerate(lines) if line.strip()), 0)
    head: list[str] = []
    for i in range(start, min(start + _HEAD_LINES, len(lines))):
        if _RULE.fullmatch(lines[i]) or not lines[i].strip():
            break
        head.append(lines[i].strip())
    else:
        return [], text  # too long for a head: a body whose title is lost
    rest = start + len(head)
    while rest < len(lines) and not lines[rest].strip():
        rest += 1
    if rest < len(lines) and _RULE.fullmatch(lines[rest]):
        after = next((i for i in range(rest + 1, len(lines)) if _RULE.fullmatch(lines[i])), rest)
        rest = after + 1
    return head, "\n".join(lines[rest:])


def _names(head: list[str]) -> tuple[str | None, str | None, str | None]:
    """Title (with its subtitle), author and translator."""
    head = [line for line in head if line]
    translator = head.pop() if len(head) > 2 and head[-1].endswith("訳") else None
    author = head.pop() if len(head) > 1 else None
    return "　".join(head) or None, author, translator


def plain(text: str) -> str:
    """The text as a reader of the book sees it, without readings.

    >>> plain("｜米《こめ》を※［＃「てへん＋丑」、第4水準2-12-93］じ［＃「じ」に傍点］、ます／＼磨く。")
    '米を扭じ、ます〱磨く。'
    """
    for _ in range(_DEEPEST):
        text, count = _NOTE.subn(_read, text)
        if not count:
            break
    text = _RUBY.sub("", _BASE.sub("", text))  # a bar is known by the reading that follows
    text = _KUNOJI.sub(lambda mark: _REPEATED[mark[0]], with_accents(text))
    return _EMPTIED.sub("", text).replace(_GONE, "").translate(_SHOW)


def _read(note: re.Match[str]) -> str:
    return character(note[2]).translate(_HIDE) if note[1] else _GONE
