"""What turns texts into vectors, read from a folder: which kind it is, the folder itself says."""

import importlib
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from seimai.errors import SeimaiError

MISSING = "pip install 'seimai[semantic]'"


class Encoder(Protocol):
    """A model that has been read."""

    size: int
    """Dimensions of its vectors."""

    def encode(self, texts: Sequence[str], prompt: str) -> npt.NDArray[np.floating]:
        """One vector a text, of any length; zeros for a text without tokens.

        A text's vector must depend on nothing but the texts it comes with: the same list, the same vectors.
        """
        ...


def local_folder(place: str) -> Path:
    """The folder of an encoder; a hub's id is downloaded first, and that once.

    Raises:
        SeimaiError: if there is no such folder, or the hub cannot be reached.
    """
    path = Path(place).expanduser()
    if path.is_dir():
        return path / "model" if (path / "model").is_dir() else path
    if path.exists() or place.count("/") != 1:
        raise SeimaiError(f"the encoder {place} is no folder")
    try:
        hub: Any = importlib.import_module("huggingface_hub")
    except ModuleNotFoundError:
        raise SeimaiError(f"the encoder {place} is at a hub, and to fetch it needs: {MISSING}") from None
    try:
        return Path(hub.snapshot_download(place))
    except Exception as e:  # the hub's client raises what comes: no network, no such model, no permission
        reason = str(e).strip().splitlines()[0]
        raise SeimaiError(f"the encoder {place} is no folder here and cannot be fetched: {reason}") from None


@lru_cache(maxsize=2)
def open_encoder(folder: Path) -> Encoder:
    """The encoder in a folder; read once a process.

    Raises:
        SeimaiError: if the folder holds none, a file is damaged, or a package is missing.
    """
    try:
        if _is_static(folder):
            from curate.embeddings.static import StaticEncoder

            return StaticEncoder(folder)
        from curate.embeddings.transformer import TransformerEncoder

        return TransformerEncoder(folder)
    except ModuleNotFoundError as e:
        raise SeimaiError(f"the encoder {folder} needs the package {e.name!r}: {MISSING}") from None
    except SeimaiError:
        raise
    except Exception as e:  # tokenizers, safetensors and transformers raise what comes
        raise SeimaiError(f"{folder} holds no encoder that can be read: {str(e).splitlines()[0]}") from None


def _is_static(folder: Path) -> bool:
    """Whether the folder holds one vector a token, as model2vec and sentence-transformers write it.

    Raises:
        SeimaiError: if the folder is that of no known model.
    """
    modules = modules_of(folder)
    if modules:
        return str(modules[0]["type"]).endswith(".StaticEmbedding")
    if not (folder / "config.json").is_file():
        raise SeimaiError(f"{folder} holds no encoder: neither modules.json nor config.json is there")
    return "model_type" not in read_json(folder / "config.json") or (
        read_json(folder / "config.json")["model_type"] == "model2vec"
    )


def modules_of(folder: Path) -> list[dict[str, Any]]:
    """What a text goes through, one part after another; sentence-transformers' list."""
    return read_json(folder / "modules.json") if (folder / "modules.json").is_file() else []


def read_json(path: Path) -> Any:
    """A file of settings."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as e:
        raise SeimaiError(f"{path} cannot be read: {e}") from None
