"""Where a model's files are: a folder of Hugging Face's format, an adapter on one, or a hub id."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seimai.errors import SeimaiError

ADAPTER = "adapter_config.json"


@dataclass(frozen=True)
class ModelFiles:
    """A full model and the adapters to put on it, the innermost first."""

    base: str
    adapters: tuple[str, ...]
    tokenizer: str
    """The folder nearest to the model's user that holds a tokenizer, or the hub id."""

    @property
    def is_local(self) -> bool:
        """Whether nothing has to be asked from a hub."""
        return Path(self.base).is_dir()


def find_model(place: str) -> ModelFiles:
    """Find a model's files from what `Job.locate` gives: an entry's folder, a model's folder or a hub id.

    Raises:
        SeimaiError: if a folder holds no model, or an adapter does not say what it stands on.
    """
    adapters: list[str] = []
    tokenizer: str | None = None
    while True:
        folder = _folder(place)
        if folder is None:
            return ModelFiles(place, tuple(reversed(adapters)), tokenizer or place)
        if tokenizer is None and (folder / "tokenizer_config.json").is_file():
            tokenizer = str(folder)
        if not (folder / ADAPTER).is_file():
            return ModelFiles(str(folder), tuple(reversed(adapters)), tokenizer or str(folder))
        if str(folder) in adapters:
            raise SeimaiError(f"the adapter in {folder} stands on itself (base_model_name_or_path)")
        adapters.append(str(folder))
        place = _base(folder)


def _folder(place: str) -> Path | None:
    """The folder of the model's files; None: a hub id."""
    folder = Path(place).expanduser()
    if not folder.is_dir():
        if folder.is_absolute() or place.startswith((".", "~")):
            raise SeimaiError(f"the model {place} is not there")
        return None
    if (folder / "model").is_dir():
        folder = folder / "model"
    if not any((folder / name).is_file() for name in ("config.json", ADAPTER)):
        raise SeimaiError(f"{folder} holds no model: neither config.json nor {ADAPTER}")
    return folder


def _base(adapter: Path) -> str:
    settings: dict[str, Any] = json.loads((adapter / ADAPTER).read_text("utf-8"))
    base: object = settings.get("base_model_name_or_path")
    if not isinstance(base, str) or not base:
        raise SeimaiError(f"{adapter / ADAPTER} names no base_model_name_or_path")
    beside = adapter / base
    return str(beside) if beside.is_dir() else base
