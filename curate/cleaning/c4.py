"""The lines of a page that C4 keeps, as datatrove has it (0.10.1, Apache-2.0; Raffel et al. 2020)."""

import re
from dataclasses import dataclass
from typing import Final

END_MARKS: Final = (".", "?", "!", '"', "'")
"""A kept line ends in one of these; 。 is none of them."""
_CITATION: Final = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]")
_LONGEST_WORD: Final = 1000
_LEAST_WORDS: Final = 3
_POLICY: Final = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)


@dataclass(frozen=True)
class Page:
    """What C4's rules make of a page; after a filler text or a bracket its other lines are not looked at."""

    kept: tuple[str, ...] = ()
    filler: bool = False
    """A line that would be kept has "lorem ipsum"."""
    bracket: bool = False
    """A line that would be kept has a {."""


def page(text: str) -> Page:
    r"""The kept lines, without white space around them and without citations.

    >>> page('He came. He saw. He won.\n米を磨く。\nGo!').kept
    ('He came. He saw. He won.',)
    """
    kept: list[str] = []
    for raw in text.splitlines():
        line = raw.strip()
        words = line.split()
        if any(len(word) > _LONGEST_WORD for word in words):
            continue
        line = _CITATION.sub("", line)
        if not line.endswith(END_MARKS) or line.endswith("...") or len(words) < _LEAST_WORDS:
            continue
        lower = line.lower()
        if "lorem ipsum" in lower:
            return Page(tuple(kept), filler=True)
        if "javascript" in lower:
            continue
        if "{" in line:
            return Page(tuple(kept), bracket=True)
        if not any(words in lower for words in _POLICY):
            kept.append(line)
    return Page(tuple(kept))
