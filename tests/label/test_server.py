"""The local server as a process: what dies with it, what it says when it cannot start."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from label.environment import ensure, lock_hash
from label.home import Home
from seimai.errors import SeimaiError
from seimai.lock import held

pytestmark = pytest.mark.slow


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def wait_until(check, seconds: float = 20) -> bool:
    limit = time.monotonic() + seconds
    while not check():
        if time.monotonic() > limit:
            return False
        time.sleep(0.1)
    return True


def test_status_stop_and_sigkill(served, tmp_path, command, free_port) -> None:
    home = Home(tmp_path / "home")
    options = ["--home", str(home.path), "--venv", str(served.venv), "--port", str(free_port)]
    first = subprocess.run(command("serve", *options, "--background"), capture_output=True, text=True)
    assert first.returncode == 0, first.stdout + first.stderr
    running = home.running()
    assert running is not None
    try:
        assert home.secrets().password in first.stdout  # shown once
        again = subprocess.run(command("serve", *options), capture_output=True, text=True)
        assert again.stdout.startswith(f"already running at {running.url}")
        status = subprocess.run(
            command("status", "--home", str(home.path)), capture_output=True, text=True, check=True
        )
        assert status.stdout.startswith(f"running at {running.url}")

        parts = children_of(running.pid)
        assert len(parts) == 2  # valkey and argilla
        os.kill(running.pid, signal.SIGKILL)
        assert wait_until(lambda: all(gone(pid) for pid in parts))
        assert home.running() is None
        status = subprocess.run(command("status", "--home", str(home.path)), capture_output=True, text=True)
        assert (status.returncode, status.stdout) == (1, "no labelling server runs\n")

        third = subprocess.run(command("serve", *options, "--background"), capture_output=True, text=True)
        assert third.returncode == 0, third.stdout + third.stderr
        assert home.secrets().password not in third.stdout
        assert not Path(running.scratch).exists()  # what the killed one left
        running = home.running()
        assert running is not None
        parts = children_of(running.pid)
        stopped = subprocess.run(
            command("stop", "--home", str(home.path)), capture_output=True, text=True, check=True
        )
        assert stopped.stdout == f"stopped the server at {running.url}\n"
        assert wait_until(lambda: all(gone(pid) for pid in parts))
        assert not Path(running.scratch).exists()
    finally:
        running = home.running()
        if running is not None:
            os.kill(running.pid, signal.SIGKILL)


def test_a_server_that_dies_is_started_again(served, tmp_path, command, free_port) -> None:
    from label.server import answers

    home = Home(tmp_path / "home")
    options = ["--home", str(home.path), "--venv", str(served.venv), "--port", str(free_port)]
    subprocess.run(command("serve", *options, "--background"), check=True, capture_output=True)
    running = home.running()
    assert running is not None
    try:
        parts = children_of(running.pid)
        os.kill(parts[-1], signal.SIGKILL)
        assert wait_until(lambda: all(gone(pid) for pid in parts))
        assert wait_until(lambda: answers(running.url), 120)
        assert home.running() == running
    finally:
        os.kill(running.pid, signal.SIGTERM)
        assert wait_until(lambda: home.running() is None)


def test_a_taken_port_is_named(served, tmp_path, command) -> None:
    port = served.url.rsplit(":", 1)[1]
    code = (
        "from pathlib import Path\nfrom label.home import Home\nfrom label.server import Server\n"
        f"Server(Home(Path({str(tmp_path)!r})), Path('venv'), {port}).check_port()"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    assert f"port {port} of 127.0.0.1 is not free" in done.stderr


def test_a_server_that_dies_at_its_start_names_its_log(served, tmp_path, free_port) -> None:
    from label.server import Server

    server = Server(Home(tmp_path / "home"), served.venv, free_port)
    server.set_up()
    (server.home.data / "argilla.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(SeimaiError, match=r"died at its start; the log is .*server\.log"):
        server.supervise(lambda url: None)
    assert "database" in server.log.read_text()
    assert server.home.running() is None


def test_pip_failing_names_its_log(tmp_path, monkeypatch) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("seimai-no-such-package==1.0\n")
    monkeypatch.setattr("label.environment.LOCK", lock)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SeimaiError, match=r"its log is .*pip\.log"):
        ensure(tmp_path / "venv", tmp_path / "pip.log")
    assert "seimai-no-such-package" in (tmp_path / "pip.log").read_text()
    assert not (tmp_path / "venv" / "seimai-lock.sha256").exists()


def test_an_environment_is_made_anew_after_a_kill_and_kept_when_whole(tmp_path, monkeypatch) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("")  # an environment with pip alone: seconds
    monkeypatch.setattr("label.environment.LOCK", lock)
    venv = tmp_path / "venv"
    venv.mkdir()
    (venv / "pyvenv.cfg").write_text("")
    (venv / "half").write_text("left by a kill")
    ensure(venv, tmp_path / "pip.log")
    assert not (venv / "half").exists()
    assert (venv / "seimai-lock.sha256").read_text() == lock_hash()
    (venv / "kept").write_text("")
    ensure(venv, tmp_path / "pip.log")
    assert (venv / "kept").exists()


def test_a_folder_of_other_things_is_not_cleared(tmp_path) -> None:
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "thesis.txt").write_text("mine")
    with pytest.raises(SeimaiError, match="not a virtual environment"):
        ensure(tmp_path / "venv", tmp_path / "pip.log")


def test_the_lock_of_another_process_waits_or_fails(tmp_path) -> None:
    with held(tmp_path / "lock"), pytest.raises(BlockingIOError), held(tmp_path / "lock"):
        pass


def test_a_reviewer_is_added_and_signs_in(served) -> None:
    import httpx

    environment = {**os.environ, "SEIMAI_LABEL_HOME": str(served.home)}
    name = f"tanaka{time.time_ns()}"
    code = f"from label.commands import app; app(['user', {name!r}, '--server', {served.url!r}])"
    done = subprocess.run([sys.executable, "-P", "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    password = done.stdout.split("the password ")[1].split()[0]
    form = {"username": name, "password": password}
    assert httpx.post(f"{served.url}/api/v1/token", data=form, timeout=60).status_code == 201


def test_a_background_start_that_fails_says_why(served, tmp_path, command, free_port) -> None:
    home = Home(tmp_path / "home")
    options = ["--home", str(home.path), "--venv", str(served.venv), "--port", str(free_port), "--background"]
    first = subprocess.run(command("serve", *options), capture_output=True, text=True)
    assert first.returncode == 0, first.stderr
    subprocess.run(command("stop", "--home", str(home.path)), capture_output=True, check=True)
    for name in ("argilla.db", "argilla.db-wal", "argilla.db-shm"):
        (home.data / name).unlink(missing_ok=True)
    (home.data / "argilla.db").write_bytes(b"not a database" * 1000)
    second = subprocess.run(command("serve", *options), capture_output=True, text=True)
    assert second.returncode == 1
    assert second.stderr == f"the labelling server died at its start; the log is {home.logs}/server.log\n"
