"""NG words: how often a document uses the words of lists that the user gives, by category."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import polars as pl
from pydantic import Field

from curate.wordlists.reading import Category, read_words
from seimai.step import Ref, Transform

if TYPE_CHECKING:
    from curate.wordlists.matching import Matcher

Stamp = tuple[str, int, int]
"""A file as it was when its words were read: path, size, time of change."""


class NgWords(Transform):
    r"""Count the words of lists that you give; a filter then names the counts. The text stays as it is.

    A list is JSONL (`{"word": "…", "category": "adult"}` a line) or plain text with a word a line, whose
    category is the file's name (`adult.txt`). Harmless words that hold an NG word (アスパラガス) are marked
    `"allow": true`, or stand in `adult.allow.txt`. A folder stands for all lists in it. No list comes with
    seimai: docs/ng-words.md says where the published ones are, and gives the rules that use the columns.

    - `ng_adult`, `ng_discrimination`, `ng_violence`, `ng_ads`: words of the category; one of katakana alone
      only where no katakana stands beside it (HojiChar's `ignore_confused`), none within a harmless word
    - `ng_adult_anywhere` and so on: the same, anywhere in the text (HojiChar's default)
    - `ng_adult_en`: words of the category `adult_en`, in any case, between spaces, commas, full stops and
      the ends of the text
    - `ng_chars`: code points in words of adult, discrimination and violence, the longest first (Swallow)

    Matches of one category do not overlap. Texts are compared as they are: ﾊﾞｶ is not バカ, so normalise
    before, and count again after whatever changes the text.

    >>> from pathlib import Path; from tempfile import TemporaryDirectory
    >>> rows = pl.DataFrame({"text": ["ヌカを取る。", "ミヌカ村の糠。"]})
    >>> with TemporaryDirectory() as folder:
    ...     lists = Path(folder) / "adult.txt"
    ...     _ = lists.write_text("ヌカ\n糠\n", "utf-8")
    ...     found = NgWords(words=str(lists)).apply(rows)
    >>> found.select("ng_adult", "ng_adult_anywhere", "ng_chars").rows()
    [(1, 1, 2), (1, 2, 3)]
    """

    changes: ClassVar[frozenset[str]] = frozenset(
        {
            *(f"ng_{c}" for c in ("adult", "adult_en", "discrimination", "violence", "ads")),
            *(f"ng_{c}_anywhere" for c in ("adult", "discrimination", "violence", "ads")),
            "ng_chars",
        }
    )

    words: Ref | list[Ref] = Field(description="lists: files or folders, .jsonl and .txt")
    category: Category | None = Field(
        None, description="category of the words in plain text whose file name says none"
    )

    def check(self) -> None:
        """Read the lists.

        Raises:
            SeimaiError: naming file and line, for what is no word of a known category.
        """
        read_words(self._paths(), self.category)

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with the counts as columns; null where the text is null."""
        found = _matcher(self._paths(), self.category, _stamps(self._paths())).count(rows["text"])
        return rows.with_columns(found.get_columns())

    def _paths(self) -> tuple[str, ...]:
        return (self.words,) if isinstance(self.words, str) else tuple(self.words)


def _stamps(paths: tuple[str, ...]) -> tuple[Stamp, ...]:
    """What tells lists that changed from those that were read already."""
    files = [f for path in map(Path, paths) for f in (sorted(path.iterdir()) if path.is_dir() else [path])]
    stats = [(file, file.stat()) for file in files if file.exists()]
    return tuple((str(file), stat.st_size, stat.st_mtime_ns) for file, stat in stats)


@lru_cache(maxsize=4)
def _matcher(paths: tuple[str, ...], category: Category | None, stamps: tuple[Stamp, ...]) -> "Matcher":
    """The lists, read and built once a process: a shard takes less time than that."""
    from curate.wordlists.matching import matcher

    return matcher(read_words(paths, category))
