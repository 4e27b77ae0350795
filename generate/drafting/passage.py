"""Passages: parts of a document that begin and end with a sentence, and are long enough to ask about."""

import re
from dataclasses import dataclass

CLOSING = '」』）)】］"”’'
SENTENCE = re.compile(
    r"(?:[^。！？!?\n「『（(]"
    r"|「[^「」]{0,300}」|『[^『』]{0,300}』|（[^（）]{0,300}）|\([^()]{0,300}\)|[「『（(]"
    rf"|[。！？!?]+[{CLOSING}]*(?=[とっ])"
    rf"|(?<![{CLOSING}])\n(?![ \t　]*\n)"
    rf")*+(?:[。！？!?]+[{CLOSING}]*\s*|\n\s*|\Z)"
)
"""Up to an end of sentence outside of brackets, or to a blank line, with the white space behind.

A line that ends amid a sentence is no end; 「はい。」と… goes on.
"""
ENDS = re.compile(r"[。！？!?]")
LEAST_ENDS = 2
"""Sentences of a passage: what has fewer in so many characters is a table, a menu or a list of words."""


@dataclass(frozen=True)
class Passage:
    """A part of a text, and where it stands there, in characters."""

    start: int
    end: int
    text: str


def passages(text: str, min_chars: int, max_chars: int) -> list[Passage]:
    r"""The text cut at ends of sentences, at that of a paragraph where it comes in the second half.

    What is shorter than `min_chars`, or is no prose, is left out, as is a sentence above `max_chars`.

    >>> text = "玄米を磨く。\nぬかを除く。水で研ぐ。\n一晩おく。"
    >>> [p.text for p in passages(text, 8, 20)]
    ['玄米を磨く。\nぬかを除く。水で研ぐ。']
    """
    found: list[Passage] = []
    start = end = 0
    for match in SENTENCE.finditer(text):
        if match.end() - start > max_chars and end > start:
            found.append(_trimmed(text, start, end))
            start = match.start()
        end = match.end()
        if end - start > max_chars:
            start = end
        elif "\n" in text[end - _blanks(match.group()) : end] and end - start >= max(
            min_chars, max_chars / 2
        ):
            found.append(_trimmed(text, start, end))
            start = end
    if end > start:
        found.append(_trimmed(text, start, end))
    return [p for p in found if len(p.text) >= min_chars and len(ENDS.findall(p.text)) >= LEAST_ENDS]


def _blanks(text: str) -> int:
    return len(text) - len(text.rstrip())


def _trimmed(text: str, start: int, end: int) -> Passage:
    part = text[start:end]
    left = len(part) - len(part.lstrip())
    trimmed = part.strip()
    return Passage(start + left, start + left + len(trimmed), trimmed)
