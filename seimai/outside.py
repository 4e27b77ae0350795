"""What a parameter names outside the recipe: files, hub ids, and files that come with seimai."""

import glob
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from seimai.errors import SeimaiError
from seimai.fingerprint import Fingerprints
from seimai.places import nearest
from seimai.step import Reference

FILE_SUFFIXES = {".jsonl", ".json", ".parquet", ".txt", ".yaml", ".yml", ".gz", ".zst", ".model", ".csv"}


@dataclass(frozen=True)
class Outside:
    """What was found: `digest` enters the hash, `place` is where it lies; a hub id has no place."""

    digest: str
    place: Path | None


def find_outside(
    value: str,
    mark: Reference,
    folder: Path,
    entries: Iterable[str],
    prints: Fingerprints,
    written: Callable[[Path], str],
) -> Outside:
    """What a value stands for that is no entry; `written` is a file's path as the hash has it.

    Raises:
        SeimaiError: if it is a file's name and there is none.
    """
    if mark.shipped:
        file = _shipped(value, mark, folder)
        return Outside(prints.of(file), file)
    path = folder / Path(value).expanduser()
    if glob.has_magic(value):
        matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 (may be absolute)
        if not matches:
            raise SeimaiError(f"no file matches {value!r}")
        return Outside(json.dumps([[written(Path(m)), prints.of(Path(m))] for m in matches]), path)
    if path.exists():
        return Outside(prints.of(path), path)
    if "/" not in value or path.suffix in FILE_SUFFIXES or value.startswith(("./", "../", "~", "/")):
        raise SeimaiError(f"no entry of the recipe and no file is named {value!r}{nearest(value, entries)}")
    return Outside(value, None)


def _shipped(value: str, mark: Reference, folder: Path) -> Path:
    shipped = mark.shipped() if mark.shipped else dict[str, Path]()
    if value in shipped:
        return shipped[value]
    path = folder / Path(value).expanduser()
    if not path.is_file():
        hint = nearest(value, shipped)
        raise SeimaiError(f"nothing that comes with seimai and no file is named {value!r}{hint}")
    if mark.check:
        mark.check(path)
    return path
