import os
import stat

import pytest

from label.environment import LOCK
from label.home import Home, Running
from seimai.errors import SeimaiError
from seimai.lock import held


def test_secrets_are_readable_by_their_owner_alone(tmp_path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    first = home.secrets()
    path = home.path / "secrets.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert home.secrets() == first
    assert home.api_key() == first.api_key
    assert sorted(p.name for p in home.path.iterdir()) == ["data", "logs", "secrets.json"]


def test_broken_secrets_name_the_file(tmp_path) -> None:
    (tmp_path / "secrets.json").write_text("{}")
    with pytest.raises(SeimaiError, match=r"secrets\.json does not hold"):
        Home(tmp_path).secrets()


def test_a_server_runs_while_its_lock_is_held(tmp_path) -> None:
    home = Home(tmp_path)
    assert home.running() is None
    running = Running(os.getpid(), 6900, str(tmp_path))
    with held(home.lock):
        home.write_running(running)
        assert home.running() == running
    assert home.running() is None


def test_the_lock_pins_everything_and_names_no_host() -> None:
    lines = LOCK.read_text("utf-8").splitlines()
    assert all(line.count("==") == 1 and not set("/:@ ") & set(line) for line in lines)
    assert "argilla-server==2.8.0" in lines
