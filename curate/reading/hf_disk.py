"""Folders that `datasets` wrote with `save_to_disk`, of one dataset or of one for each split.

Read are their descriptions and Arrow files; the library itself is not needed.
"""

import json
from pathlib import Path
from typing import Any, cast

from seimai.errors import SeimaiError

_STATE, _INFO, _SPLITS = "state.json", "dataset_info.json", "dataset_dict.json"


def is_saved(folder: Path) -> bool:
    """Whether a folder holds a dataset or a dictionary of datasets."""
    return (folder / _SPLITS).is_file() or ((folder / _STATE).is_file() and (folder / _INFO).is_file())


def is_leftover(path: Path) -> bool:
    """Whether a file in a saved dataset is no part of its rows: a description, a cache of a `map`."""
    if path.name == _SPLITS:
        return True
    if not (path.name in (_STATE, _INFO) or path.suffix == ".arrow") or not is_saved(path.parent):
        return False
    return path.suffix != ".arrow" or path not in arrow_files(path.parent)


def arrow_files(folder: Path) -> list[Path]:
    """The Arrow files of a saved dataset, split after split.

    Raises:
        SeimaiError: if a description cannot be read or names files that are not there.
    """
    if (folder / _SPLITS).is_file():
        splits = _described(folder / _SPLITS, "splits")
        return [path for split in splits for path in _files(folder / _name(folder / _SPLITS, split))]
    return _files(folder)


def _files(folder: Path) -> list[Path]:
    state = folder / _STATE
    if _described(state, "_indices_data_files", "_indices_files"):
        raise SeimaiError(f"{folder} keeps its rows behind an index, as old datasets did: save it again")
    files = [
        cast(dict[str, Any], f).get("filename") if isinstance(f, dict) else f
        for f in _described(state, "_data_files")
    ]
    paths = [folder / _name(state, file) for file in files]
    for path in paths:
        if not path.is_file():
            raise SeimaiError(f"{state} names {path.name}, which is not there")
    return paths


def _described(path: Path, *keys: str) -> list[Any]:
    """The list under the first of the keys that a description has."""
    try:
        found: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as e:
        raise SeimaiError(f"{path} describes no dataset: {e}") from None
    for key in keys:
        if isinstance(found, dict) and isinstance(values := cast(dict[str, Any], found).get(key), list):
            return cast(list[Any], values)
    return []


def _name(path: Path, name: Any) -> str:
    """A name from a description, which may not lead out of its folder."""
    if not isinstance(name, str) or not name or Path(name).name != name or name in (".", ".."):
        raise SeimaiError(f"{path} names {name!r}, which is no file or folder beside it")
    return name
