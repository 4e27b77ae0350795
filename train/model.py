"""Model folders: where they are, how an adapter gets a full model under it, what is saved.

An adapter's base is always a full model. A training that starts from an adapter first merges it into its
base: LoRA on top writes the merged model once into `base/` of its own folder, so that any tool (PEFT,
vLLM) can load base and adapter, and full training needs it as scratch only. `base_model_name_or_path` is
relative to the adapter's folder, so a folder of runs can be moved; a hub id or a path that the recipe
gives as absolute stays as it is.
"""

import json
import os
from pathlib import Path
from typing import Any

from seimai.dataset import write_atomically
from seimai.errors import SeimaiError

ADAPTER = "adapter_config.json"


def folder_of(place: str) -> str:
    """The folder of a model's or tokenizer's files, from an entry's folder or itself; a hub id as it is.

    Raises:
        SeimaiError: if a path leads nowhere.
    """
    path = Path(place).expanduser()
    if path.is_dir():
        return str(path / "model" if (path / "model").is_dir() else path)
    if path.is_absolute() or place.startswith((".", "~")) or place.count("/") > 1:
        raise SeimaiError(f"the model {place} is not there")
    return place


def full_model(place: str, *, into: Path) -> str:
    """Folder or hub id of a full model: what `place` holds, or, of an adapter, the merged model in `into`."""
    folder = folder_of(place)
    settings = Path(folder) / ADAPTER
    if not settings.is_file():
        return folder
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base_of: str = json.loads(settings.read_text("utf-8"))["base_model_name_or_path"]
    beside = Path(folder) / base_of
    place = str(beside) if beside.is_dir() else folder_of(base_of)
    models: Any = AutoModelForCausalLM
    adapters: Any = PeftModel
    base: Any = models.from_pretrained(place, dtype="auto")
    kept = base.dtype
    # Merged in float32: a small update is lost when it is added in bfloat16.
    merged: Any = adapters.from_pretrained(base.float(), folder).merge_and_unload(safe_merge=True)
    merged.to(kept).save_pretrained(into)
    load_tokenizer(folder).save_pretrained(into)
    return str(into)


def load_tokenizer(place: str) -> Any:
    """The tokenizer in a folder or of a hub id.

    Raises:
        SeimaiError: if there is none.
    """
    from transformers import AutoTokenizer

    folder = folder_of(place)
    tokenizers: Any = AutoTokenizer
    try:
        return tokenizers.from_pretrained(folder)
    except (OSError, ValueError) as e:
        raise SeimaiError(f"{folder} holds no tokenizer: {str(e).splitlines()[0]}") from None


def load_config(folder: str, tokenizer: Any) -> Any:
    """The configuration of a full model, checked against the tokenizer.

    Raises:
        SeimaiError: if there is no model, or the tokenizer knows tokens for which the model has no embedding.
    """
    from transformers import AutoConfig

    configs: Any = AutoConfig
    try:
        config = configs.from_pretrained(folder)
    except (OSError, ValueError) as e:
        raise SeimaiError(f"{folder} holds no model: {str(e).splitlines()[0]}") from None
    if len(tokenizer) > config.get_text_config().vocab_size:
        raise SeimaiError(
            f"the tokenizer of {folder} has {len(tokenizer)} tokens, its model fewer embeddings"
        )
    return config


def save(model: Any, tokenizer: Any, out: Path, *, base: str | None = None, given: str = "") -> None:
    """Save a full model, or an adapter on `base`, with its tokenizer; `given`: the base in the recipe."""
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    # PEFT leaves a model card that is an empty form.
    (out / "README.md").unlink(missing_ok=True)
    if base is None:
        return
    settings: dict[str, Any] = json.loads((out / ADAPTER).read_text("utf-8"))
    inside = Path(base).is_relative_to(out)
    if Path(base).is_dir() and (inside or not Path(given).is_absolute()):
        base = Path(os.path.relpath(base, out)).as_posix()
    settings["base_model_name_or_path"] = base
    # PEFT keeps them in a set, whose order differs from process to process.
    settings["target_modules"] = sorted(settings["target_modules"])
    write_atomically(out / ADAPTER, json.dumps(settings, indent=2, sort_keys=True).encode())
