import os
from pathlib import Path

import xxhash

from seimai.fingerprint import CACHE, Fingerprints


def test_a_file_is_known_by_its_content(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"rice" * 3_000_000)
    assert Fingerprints(tmp_path).of(tmp_path / "a") == xxhash.xxh3_128_hexdigest(b"rice" * 3_000_000)


def test_what_was_hashed_is_not_read_again(tmp_path: Path):
    file, out = tmp_path / "a", tmp_path / "out"
    out.mkdir()
    file.write_bytes(b"rice")
    prints = Fingerprints(out)
    digest = prints.of(file)
    prints.save()
    stat = file.stat()
    file.write_bytes(b"ecir")  # behind its back: same size, same time, same inode
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert Fingerprints(out).of(file) == digest
    file.touch()
    assert Fingerprints(out).of(file) != digest


def test_a_torn_cache_is_started_anew(tmp_path: Path):
    (tmp_path / CACHE).write_text('{"torn')
    (tmp_path / "a").write_bytes(b"rice")
    prints = Fingerprints(tmp_path)
    prints.of(tmp_path / "a")
    prints.save()
    assert str(tmp_path / "a") in (tmp_path / CACHE).read_text()


def test_a_folder_that_is_not_there_is_no_reason_to_stop(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"rice")
    prints = Fingerprints(tmp_path / "none")
    prints.of(tmp_path / "a")
    prints.save()
    assert not (tmp_path / "none").exists()


def test_a_folder_is_its_files_names_and_contents(tmp_path: Path):
    folder = tmp_path / "model"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "w").write_bytes(b"1")
    before = Fingerprints(tmp_path).of(folder)
    assert Fingerprints(tmp_path).of(folder) == before
    (folder / "deep" / "w").rename(folder / "deep" / "v")
    renamed = Fingerprints(tmp_path).of(folder)
    (folder / "deep" / "v").write_bytes(b"2")
    assert len({before, renamed, Fingerprints(tmp_path).of(folder)}) == 3


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path):
    assert Fingerprints(tmp_path).of(tmp_path / "none") == "unreadable:FileNotFoundError"
