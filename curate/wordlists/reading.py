"""Lists of words by category, as the user keeps them: JSONL, or plain text with one word a line."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from seimai.errors import SeimaiError
from seimai.places import nearest

Category = Literal["adult", "adult_en", "discrimination", "violence", "ads"]
CATEGORIES: Final[tuple[Category, ...]] = get_args(Category)

_ALLOW: Final = ".allow"
_SUFFIXES: Final = (".jsonl", ".txt")


@dataclass(frozen=True)
class Word:
    """One line of a list."""

    text: str
    category: Category
    allow: bool = False
    """The word is harmless, and so is what lies inside it."""


def read_words(paths: Sequence[str], category: Category | None) -> list[Word]:
    """The words of files and folders, in their order: of two that match at one place, the first counts.

    `category` is that of plain text whose file name says none.

    Raises:
        SeimaiError: naming file and line, for what is no word of a known category.
    """
    words = [word for file in _files(paths) for word in _of_file(file, category)]
    if not any(not word.allow for word in words):
        raise SeimaiError(f"{', '.join(paths)}: there is no word in it")
    return words


def _files(paths: Iterable[str]) -> Iterator[Path]:
    for path in paths:
        place = Path(path)
        if not place.is_dir():
            yield place
            continue
        inside = sorted(p for p in place.iterdir() if p.suffix in _SUFFIXES)
        if not inside:
            raise SeimaiError(f"{place}: there is no .txt and no .jsonl file in this folder")
        yield from inside


def _of_file(file: Path, category: Category | None) -> Iterator[Word]:
    lines = read_lines(file)
    if file.suffix == ".jsonl":
        for number, line in lines:
            yield _of_record(f"{file}:{number}", line)
        return
    kind, allow = _of_name(file, category)
    yield from (Word(line, kind, allow) for _, line in lines)


def read_lines(file: Path) -> list[tuple[int, str]]:
    """The lines of a file that are not blank, without the white space around them, and their numbers.

    Raises:
        SeimaiError: if the file cannot be read or is not UTF-8.
    """
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as e:
        line = e.object[: e.start].count(b"\n") + 1
        raise SeimaiError(f"{file}:{line}: not UTF-8") from None
    except OSError as e:
        raise SeimaiError(f"{file}: cannot be read: {e.strerror}") from None
    return [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]


def _of_name(file: Path, category: Category | None) -> tuple[Category, bool]:
    """`adult.txt` holds words of the category `adult`, `adult.allow.txt` harmless ones."""
    name = file.name.removesuffix(file.suffix)
    allow = name.endswith(_ALLOW)
    name = name.removesuffix(_ALLOW)
    if name in CATEGORIES:
        return name, allow
    if category is None:
        choices = ", ".join(CATEGORIES)
        raise SeimaiError(
            f"{file}: no category is called {name!r}{nearest(name, CATEGORIES)}; name the file after one "
            f"of {choices}, or set the parameter category"
        )
    return category, allow


def _of_record(where: str, line: str) -> Word:
    try:
        record: Any = json.loads(line)
    except ValueError as e:
        raise SeimaiError(f"{where}: not JSON: {e}") from None
    if not isinstance(record, dict):
        raise SeimaiError(f"{where}: must be an object with word and category")
    fields = cast("dict[str, Any]", record)
    word, category, allow = fields.get("word"), fields.get("category"), fields.get("allow", False)
    if not isinstance(word, str) or not word.strip():
        raise SeimaiError(f"{where}: word must be a text that is not blank")
    if category not in CATEGORIES:
        raise SeimaiError(f"{where}: no category is called {category!r}{nearest(str(category), CATEGORIES)}")
    if not isinstance(allow, bool):
        raise SeimaiError(f"{where}: allow must be true or false")
    return Word(word.strip(), category, allow)
