"""Headers and footers: sentences at the edges of a text that begin with words of page furniture."""

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import polars as pl
from pydantic import Field

from curate.wordlists.reading import read_lines
from seimai.errors import SeimaiError
from seimai.step import Ref, Transform


class EdgeSentences(Transform):
    r"""Remove the first and last sentences that begin with a word of a list that you give.

    HojiChar's HeaderFooterTagsRemover, with its tokeniser: a sentence ends with 。 and nothing else. Of one
    to three sentences the outermost is looked at on each side, of four and five two, of more three. The
    list is plain text with a word a line; HojiChar's own is hojichar/dict/header_footer_keywords_ja.txt.

    `exact` does what HojiChar's code does: for a last sentence that begins with such a word it removes the
    first one, for the one before it the second, and so on.

    >>> from pathlib import Path; from tempfile import TemporaryDirectory
    >>> rows = pl.DataFrame({"text": ["ホーム > 米。米は稲の実。関連記事は右に。"]})
    >>> with TemporaryDirectory() as folder:
    ...     words = Path(folder) / "furniture.txt"
    ...     _ = words.write_text("ホーム\n関連記事\n", "utf-8")
    ...     EdgeSentences(words=str(words)).apply(rows)["text"].item()
    ...     EdgeSentences(words=str(words), exact=True).apply(rows)["text"].item()
    '米は稲の実。'
    '米は稲の実。関連記事は右に。'
    """

    changes: ClassVar[frozenset[str]] = frozenset({"text"})

    words: Ref = Field(description="a file with a word a line")
    exact: bool = Field(default=False, description="as HojiChar's code: the wrong side is removed at the end")

    def check(self) -> None:
        """Read the list.

        Raises:
            SeimaiError: if the file cannot be read or holds no word.
        """
        _words(self.words)

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with their text shortened; a null stays null."""
        words = _words(self.words)
        text = rows["text"]
        shortened = [
            None if t is None else "".join(_kept(_sentences(t), words, exact=self.exact)) for t in text
        ]
        return rows.with_columns(pl.Series("text", shortened, pl.String))


def _words(path: str) -> tuple[str, ...]:
    words = tuple(line for _, line in read_lines(Path(path)))
    if not words:
        raise SeimaiError(f"{path}: there is no word in it")
    return words


def _sentences(text: str) -> list[str]:
    parts = text.split("。")
    return (
        [*(f"{part}。" for part in parts[:-1]), *parts[-1:]] if parts[-1] else [f"{p}。" for p in parts[:-1]]
    )


def _kept(sentences: list[str], words: tuple[str, ...], *, exact: bool) -> Iterable[str]:
    count = len(sentences)
    looked_at = min(count, 1 if count < 4 else 2 if count < 6 else 3)
    gone = {i for i in range(looked_at) if sentences[i].startswith(words)}
    for i in range(looked_at):
        if sentences[-1 - i].startswith(words):
            gone.add(i if exact else count - 1 - i)
    return [s for i, s in enumerate(sentences) if i not in gone]
