"""What stands beside token files in `tokens.json`, for whoever reads them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seimai.errors import SeimaiError
from seimai.exporting.indexed import Indexed, open_indexed

ABOUT = "tokens.json"
PROBE = (
    "精米した米は、洗ってから30分ほど水に浸します。\nPolished rice is soaked, then boiled: 米1合に水200 mL。"
)
"""A text whose ids tell two tokenizers apart."""


@dataclass(frozen=True)
class PackedFiles:
    """The token files of one dataset, in order."""

    folder: Path
    names: tuple[str, ...]
    end: int
    """The id of the end-of-text token."""
    vocabulary: int
    probe: tuple[int, ...]
    """The ids of `PROBE`."""

    def open(self) -> list[Indexed]:
        """All files, mapped."""
        return [open_indexed(self.folder / name) for name in self.names]


def open_packed(folder: Path) -> PackedFiles:
    """The token files in a folder.

    Raises:
        SeimaiError: if there is no `tokens.json`.
    """
    try:
        about: dict[str, Any] = json.loads((folder / ABOUT).read_text("utf-8"))
    except (OSError, ValueError) as e:
        raise SeimaiError(f"{folder} holds no token files: {ABOUT} cannot be read ({e})") from None
    names = tuple(str(file["name"]) for file in about["files"])
    return PackedFiles(folder, names, about["end"], about["vocabulary"], tuple(about["probe"]))
