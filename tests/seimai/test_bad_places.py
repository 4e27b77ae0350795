"""Folders and disks that will not do, as a user meets them."""

import random
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

RECIPE = 'corpus: {from: {files: "texts/*"}, steps: [mycompany.steps.shout]}\n'


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"cannot mount a small disk: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_an_empty_folder(seimai, write_recipe, tmp_path: Path):
    (tmp_path / "texts").mkdir()
    write_recipe(RECIPE)
    done = seimai("run", "recipe.yaml")
    assert done.returncode == 1
    assert done.stderr.startswith("seimai: recipe.yaml:1: corpus.from.files: no file matches 'texts/*'")
    assert len(done.stderr.splitlines()) == 1


def test_an_empty_file_is_a_row_that_went(seimai, write_recipe, write_texts):
    write_texts("texts/a.jsonl", [])
    write_recipe(RECIPE)
    done = seimai("run", "recipe.yaml")
    assert done.returncode == 0, done.stderr
    assert "0 kept, 1 dropped" in done.stderr


def test_broken_lines_go_with_a_reason_and_the_rest_stays(seimai, write_recipe, write_texts):
    path = write_texts("texts/a.jsonl", ["米を炊く", "麦"])
    path.write_bytes(path.read_bytes() + b'{"text": "half\n{"text": "\xe7\xb1\xb3"}\n')
    write_recipe(RECIPE)
    done = seimai("run", "recipe.yaml")
    assert done.returncode == 0, done.stderr
    assert "3 kept, 1 dropped" in done.stderr


def incompressible(n: int) -> str:
    rng = random.Random(n)
    return "".join(chr(rng.randrange(0x4E00, 0x9FA0)) for _ in range(300_000))


def test_a_full_disk_then_room(seimai, write_recipe, write_texts, mount: Path):
    for n in range(4):
        write_texts(f"texts/{n}.jsonl", [incompressible(n)])
    write_recipe(RECIPE)
    full = seimai("run", "recipe.yaml", "--out", "disk/out")
    assert full.returncode == 1
    words = (
        r"seimai: the disk of disk/out is full \(\d MB free\); make room and run again: what is done is kept"
    )
    assert re.fullmatch(words, full.stderr.splitlines()[-1])
    assert not list(mount.rglob("*.tmp"))
    shards = len(list(mount.rglob(".shards/*.json")))
    assert 0 < shards < 4
    subprocess.run(["mount", "-o", "remount,size=64m", mount], check=True)
    room = seimai("run", "recipe.yaml", "--out", "disk/out")
    assert room.returncode == 0, room.stderr
    assert "4 kept, 0 dropped" in room.stderr


def test_a_full_disk_in_a_worker(seimai, write_recipe, write_texts, mount: Path):
    for n in range(4):
        write_texts(f"texts/{n}.jsonl", [incompressible(n)])
    write_recipe(RECIPE)
    full = seimai("run", "recipe.yaml", "--out", "disk/out", "--workers", "2")
    assert full.returncode == 1
    assert "MB free); make room and run again" in full.stderr.splitlines()[-1]


def test_a_folder_that_cannot_be_written(seimai, write_recipe, write_texts, mount: Path):
    write_texts("texts/a.jsonl", ["米を炊く"])
    write_recipe(RECIPE)
    (mount / "old").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", mount], check=True)
    for out, named in (("disk/out", "disk/out"), ("disk/old", "disk/old/.lock")):
        done = seimai("run", "recipe.yaml", "--out", out)
        assert done.stderr == f"seimai: {named} cannot be written: Read-only file system\n"
        assert done.returncode == 1
    assert seimai("plan", "recipe.yaml", "--out", "disk/old").returncode == 0


def test_the_output_folder_is_a_file(seimai, write_recipe, write_texts, tmp_path: Path):
    write_texts("texts/a.jsonl", ["米を炊く"])
    write_recipe(RECIPE)
    (tmp_path / "out").touch()
    for out in ("out", "out/below"):
        done = seimai("run", "recipe.yaml", "--out", out)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        assert "out" in done.stderr
        assert "cannot be written" in done.stderr
