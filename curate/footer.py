"""Footers: the text ends before the first of its last lines that is made of a footer's words."""

from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import polars as pl
from pydantic import Field

from curate.cleaning.footer_words import FOOTER_WORDS
from curate.cleaning.removed import cleaned
from seimai.errors import SeimaiError
from seimai.step import Ref, Transform


class Footer(Transform):
    r"""Cut the footer off web pages, as the Swallow corpus does (swallow-corpus, `footer.py`).

    Of the last ten lines, the first of which more than 0.3 of the characters belong to words of footers
    (「プライバシーポリシー」, 「Copyright」, 「コメント」) ends the text: it goes, and so does all that
    follows. The words are taken out of a line one after the other, the longest first.

    The rule is Swallow's to the letter; its word list is not part of seimai. The list here was written for
    seimai by the parts of a page (rights, company, terms, sharing, ...), and cuts all 1,859 documents of our
    comparison where Swallow's does. For Swallow's own list, put its words in a file, one a line, and name it
    in `words`. Words of equal length are taken in the order of the list, where Swallow's order varies from
    run to run. A text that is all footer (「リンク」) becomes empty; let `curate.length` follow.

    `footer_removed` is the number of characters cut off.

    >>> rows = pl.DataFrame({"text": ["米を磨く。\n酒を造る。\nサイトマップ | 会社概要\n電話 000-000-0000"]})
    >>> Footer().apply(rows).rows()
    [('米を磨く。\n酒を造る。', 30)]
    """

    changes: ClassVar[frozenset[str]] = frozenset({"text", "footer_removed"})

    lines: int = Field(10, ge=1, description="lines from the end in which a footer may begin")
    share: float = Field(
        0.3, ge=0, lt=1, description="share of a line's characters above which it is a footer's line"
    )
    words: Ref | None = Field(None, description="a file of words, one a line, in place of seimai's")

    def check(self) -> None:
        """Read the words.

        Raises:
            SeimaiError: if the file holds none, or is not UTF-8.
        """
        _words_of(self.words)

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with their footers cut off."""
        words = _words_of(self.words)
        texts = [text and self._trimmed(text, words) for text in rows["text"]]
        return cleaned(rows, texts, "footer_removed")

    def _trimmed(self, text: str, words: tuple[str, ...]) -> str:
        *head, tail = _cut(text, self.lines)
        if not any(word in tail for word in words):  # most texts; 100 times faster than to ask each line
            return text
        kept = list[str]()
        for line in tail.split("\n"):
            if _share_of(line, words) > self.share:
                return "\n".join([*head, *kept])
            kept.append(line)
        return text


def _cut(text: str, lines: int) -> list[str]:
    """The text before the last lines, if there is any, and the last lines."""
    position = len(text)
    for _ in range(lines):
        position = text.rfind("\n", 0, position)
        if position < 0:
            return [text]
    return [text[:position], text[position + 1 :]]


def _share_of(line: str, words: tuple[str, ...]) -> float:
    """Share of a line's characters that belong to the words."""
    rest = line
    for word in words:
        rest = rest.replace(word, "")
    return (len(line) - len(rest)) / len(line) if line else 0.0


@lru_cache
def _words_of(file: str | None) -> tuple[str, ...]:
    words = FOOTER_WORDS
    if file is not None:
        try:
            words = tuple(w for w in Path(file).read_text("utf-8-sig").splitlines() if w)
        except (OSError, UnicodeDecodeError) as e:
            raise SeimaiError(f"curate.footer: words: {file} cannot be read: {e}") from None
        if not words:
            raise SeimaiError(f"curate.footer: words: {file} holds no words")
    return tuple(sorted(dict.fromkeys(words), key=len, reverse=True))
