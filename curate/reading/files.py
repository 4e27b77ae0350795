"""The `from:` mapping of a recipe entry, and the files that it names."""

import difflib
import glob
import os
import unicodedata
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from curate.reading import hf_disk
from curate.reading.shapes import COLUMNS
from curate.reading.streams import text_name
from seimai.errors import SeimaiError
from seimai.rows import Kind


class Files(BaseModel):
    """The files that an entry is made from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: str | list[str] = Field(
        description="globs relative to the recipe's folder, or absolute; ** for any depth"
    )
    license: str | None = Field(None, description="licence of the rows that name none")
    source: str | None = Field(None, description="source of the rows that name none")
    columns: dict[str, str] = Field({}, description="from our column to the records' key: {text: body}")
    kind: Kind | None = Field(None, description="kind of the rows; told from the first record if left out")

    @field_validator("columns")
    @classmethod
    def _known(cls, columns: dict[str, str]) -> dict[str, str]:
        known = sorted({name for names in COLUMNS.values() for name in names})
        for name in columns:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                raise ValueError(
                    f"no column {name!r}" + (f"; did you mean {near[0]!r}?" if near else f" among {known}")
                )
        return columns

    @field_validator("kind")
    @classmethod
    def _rows(cls, kind: Kind | None) -> Kind | None:
        if kind in ("model", "index"):
            raise ValueError(f"files hold rows that people wrote, not {kind}s")
        return kind

    @property
    def patterns(self) -> list[str]:
        """The globs."""
        return [self.files] if isinstance(self.files, str) else self.files


def find(spec: Files, base: Path) -> list[Path]:
    """The files, sorted by the path that is recorded for them; hidden ones are passed over.

    Raises:
        SeimaiError: if a pattern matches no file.
    """
    folder = absolute(base)
    found: dict[str, Path] = {}
    for pattern in spec.patterns:
        matches = _matches(pattern, folder)
        if not matches:
            raise SeimaiError(_nothing(pattern, folder))
        found |= {recorded(path, folder): path for path in matches}
    if not found:
        raise SeimaiError("files names no pattern")
    return [found[name] for name in sorted(found)]


def absolute(folder: Path) -> Path:
    """The folder from the root, without `..`; links stay as they are, so that recorded paths do too."""
    return Path(os.path.normpath(folder.absolute()))


def _matches(pattern: str, folder: Path) -> list[Path]:
    literal = folder / pattern
    if literal.is_file() or hf_disk.is_saved(literal):
        return _unfolded([Path(os.path.normpath(literal))])
    # macOS writes names in NFD, keyboards write recipes in NFC.
    for form in dict.fromkeys([pattern, *(unicodedata.normalize(f, pattern) for f in ("NFC", "NFD"))]):
        # Not Path.glob: this one passes hidden files over and takes absolute patterns.
        matches = glob.glob(form, root_dir=folder, recursive=True)  # noqa: PTH207
        paths = [Path(os.path.normpath(folder / m)) for m in matches]
        if files := _unfolded([p for p in paths if not hf_disk.is_leftover(p)]):
            return files
    return []


def _unfolded(paths: list[Path]) -> list[Path]:
    """The files among the paths, and those of folders that are datasets."""
    files = [p for p in paths if p.is_file()]
    return [*files, *(f for p in paths if hf_disk.is_saved(p) for f in hf_disk.arrow_files(p))]


def _nothing(pattern: str, folder: Path) -> str:
    place = folder / pattern
    if place.is_dir():
        return f"{pattern!r} is a folder: write {pattern.rstrip('/') + '/**/*'!r} for the files in it"
    fixed = folder
    for part in Path(pattern).parts[:-1]:
        if glob.has_magic(part):
            break
        fixed = fixed / part
    if not fixed.is_dir():
        return f"no file matches {pattern!r}: there is no folder {fixed}"
    state = "which is empty" if not any(fixed.iterdir()) else "which has files, but none of that name"
    return f"no file matches {pattern!r} in {fixed}, {state}"


def recorded(path: Path, folder: Path) -> str:
    """The path that origins hold: relative with `/` below the recipe's folder, else absolute."""
    name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()
    return text_name(name)
