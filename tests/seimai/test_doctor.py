"""`seimai doctor`: real processes, real packages, a driver's tool that is a script."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from seimai.doctor import Finding, diagnose
from seimai.doctoring import machine
from seimai.doctoring.packages import examine, requirements
from seimai.doctoring.probe import probe

SCRIPT = Path(sys.executable).with_name("seimai")


def diagnosed(
    finding: Finding, monkeypatch: pytest.MonkeyPatch, *, terminal: bool = False
) -> tuple[bool, str]:
    """What is shown of one finding alone."""
    monkeypatch.setattr("seimai.doctor.all_checks", lambda of_stages: of_stages)
    out = io.StringIO()
    well = diagnose([lambda: finding], Console(file=out, force_terminal=terminal, width=100))
    return well, out.getvalue()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "raise RuntimeError('operator torchvision::nms does not exist')",
            "RuntimeError: operator torchvision",
        ),
        ("import os; os.abort()", "crashed (SIGABRT)"),
        ("import sys; sys.exit(3)", "exit code 3"),
        ("print('hello')", "it printed 'hello'"),
        ("import time; time.sleep(60)", "no answer within 2 s"),
    ],
)
def test_a_crash_and_an_import_without_end_are_answers(code, said):
    assert probe(code, timeout=2).error.startswith(said)


def test_an_interpreter_that_is_not_there():
    assert (
        probe("", python="/nowhere/python").error
        == "/nowhere/python cannot be run (No such file or directory)"
    )


def test_what_a_package_prints_on_import_does_not_hide_the_answer():
    assert probe("print('banner'); print('{\"a\": 1}')").found == {"a": 1}


def test_packages_there_absent_and_of_another_version():
    assert examine("words", {"rich": ">=14,<16"}).state == "ok"
    absent = examine("words", {"rich": ">=14,<16", "no-such-package": ">=1"})
    assert (absent.state, absent.mend) == ("missing", "pip install 'seimai[words]'")
    assert absent.detail.startswith("no no-such-package; there: rich ")
    other = examine("", {"rich": ">=99"})
    assert other.state == "broken"
    assert other.detail.endswith("(>=99)")


def test_a_package_that_is_installed_and_cannot_be_imported(tmp_path, monkeypatch):
    (tmp_path / "bran.py").write_text("raise ImportError('libbran.so.1: cannot open shared object file')\n")
    info = tmp_path / "bran-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bran\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = examine("words", {"bran": ">=1,<2"})
    assert found.state == "broken"
    assert found.detail == "import bran: ImportError: libbran.so.1: cannot open shared object file"
    assert found.mend == "pip install --force-reinstall bran"


def test_extras_come_from_what_was_installed():
    found = requirements()
    assert found[""]["polars"].startswith(("<", ">"))
    assert {"generate", "label", "train"} <= set(found)
    assert not {"all", "dev", "vllm"} & set(found)


def nvidia_smi(folder: Path, said: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = folder / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\necho '{said}'\nexit {code}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def test_no_card(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.graphics().state == "missing"


def test_a_card_that_this_pytorch_does_not_see(tmp_path, monkeypatch):
    nvidia_smi(tmp_path, "NVIDIA H100 80GB HBM3, 570.86, 81559, 80994", 0, monkeypatch)
    (tmp_path / "torch.py").write_text(
        "__version__ = '2.13.0+cpu'\nclass version: cuda = None\n"
        "class cuda: is_available = staticmethod(lambda: False); device_count = staticmethod(lambda: 0)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = machine.graphics()
    assert found.state == "broken"
    assert found.detail == (
        "NVIDIA H100 80GB HBM3 80 GiB (79 free), driver 570.86; "
        "PyTorch 2.13.0+cpu (a build for the CPU) does not see it"
    )


def test_a_driver_that_fails(tmp_path, monkeypatch):
    nvidia_smi(tmp_path, "Failed to initialize NVML: Driver/library version mismatch", 18, monkeypatch)
    found = machine.graphics()
    assert (found.state, found.detail) == (
        "broken",
        "Failed to initialize NVML: Driver/library version mismatch",
    )


def test_plain_lines_for_a_file_and_a_table_for_a_terminal(monkeypatch):
    finding = Finding("engine: transformers", "broken", "[no] torch", "pip install 'seimai[generate]'", True)
    well, text = diagnosed(finding, monkeypatch)
    assert not well
    mend = "         mend: pip install 'seimai[generate]'\n"
    assert text == "broken   engine: transformers: [no] torch\n" + mend
    well, text = diagnosed(finding, monkeypatch, terminal=True)
    assert "what mends it" in text
    assert "seimai[generate]" in text


def test_only_the_default_engine_decides(monkeypatch):
    assert diagnosed(Finding("GPU", "missing", "none"), monkeypatch)[0]
    assert diagnosed(Finding("engine: transformers", "ok", "", decides=True), monkeypatch)[0]


def test_a_cluster_is_ray(seimai):
    done = seimai("doctor", "--on", "slurm")
    assert (done.returncode, done.stderr) == (1, "seimai: --on slurm: choose ray or ray://HOST:PORT\n")


@pytest.mark.slow
def test_the_command_survives_a_broken_pytorch_and_imports_none(tmp_path, monkeypatch):
    (tmp_path / "torch.py").write_text("import os\nos.abort()\n")
    code = (
        "import sys\nfrom seimai.cli import main\nsys.argv = ['seimai', 'doctor']\n"
        "try: main()\nexcept SystemExit as e: code = e.code\n"
        "heavy = {'torch', 'vllm', 'transformers', 'argilla', 'ray'}\n"
        "print(code, sorted(heavy & set(sys.modules)))"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[-1] == "1 []"
    assert "broken   engine: transformers: crashed (SIGABRT)" in lines
    monkeypatch.delenv("PYTHONPATH")
    well = subprocess.run([SCRIPT, "doctor"], capture_output=True, text=True, check=True).stdout
    assert "\nok       engine: transformers: transformers " in well
    assert "\x1b" not in well
