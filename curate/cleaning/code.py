"""Code blocks in Markdown and plain text, as ranges of lines."""

import re
from collections.abc import Iterator

_FENCE = re.compile(r"^[ \t]*(?:(`{3,})[^`]*|(~{3,}).*)$")
_INDENTED = re.compile(r"^(?: {4,}|\t)\S")
_ITEM = re.compile(r"^\s*(?:[-*+・]|\d{1,3}[.)）])\s")
_CODE = re.compile(
    r"[{}\\]|;\s*$|[\w\])]\s*[-+:*/|&]?=\s*[\w\"'\[({$-]|->|=>|::|&&|\w\([^()\u3041-\u9fff]*\)|</?[a-zA-Z]\w*[^<>\u3041-\u9fff]*>|"
    r"^\s*(?:[#$%>]\s\S|//|/\*|\*\s|@\w|#include|-{1,2}\w)|"
    r"^\s*(?:import|from|def|class|return|elif|else|end|fn|let|var|const|sudo|apt|pip|git|cd|make)\b[^\u3041-\u9fff]*$"
)
CODE_LINES = 0.5
"""More than this share of an indented block's lines must look like code: prose is indented as well."""


def code_blocks(lines: list[str], *, indented: bool) -> Iterator[range]:
    """Fenced blocks with their fences, and indented blocks; a fence that is never closed opens none.

    An indented block (four spaces or a tab, CommonMark 4.4) follows a blank line and no list item, and most
    of its lines look like code.
    """
    number = prose = 0  # before the line `prose`, indented lines are known to be no code
    blank, item = True, False
    never = dict[str, int]()  # by fence character, the length from which on no fence is closed any more
    while number < len(lines):
        line = lines[number]
        end = _closed(lines, number, never)
        if end is None and indented and blank and not item and number >= prose and _INDENTED.match(line):
            last = _indented_to(lines, number)
            end, prose = (last, prose) if _is_code(lines[number:last]) else (None, last)
        if end is not None:
            yield range(number, end)
            number, blank = end, False
            continue
        blank = not line.strip()
        if not blank and not line.startswith((" ", "\t")):
            item = bool(_ITEM.match(line))
        number += 1


def _closed(lines: list[str], start: int, never: dict[str, int]) -> int | None:
    """The line after the fence that closes the one at `start`."""
    opening = _FENCE.match(lines[start])
    if not opening:
        return None
    fence = opening[1] or opening[2]
    if len(fence) >= never.get(fence[0], len(fence) + 1):
        return None
    closing = re.compile(rf"^[ \t]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$")
    for number in range(start + 1, len(lines)):
        if closing.match(lines[number]):
            return number + 1
    never[fence[0]] = len(fence)
    return None


def _indented_to(lines: list[str], start: int) -> int:
    end = start
    for number in range(start, len(lines)):
        if _INDENTED.match(lines[number]):
            end = number + 1
        elif lines[number].strip():
            break
    return end


def _is_code(block: list[str]) -> bool:
    filled = [line for line in block if line.strip()]
    looks = sum(bool(_CODE.search(line)) and "。" not in line for line in filled)
    return looks > CODE_LINES * len(filled)
